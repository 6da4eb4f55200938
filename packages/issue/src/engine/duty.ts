import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';
import type { Duty, Operator } from './parts.js';

/** Refuses POLICY_DENIED when the operator does not have the duty. */
export function checkDuty(operator: Operator, duty: Duty): Outcome<true> {
  return operator.duties.includes(duty) ? ok(true) : refuse('POLICY_DENIED', 'duty', `${duty}: not a duty of this operator`);
}
