import type { Outcome } from '../outcome.js';
import type { Instant, Nonce, TenantId } from '../nouns.js';

/** One outstanding presentation request. The nonce is bound to route (`channel`), session (`state`) and tenant. */
export interface Challenge {
  readonly tenant: TenantId;
  readonly nonce: Nonce;
  readonly state: string;
  /** The client_id the presentation must be made out to. */
  readonly audience: string;
  readonly channel: string;
  /** Thumbprint of the key that asked (DPoP), or '' where the transport has none. */
  readonly sessionThumbprint: string;
  readonly expiresAt: Instant;
}

/** Keeps challenges; consuming is atomic over all replicas and survives restarts: of two concurrent uses exactly one succeeds. */
export interface ChallengePort {
  issueChallenge(challenge: Challenge): Promise<void>;
  /** Reads without consuming; CHALLENGE_UNKNOWN when absent, expired or consumed. */
  readChallenge(query: { readonly tenant: TenantId; readonly state: string; readonly at: Instant }): Promise<Outcome<Challenge>>;
  /** Consumes; CHALLENGE_UNKNOWN when absent, expired or consumed before. */
  consumeChallenge(query: {
    readonly tenant: TenantId;
    readonly state: string;
    readonly nonce: Nonce;
    readonly at: Instant;
  }): Promise<Outcome<Challenge>>;
}
