import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';

const MAX_REASON = 500;

/**
 * Whoever decides says why: 1 to 500 characters that are not all space. Refuses REQUEST_MALFORMED at that stage, by the name of the
 * member.
 */
export function checkReason(stage: string, reason: string, name = 'reason'): Outcome<true> {
  return reason.trim() === '' || reason.length > MAX_REASON
    ? refuse('REQUEST_MALFORMED', stage, `${name}: a reason of 1 to ${MAX_REASON} characters`)
    : ok(true);
}
