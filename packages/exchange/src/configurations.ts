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
export function configurationId(type: CredentialType, format: CredentialFormat): string {
  return `${type}_${format === 'dc+sd-jwt' ? 'dc_sd_jwt' : 'vc_jwt'}`;
}

/** Configurations of some types, each in the formats given. */
export function buildConfigurations(
  types: readonly CredentialType[],
  options: {
    readonly formats: (type: CredentialType) => readonly CredentialFormat[];
    readonly signingAlgorithms: readonly SignatureAlgorithm[];
  },
): readonly CredentialConfiguration[] {
  return types.flatMap((type) =>
    options.formats(type).map((format) => ({
      id: configurationId(type, format),
      type,
      format,
      signingAlgorithms: options.signingAlgorithms,
      display: type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' '),
    })),
  );
}

/** The `vct` of a type's SD-JWT VC. */
export function vctOf(type: CredentialType): string {
  return `urn:gridpass:${type}:1`;
}
