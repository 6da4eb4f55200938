import type { Outcome } from '../outcome.js';
import type { JsonObject } from '../json.js';
import type { Did, DidUrl, Instant, PublicJwk, SignatureAlgorithm } from '../nouns.js';

/** What a key may be used for (DID Core 5.3). */
export type VerificationRelationship = 'assertionMethod' | 'authentication' | 'capabilityInvocation' | 'capabilityDelegation';

/** A verification method with its key decoded; only methods whose controller is the DID itself are listed. */
export interface ResolvedKey {
  readonly id: DidUrl;
  readonly alg: SignatureAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly relationships: readonly VerificationRelationship[];
  /**
   * From here on nothing is verified with it, whenever that was signed: the earlier of `expires` and `revoked` (Controlled
   * Identifiers 1.0, 2.2). Absent where the document sets no end.
   */
  readonly endsAt?: Instant;
}

/** A service of a DID document (DID Core 5.4). */
export interface ResolvedService {
  readonly id: string;
  /** At least one. */
  readonly types: readonly string[];
  /** At least one: addresses, and maps whose members the type explains. Nothing is fetched from here before it is looked at. */
  readonly endpoints: readonly (string | JsonObject)[];
}

/** A DID document reduced to what verification needs, with evidence of what was read and when. */
export interface ResolvedDid {
  readonly did: Did;
  readonly keys: readonly ResolvedKey[];
  readonly services: readonly ResolvedService[];
  readonly versionId?: string;
  /** When the document changed next, of a document of the past (DID Resolution, `nextUpdate`); absent where the resolver does not know. */
  readonly nextChangeAt?: Instant;
  readonly fetchedAt: Instant;
  /** SHA-256 over the canonical JSON of the document, for the audit record. */
  readonly documentDigest: string;
}

/**
 * Resolves a DID, now or at a past instant. Refuses with DID_METHOD_UNSUPPORTED, DID_NOT_FOUND, DID_DEACTIVATED, and
 * DID_VERSION_UNAVAILABLE where the method keeps no documents of the past;
 * throws Fault RESOLVER_UNAVAILABLE when the answer cannot be had.
 */
export interface DidResolverPort {
  resolveDid(did: Did, options?: { readonly at?: Instant; readonly fresh?: boolean }): Promise<Outcome<ResolvedDid>>;
}
