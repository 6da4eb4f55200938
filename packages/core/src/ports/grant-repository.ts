import type { CredentialType, StatusReference } from '../credential.js';
import type { Fact } from '../fact.js';
import type { Outcome } from '../outcome.js';
import type { Did, Digest, Instant, TenantId, Thumbprint } from '../nouns.js';

/** A credential a grant rests on, without its claims. */
export interface GrantedCredential {
  readonly type: CredentialType;
  readonly digest: Digest;
  readonly issuer: Did;
  readonly subject: Did;
  readonly validUntil: Instant;
}

/** What is asked again at every request: do the credentials, and those of the chains behind them, still stand? */
export interface GrantedStatus {
  readonly issuer: Did;
  readonly references: readonly StatusReference[];
}

/**
 * A permit that was recorded and may be used until `expiresAt`. Facts stay here, never in a token; the row goes when
 * the grant is over.
 */
export interface StoredGrant {
  readonly id: string;
  readonly channel: string;
  readonly holderDid: Did;
  readonly holderThumbprint: Thumbprint;
  /** Whether the holder's DID lists that key itself, and must go on doing so. */
  readonly holderBoundBy: 'key' | 'did';
  /** Under which name the holder stands in the audit log. */
  readonly actor: string;
  /** Key the access token is bound to; equals the holder's unless the gate binds to sessions. */
  readonly sessionThumbprint: Thumbprint;
  /** SHA-256 of the one-time response code; the code itself is not kept. */
  readonly responseCodeDigest: Digest;
  readonly redeemBy: Instant;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly policyHash: Digest;
  /** Where the decision stands in the audit log. */
  readonly receipt: { readonly origin: string; readonly index: number; readonly leafHash: Digest };
  readonly credentials: readonly GrantedCredential[];
  readonly status: readonly GrantedStatus[];
  readonly facts: readonly Fact[];
}

/** Grants of a tenant. Redeeming is atomic over all replicas: of two concurrent uses of a code exactly one succeeds. */
export interface GrantRepository {
  addGrant(tenant: TenantId, grant: StoredGrant): Promise<void>;
  /** Consumes the response code; TOKEN_INVALID when unknown, too late, used before, ended, or asked with another key. */
  redeemGrant(
    tenant: TenantId,
    query: { readonly responseCodeDigest: Digest; readonly sessionThumbprint: Thumbprint; readonly at: Instant },
  ): Promise<Outcome<StoredGrant>>;
  /** A redeemed, unended, unexpired grant; GRANT_ENDED otherwise, with the reason in the detail. */
  readGrant(tenant: TenantId, query: { readonly id: string; readonly at: Instant }): Promise<Outcome<StoredGrant>>;
  /** Ends a grant and forgets its facts; false when there was nothing to end. */
  endGrant(tenant: TenantId, query: { readonly id: string; readonly reason: string; readonly at: Instant }): Promise<boolean>;
  /** Ends all grants of a holder; returns their ids. */
  endGrantsOf(
    tenant: TenantId,
    query: { readonly holderDid: Did; readonly reason: string; readonly at: Instant },
  ): Promise<readonly string[]>;
  /** Removes what expired before `at`, at most `limit` rows; returns how many went. */
  dropExpiredGrants(tenant: TenantId, query: { readonly at: Instant; readonly limit: number }): Promise<number>;
}
