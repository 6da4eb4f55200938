import type { Did, DidResolverPort, FetchPort, Instant, JsonObject, JsonValue, Nonce, Outcome } from '@gridpass/core';
import type { CredentialsQuery } from './dcql.js';
/** A request that is proven to come from the DID in its `client_id`. Whether that verifier may ask is another question. */
export interface PresentationRequest {
    readonly clientId: string;
    readonly verifierDid: Did;
    readonly nonce: Nonce;
    readonly state: string | undefined;
    readonly responseUri: string;
    readonly query: CredentialsQuery;
    /** The DCQL query as it was asked. */
    readonly dcql: JsonObject;
    readonly verifierInfo: readonly VerifierInfo[];
    readonly expiresAt: Instant;
}
/** A credential about the verifier, attached to its request (OpenID4VP 1.0 5.11). Not proven. */
export interface VerifierInfo {
    readonly format: string;
    readonly data: JsonValue;
}
/** What an `openid4vp://` address says: who asks, and where the request object is. Not proven. */
export interface RequestReference {
    readonly claimedClientId: string;
    readonly requestUri: string;
    readonly method: 'get' | 'post';
}
/** Reads the address a wallet was opened with; only requests by reference are answered. Refuses REQUEST_MALFORMED. */
export declare function parseAuthorizationRequestUri(uri: string): Outcome<RequestReference>;
/** Fetches a request object. With POST the wallet sends a nonce of its own, which must come back signed. */
export declare function fetchRequestObject(reference: RequestReference, options: {
    readonly fetch: FetchPort;
    readonly walletNonce: string;
}): Promise<Outcome<string>>;
/**
 * Proves a request object: signed by a key of the DID in its `client_id`, for wallets, in time, asking by DCQL over direct_post.
 * `claimedClientId` and `walletNonce` are given when the request came by reference; the object must agree with them.
 */
export declare function parsePresentationRequest(requestObject: string, options: {
    readonly resolver: DidResolverPort;
    readonly at: Instant;
    readonly clockSkewSeconds: number;
    readonly claimedClientId?: string;
    readonly walletNonce?: string;
}): Promise<Outcome<PresentationRequest>>;
//# sourceMappingURL=parse-presentation-request.d.ts.map