import type { Outcome } from '../outcome.js';
import type { Digest, Instant, TenantId, Thumbprint } from '../nouns.js';
import type { TransactionHandle } from './transaction.js';

/** An offer made. Codes are kept as digests only: who reads the store cannot redeem an offer. */
export interface OfferSession {
  readonly offerId: string;
  readonly codeDigest: Digest;
  /** Digest over code and transaction code together, so that six digits cannot be searched out of the store. */
  readonly txCodeDigest?: Digest;
  readonly configurationIds: readonly string[];
  /** What the issuer wants handed back when the credential is asked for, e.g. the id of the application. */
  readonly reference: string;
  /** That the applicant asked for it by itself; absent where an operator made it. */
  readonly own?: true;
  /** How often the code may be tried, right or wrong. */
  readonly attempts: number;
  readonly expiresAt: Instant;
}

/** The access token that redeems an offer, as its digest. */
export interface TokenSession {
  readonly tokenDigest: Digest;
  /** The DPoP key the token is bound to (RFC 9449); absent for a bearer token. */
  readonly thumbprint?: Thumbprint;
  /** The configurations it was asked for in authorization details; absent where it is for the whole offer. */
  readonly authorizedIds?: readonly string[];
  readonly expiresAt: Instant;
}

/** What an access token opens. */
export interface OpenedSession {
  readonly offerId: string;
  readonly configurationIds: readonly string[];
  readonly reference: string;
  readonly thumbprint?: Thumbprint;
  readonly authorizedIds?: readonly string[];
  readonly expiresAt: Instant;
}

/**
 * Sessions of OpenID4VCI. Everything that may happen once is one SQL statement: of two concurrent uses, on any replica,
 * exactly one succeeds, and a restart forgets nothing.
 */
export interface ExchangeSessionRepository {
  keepOffer(tenant: TenantId, offer: OfferSession, tx?: TransactionHandle): Promise<void>;
  /** The configurations of an open offer, without an attempt at it; OFFER_UNKNOWN as {@link redeemOffer}. */
  readOffer(tenant: TenantId, query: { readonly codeDigest: Digest; readonly at: Instant }): Promise<Outcome<readonly string[]>>;
  /**
   * Counts the attempt and, if code and transaction code fit, redeems: OFFER_UNKNOWN (also expired, used, exhausted, withdrawn), TX_CODE_WRONG,
   * or REQUEST_MALFORMED where a transaction code is missing or was never given out.
   */
  redeemOffer(
    tenant: TenantId,
    attempt: { readonly codeDigest: Digest; readonly txCodeDigest?: Digest; readonly at: Instant; readonly token: TokenSession },
  ): Promise<Outcome<OpenedSession>>;
  /** TOKEN_INVALID for an unknown token and for one of an offer that was withdrawn, TOKEN_EXPIRED for an old one. */
  readToken(tenant: TenantId, query: { readonly tokenDigest: Digest; readonly at: Instant }): Promise<Outcome<OpenedSession>>;
  /**
   * Takes the right to issue one configuration of an offer; false when it was taken before, unless that was before `staleBefore`: whoever
   * took it then has died over it.
   */
  claimIssuance(
    tenant: TenantId,
    claim: { readonly offerId: string; readonly configurationId: string; readonly at: Instant; readonly staleBefore: Instant },
  ): Promise<boolean>;
  /** Gives the right back that was taken at `at`. Somebody who took it over since keeps it. */
  releaseIssuance(
    tenant: TenantId,
    claim: { readonly offerId: string; readonly configurationId: string; readonly at: Instant },
  ): Promise<void>;
  /** Keeps a nonce that was handed out. */
  keepNonce(tenant: TenantId, nonce: { readonly digest: Digest; readonly expiresAt: Instant }): Promise<void>;
  /** Consumes a nonce; NONCE_INVALID when unknown, expired or consumed before. */
  consumeNonce(tenant: TenantId, query: { readonly digest: Digest; readonly at: Instant }): Promise<Outcome<true>>;
  /** Marks a foreign identifier (a DPoP `jti`) as seen; false when it had been seen. */
  markSeen(tenant: TenantId, mark: { readonly digest: Digest; readonly expiresAt: Instant }): Promise<boolean>;
  /** Removes what expired before `at`; returns how many rows went. */
  dropExpired(tenant: TenantId, at: Instant): Promise<number>;
}
