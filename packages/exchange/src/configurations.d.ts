import type { CredentialFormat, CredentialType, SignatureAlgorithm } from '@gridpass/core';
/** One thing an issuer offers: a type in a format. */
export interface CredentialConfiguration {
    readonly id: string;
    readonly type: CredentialType;
    readonly format: CredentialFormat;
    /** What people call it. */
    readonly display: string;
    /** Algorithms the issuer signs this with. */
    readonly signingAlgorithms: readonly SignatureAlgorithm[];
}
/** The name a configuration has in offers and requests, e.g. `CustomerStatus_dc_sd_jwt`. */
export declare function configurationId(type: CredentialType, format: CredentialFormat): string;
/** Configurations of some types, each in the formats given. */
export declare function buildConfigurations(types: readonly CredentialType[], options: {
    readonly formats: (type: CredentialType) => readonly CredentialFormat[];
    readonly signingAlgorithms: readonly SignatureAlgorithm[];
}): readonly CredentialConfiguration[];
/** The `vct` of a type's SD-JWT VC. */
export declare function vctOf(type: CredentialType): string;
//# sourceMappingURL=configurations.d.ts.map