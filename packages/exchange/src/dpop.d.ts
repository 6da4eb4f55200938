import type { Digest, Instant, Outcome, PublicJwk, Signer, Thumbprint } from '@gridpass/core';
/** A DPoP proof whose signature, method, address, age and token hash fit. Replay of `jti` and freshness of `nonce` are the caller's to check. */
export interface DpopProof {
    readonly publicJwk: PublicJwk;
    readonly thumbprint: Thumbprint;
    /** SHA-256 of (thumbprint, jti): the key of a replay store, never the token text (attack 6). */
    readonly replayDigest: Digest;
    readonly nonce?: string;
    readonly issuedAt: Instant;
}
/** Makes a DPoP proof for one request (RFC 9449 4.2). `url` may carry query and fragment; they are left out. */
export declare function buildDpopProof(options: {
    readonly signer: Signer;
    readonly method: string;
    readonly url: string;
    readonly at: Instant;
    readonly accessToken?: string;
    readonly nonce?: string;
}): Promise<string>;
/**
 * Checks a DPoP proof against the request it came with (RFC 9449 4.3); refuses DPOP_INVALID. `url` must be the address the
 * caller itself publishes, never one rebuilt from request headers; `accessToken` is the token the request carries, if any.
 */
export declare function parseDpopProof(compact: string, expected: {
    readonly method: string;
    readonly url: string;
    readonly at: Instant;
    readonly maxAgeSeconds: number;
    readonly clockSkewSeconds: number;
    readonly accessToken?: string;
}): Outcome<DpopProof>;
//# sourceMappingURL=dpop.d.ts.map