import type { StatusReference } from '../credential.js';
import type { Did, Digest, Instant } from '../nouns.js';
import type { Outcome } from '../outcome.js';
import type { ResolvedDid } from './resolver.js';

/** That an issuer's log holds the entry of one credential. Every field is claimed until it is held against an anchored head. */
export interface IssuanceEvidence {
  readonly index: number;
  /** The entry as it was hashed: canonical JSON. */
  readonly entry: string;
  /** Sibling hashes from the leaf to the root of the first anchored tree that covers the entry (RFC 9162 2.1.3). */
  readonly proof: readonly Uint8Array[];
}

/** Which credential, and where its issuer may keep the log: addresses out of a signed text or of the issuer's document, nothing else. */
export interface IssuanceQuery {
  readonly issuer: Did;
  readonly digest: Digest;
  readonly services: ResolvedDid['services'];
  readonly status: readonly StatusReference[];
}

/**
 * Asks an issuer for the entry of a credential in its log. Refuses KEY_NOT_AUTHORIZED when there is none, or none that is
 * anchored; throws Fault REMOTE_UNAVAILABLE. Whoever answers is not believed: the caller checks the answer against the chain.
 */
export interface IssuanceEvidencePort {
  fetchIssuanceEvidence(query: IssuanceQuery): Promise<Outcome<IssuanceEvidence>>;
}

/** A tree head of a log and the time of the block by which the chain knew it. */
export interface AnchoredHead {
  readonly size: number;
  readonly root: Uint8Array;
  readonly anchoredAt: Instant;
}

/**
 * Reads the anchored heads of an issuer's log from the chain that the issuer's DID is on. Throws Fault CHAIN_UNAVAILABLE or
 * CHAIN_INCONSISTENT; undefined says that the chain answered and has none.
 */
export interface IssuanceAnchorPort {
  /** The first anchored head that covers the entry: what is proven to be in it existed at `anchoredAt` at the latest. */
  firstCovering(issuer: Did, index: number): Promise<AnchoredHead | undefined>;
}

/** The name under which the log of an issuer is anchored. It follows from the DID alone, so that no message can name another log. */
export function issuanceLogOf(issuer: Did): string {
  return `gridpass-issuance-log:${issuer}`;
}
