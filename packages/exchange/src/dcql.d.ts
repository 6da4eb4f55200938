import type { DisclosureNeeds, JsonObject, JsonValue, Outcome } from '@gridpass/core';
/** One credential a query asks for, reduced to what this house answers: SD-JWT VCs with top-level or nested members. */
export interface CredentialQuery {
    readonly id: string;
    readonly format: string;
    readonly vctValues: readonly string[];
    readonly claims: readonly ClaimQuery[];
    /** Alternatives among the claims, best first; empty means all of them. */
    readonly claimSets: readonly (readonly string[])[];
    /** False where the verifier wants only credentials of certain authorities, which this wallet cannot judge. */
    readonly answerable: boolean;
}
export interface ClaimQuery {
    readonly id?: string;
    readonly path: readonly (string | number | null)[];
    /** When present, only these values satisfy the query. */
    readonly values?: readonly (string | number | boolean)[];
}
/** A query, and which combinations of credentials satisfy it. */
export interface CredentialsQuery {
    readonly credentials: readonly CredentialQuery[];
    /** Every required set must be met by one of its options; without credential_sets each credential is a set of its own. */
    readonly sets: readonly {
        readonly options: readonly (readonly string[])[];
        readonly required: boolean;
    }[];
    /** The query as it was asked. */
    readonly json: JsonObject;
}
/**
 * Builds the DCQL query that asks for exactly what a channel's policy reads and nothing else (OpenID4VP 1.0 6): one credential
 * query for each (type, claims), alternatives as one credential set. Throws InputError CONFIG_INVALID on empty needs.
 */
export declare function buildDcqlQuery(needs: DisclosureNeeds): JsonObject;
/** Reads a DCQL query out of a request (OpenID4VP 1.0 6); the library judges its form. Refuses REQUEST_MALFORMED. */
export declare function parseDcqlQuery(json: JsonValue | undefined): Outcome<CredentialsQuery>;
//# sourceMappingURL=dcql.d.ts.map