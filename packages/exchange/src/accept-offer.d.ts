import type { Clock, CredentialFormat, DidUrl, FetchPort, Outcome, Signer } from '@gridpass/core';
/** A key the wallet wants credentials for. With `kid` the credential is bound to that DID, else to the bare key. */
export interface ProofKey {
    readonly signer: Signer;
    readonly kid?: DidUrl;
}
/** A credential as it came from the issuer. Nothing in it is proven yet. */
export interface ReceivedCredential {
    readonly configurationId: string;
    readonly format: CredentialFormat;
    readonly compact: string;
}
export interface AcceptedOffer {
    readonly credentialIssuer: string;
    readonly credentials: readonly ReceivedCredential[];
}
/**
 * Redeems a credential offer (OpenID4VCI 1.0): issuer metadata, token, a nonce for each request, one key proof for each key, credentials.
 * `choose` picks which of the offered configurations to fetch; `dpop` is a fresh key that binds the token. The caller proves every
 * credential before it keeps it. Refuses with what the issuer answered; an issuer that cannot be reached is a Fault REMOTE_UNAVAILABLE.
 */
export declare function acceptOffer(options: {
    readonly offerUri: string;
    readonly fetch: FetchPort;
    readonly clock: Clock;
    readonly keys: readonly [ProofKey, ...ProofKey[]];
    readonly dpop: Signer;
    readonly txCode?: string;
    readonly choose: (configurations: readonly OfferedConfiguration[]) => readonly string[];
}): Promise<Outcome<AcceptedOffer>>;
/** A configuration named in an offer. */
export interface OfferedConfiguration {
    readonly id: string;
    readonly format: CredentialFormat;
    /** `vct` or the last type name. */
    readonly type: string;
}
//# sourceMappingURL=accept-offer.d.ts.map