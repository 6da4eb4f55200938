import type { Did, DidSigner, Instant, JsonObject, Nonce } from '@gridpass/core';
/** `aud` of a request object when the verifier does not know the wallet (OpenID4VP 1.0 5.8). */
export declare const SELF_ISSUED = "https://self-issued.me/v2";
/** Media type of a request object (RFC 9101), and its `typ`. */
export declare const REQUEST_OBJECT_TYP = "oauth-authz-req+jwt";
/** The `client_id` of a verifier that is known by its DID (OpenID4VP 1.0 5.9.3). */
export declare function clientIdOf(did: Did): string;
/** The DID inside a `client_id`, or undefined for another kind of client; not checked to be one. */
export declare function didOfClientId(clientId: string): string | undefined;
/** Which formats and algorithms our verifiers read, in the words of OpenID4VP 1.0 11.1. */
export declare const VP_FORMATS_SUPPORTED: JsonObject;
export interface PresentationRequestInput {
    /** Must be `clientIdOf(signer.did)`. */
    readonly clientId: string;
    readonly signer: DidSigner;
    readonly nonce: Nonce;
    readonly state: string;
    readonly responseUri: string;
    readonly dcql: JsonObject;
    readonly at: Instant;
    readonly lifeSeconds: number;
    /** Credentials that say what the verifier may ask for, e.g. its MarketOperatorRole. */
    readonly verifierInfo?: readonly JsonObject[];
    /** Sent by the wallet when it fetched the request with POST; comes back signed. */
    readonly walletNonce?: string;
}
/** Builds and signs a request object (OpenID4VP 1.0 5; RFC 9101). The caller keeps nonce and state and accepts each once. */
export declare function createPresentationRequest(input: PresentationRequestInput): Promise<{
    readonly requestObject: string;
}>;
/** The address a wallet opens: the request by reference (OpenID4VP 1.0 5.7). */
export declare function authorizationRequestUri(options: {
    readonly clientId: string;
    readonly requestUri: string;
    readonly requestUriMethod?: 'get' | 'post';
}): string;
//# sourceMappingURL=presentation-request.d.ts.map