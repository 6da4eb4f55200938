import type { JsonObject } from '@gridpass/core';
import type { CredentialConfiguration } from './configurations.js';
/** The addresses of one issuer; each tenant of a program is an issuer with a path of its own. */
export interface IssuerEndpoints {
    readonly credentialIssuer: string;
    readonly token: string;
    readonly credential: string;
    readonly nonce: string;
}
/** Where the endpoints of an issuer stand, under its own address. */
export declare function endpointsOf(credentialIssuer: string): IssuerEndpoints;
/** Credential issuer metadata (OpenID4VCI 1.0 12.2.4). */
export declare function buildIssuerMetadata(options: {
    readonly credentialIssuer: string;
    readonly displayName: string;
    readonly configurations: readonly CredentialConfiguration[];
    readonly batchSize: number;
}): JsonObject;
/** Authorization server metadata of an issuer that is its own (RFC 8414 2). */
export declare function buildAuthorizationServerMetadata(credentialIssuer: string): JsonObject;
//# sourceMappingURL=issuer-metadata.d.ts.map