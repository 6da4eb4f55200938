import type { JsonObject, Outcome } from '@gridpass/core';
/** What a wallet posted to the `response_uri`. Nothing in it is proven. */
export interface AuthorizationResponse {
    readonly state: string;
    /** Presentations by the id of the credential query they answer. */
    readonly vpToken: JsonObject;
}
/**
 * Reads a direct_post response (OpenID4VP 1.0 8.2): one `state`, one `vp_token` whose members are non-empty arrays of texts.
 * Refuses REQUEST_MALFORMED; an error response of the wallet is QUERY_NOT_MET with the wallet's error code as detail.
 */
export declare function parseAuthorizationResponse(form: Readonly<Record<string, string>>): Outcome<AuthorizationResponse>;
/** The form body of a direct_post response. */
export declare function buildAuthorizationResponse(options: {
    readonly state: string | undefined;
    readonly vpToken: JsonObject;
}): string;
/** The form body with which a wallet declines (OpenID4VP 1.0 8.5). */
export declare function buildErrorResponse(options: {
    readonly state: string | undefined;
    readonly error: 'access_denied' | 'invalid_request' | 'vp_formats_not_supported';
}): string;
//# sourceMappingURL=authorization-response.d.ts.map