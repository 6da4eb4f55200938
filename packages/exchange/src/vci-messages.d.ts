import type { JsonObject, Outcome } from '@gridpass/core';
/** Lets the library judge metadata of our own making, once, at the start of the program; throws its error. */
export declare function checkIssuerMetadata(metadata: JsonObject): JsonObject;
/** A credential offer by value (OpenID4VCI 1.0 4.1): by reference would mean keeping the code where it can be read. */
export declare function buildOfferUri(options: {
    readonly metadata: JsonObject;
    readonly credentialIssuer: string;
    readonly configurationIds: readonly string[];
    readonly code: string;
    readonly txCode: boolean;
}): Promise<{
    readonly offer: JsonObject;
    readonly offerUri: string;
}>;
/** Reads the form of a token request; only the pre-authorized code grant is offered. */
export declare function parseTokenForm(request: {
    readonly form: Readonly<Record<string, string>>;
    readonly url: string;
}): Outcome<{
    readonly code: string;
    readonly txCode?: string;
}>;
//# sourceMappingURL=vci-messages.d.ts.map