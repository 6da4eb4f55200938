import type { Brand } from './brand.js';

/** A DID in canonical form without path, query or fragment (W3C DID Core 3.1). */
export type Did = Brand<string, 'Did'>;
/** A DID URL that names a verification method: `did:…#fragment`. */
export type DidUrl = Brand<string, 'DidUrl'>;
/** Whose rows these are; the first column of every key in the store. */
export type TenantId = Brand<string, 'TenantId'>;
/** Whole seconds since 1970-01-01T00:00:00Z. */
export type Instant = Brand<number, 'Instant'>;
/** A value that may be used once. */
export type Nonce = Brand<string, 'Nonce'>;
/** Names one request in responses, logs and the audit record. */
export type RequestId = Brand<string, 'RequestId'>;
/** base64url of a SHA-256, unpadded (43 characters). */
export type Digest = Brand<string, 'Digest'>;
/** RFC 7638 SHA-256 thumbprint of a public key. */
export type Thumbprint = Brand<string, 'Thumbprint'>;

/** An identifier together with its scheme; never a bare string (Implementing Regulation (EU) 2023/1162, Annex Table I). */
export interface Identifier {
  readonly scheme: IdentifierScheme;
  readonly value: string;
}

export const IDENTIFIER_SCHEMES = [
  'eic',
  'gln',
  'gsrn',
  'lei',
  'malo',
  'melo',
  'mastr',
  'cups',
  'nmi',
  'emaid',
  'evse',
  'pcid',
  'lfdi',
  'sfdi',
  'ski',
  'obis',
  'meter-serial',
  'acer',
  'bic',
  'bdew',
  'dvgw',
] as const;
export type IdentifierScheme = (typeof IDENTIFIER_SCHEMES)[number];

/** ENTSO-E StandardRoleTypeList (ET0005) codes used here. */
export const ROLE_CODES = {
  A04: 'System operator',
  A05: 'Imbalance settlement responsible',
  A08: 'Balance responsible party',
  A09: 'Metered data aggregator',
  A11: 'Market operator',
  A12: 'Energy supplier',
  A13: 'Consumer',
  A17: 'Grid access provider',
  A18: 'Grid operator',
  A19: 'Meter administrator',
  A20: 'Party connected to grid',
  A21: 'Producer',
  A23: 'Meter operator',
  A24: 'Metered data collector',
  A25: 'Metered data responsible',
  A26: 'Metering point administrator',
  A27: 'Resource provider',
  A40: 'Local issuing office',
  A45: 'Energy service company',
  A46: 'Balancing service provider',
  A47: 'Energy trader',
  A48: 'LFC operator',
  A49: 'TSO',
  A50: 'DSO',
  A51: 'Resource capacity mechanism operator',
  A52: 'Resource aggregator',
  A54: 'Settlement responsible',
  A56: 'Flexibility service provider',
  A57: 'Data access provider',
  A58: 'Metered data administrator',
  A59: 'Permission administrator',
} as const;
export type RoleCode = keyof typeof ROLE_CODES;

/** The four trading channels (Wu et al. 2022, 6.1). */
export const TRADING_CHANNELS = ['behind_the_meter', 'local_flexibility', 'multi_class', 'federated_power_plant'] as const;
export type TradingChannel = (typeof TRADING_CHANNELS)[number];

export const DEVICE_CLASSES = [
  'smart_meter',
  'pv_inverter',
  'generator',
  'battery',
  'ev',
  'evse',
  'heat_pump',
  'gateway',
  'sensor',
  'actuator',
  'controller',
] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

/** Signature algorithms by their JOSE names; the key alone decides which one applies. */
export const SIGNATURE_ALGORITHMS = ['ES256', 'EdDSA', 'ES256K'] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** A public JSON Web Key of one of the three kinds this house signs with. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256' | 'secp256k1'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
