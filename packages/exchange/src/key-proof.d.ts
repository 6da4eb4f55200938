import type { Did, DidResolverPort, DidUrl, Instant, Outcome, PublicJwk, Signer, Thumbprint } from '@gridpass/core';
/** A key a wallet has proven to hold. `did` and `kid` are there when the proof named the key by its DID. */
export interface ProvenHolderKey {
    readonly publicJwk: PublicJwk;
    readonly thumbprint: Thumbprint;
    readonly did?: Did;
    readonly kid?: DidUrl;
}
/** Makes a key proof of the `jwt` type (OpenID4VCI 1.0 Appendix F.1); with `kid` the key is named by its DID, else it is carried along. */
export declare function buildKeyProof(options: {
    readonly signer: Signer;
    readonly kid?: DidUrl;
    readonly credentialIssuer: string;
    readonly nonce: string;
    readonly at: Instant;
}): Promise<string>;
/**
 * Checks one key proof: exact `typ`, this issuer alone as `aud`, age, one way of naming the key, signature. Returns the key and the
 * nonce it was made for, which the caller consumes once every proof of the request has passed. Refuses KEY_PROOF_INVALID.
 */
export declare function parseKeyProof(compact: string, expected: {
    readonly credentialIssuer: string;
    readonly resolver: DidResolverPort;
    readonly at: Instant;
    readonly maxAgeSeconds: number;
    readonly clockSkewSeconds: number;
}): Promise<Outcome<{
    readonly key: ProvenHolderKey;
    readonly nonce: string;
}>>;
//# sourceMappingURL=key-proof.d.ts.map