import type { Outcome } from '../outcome.js';
import type { Did, Instant } from '../nouns.js';
import type { StatusReference } from '../credential.js';

/** Evidence that a credential was neither revoked nor suspended: which list, which version, how old. */
export interface StatusEvidence {
  readonly uri: string;
  /** The list's own issuance time; grows with every publication. */
  readonly listIssuedAt: Instant;
  /** When the answer stops counting: the earliest of the list's expiry and the staleness bound. */
  readonly goodUntil: Instant;
}

/**
 * Tells whether a credential stands. Refuses with REVOKED, SUSPENDED, STATUS_MISSING or STATUS_LIST_INVALID;
 * throws Fault STATUS_UNAVAILABLE or STATUS_STALE when it cannot tell.
 */
export interface StatusPort {
  checkStatus(query: {
    readonly references: readonly StatusReference[];
    readonly issuer: Did;
    readonly at: Instant;
  }): Promise<Outcome<readonly StatusEvidence[]>>;
}
