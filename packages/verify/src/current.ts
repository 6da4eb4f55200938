import { ok, type Outcome, type StatusEvidence, type StatusPort } from '@gridpass/core';
import { Proven } from './prove.js';
import { checkStanding } from './standing.js';

/** Stage 4: no presented credential is revoked or suspended, as far as lists within the staleness bound tell. */
export class Current {
  readonly #seal = true;
  readonly proven: Proven;
  readonly status: readonly StatusEvidence[];

  private constructor(proven: Proven, status: readonly StatusEvidence[]) {
    this.proven = proven;
    this.status = Object.freeze(status);
    Object.freeze(this);
  }

  static is(value: unknown): value is Current {
    return typeof value === 'object' && value !== null && #seal in value;
  }

  /** Refuses REVOKED, SUSPENDED, STATUS_MISSING, STATUS_LIST_INVALID; a list that is stale or out of reach is a fault. */
  static async check(proven: Proven, status: StatusPort): Promise<Outcome<Current>> {
    if (!Proven.is(proven)) throw new TypeError('check takes what prove returned');
    const answers = await Promise.all(proven.credentials.map((content) => checkStanding(content, status, proven.received.at)));
    const evidence: StatusEvidence[] = [];
    for (const answer of answers) {
      if (!answer.ok) return answer;
      evidence.push(...answer.value);
    }
    return ok(new Current(proven, evidence));
  }
}
