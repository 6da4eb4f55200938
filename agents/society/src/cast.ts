import type { CredentialType } from '@gridpass/core';

/** The bidding zone the society lives in: western Denmark. */
export const ZONE = '10YDK-1--------W';
export const JURISDICTION = 'DK';

/** One issuing organisation of the society. */
export interface IssuingCast {
  readonly tenant: string;
  readonly displayName: string;
  readonly mayIssue: readonly CredentialType[];
  /** The method of its DID. */
  readonly provider: keyof typeof KEY_TYPES;
}

/**
 * The key of a DID, by its method. Wallets of others know ES256, and hardly one knows did:ethr. An https address would be a did:web; this
 * society is on the loopback, where no wallet looks for the document of one, so its ES256 keys are did:jwk.
 */
export const KEY_TYPES = { 'did:ethr': 'Secp256k1', 'did:jwk': 'Secp256r1' } as const;

/** Who issues. Names and codes of parties are public facts; nobody of them takes part in this. */
export const ISSUERS: readonly IssuingCast[] = [
  { tenant: 'root', displayName: 'Trust root of the society', mayIssue: ['RegulatorAccreditation'], provider: 'did:ethr' },
  {
    tenant: 'regulator',
    displayName: 'Regulator',
    mayIssue: ['SystemOperatorRole', 'MarketPartyRole', 'AggregatorRole', 'MarketOperatorRole'],
    provider: 'did:ethr',
  },
  {
    tenant: 'dso',
    displayName: 'Distribution system operator',
    mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning', 'DeviceOwnership', 'CustomerStatus'],
    provider: 'did:ethr',
  },
  {
    tenant: 'dso-town',
    displayName: 'Municipal grid operator',
    mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning', 'CustomerStatus'],
    provider: 'did:jwk',
  },
  { tenant: 'supplier', displayName: 'Supplier', mayIssue: ['CustomerStatus'], provider: 'did:jwk' },
  { tenant: 'market-operator', displayName: 'Market operator', mayIssue: ['MarketChannelAdmission'], provider: 'did:jwk' },
  { tenant: 'manufacturer', displayName: 'Meter manufacturer', mayIssue: ['DeviceIdentity'], provider: 'did:jwk' },
];

/** Organisations with a wallet, i.e. with roles of their own. */
export const ORGANISATIONS = ['regulator', 'tso', 'dso', 'dso-town', 'supplier', 'aggregator', 'market-operator'] as const;
export type Organisation = (typeof ORGANISATIONS)[number];

/** What the wallet of each of them has to show. */
export const SHOWN_BY: Readonly<Record<Organisation, string>> = {
  regulator: 'the regulator: its accreditation by the trust root',
  tso: 'the transmission system operator: its role',
  dso: 'the distribution system operator: its role',
  'dso-town': 'a municipal grid operator, which serves wallets of others: its role',
  supplier: 'a supplier: its market role',
  aggregator: 'an aggregator: its role',
  'market-operator': 'the market operator: its role',
};

export const HOUSEHOLDS = ['household-anna', 'household-bo'] as const;
export type Household = (typeof HOUSEHOLDS)[number];

export const DEVICES = ['meter-anna', 'meter-bo', 'meter-site'] as const;
export type DeviceName = (typeof DEVICES)[number];

/** Party codes as registers publish them. The distribution system operator is known by its GLN. */
export const PARTIES = {
  tso: { scheme: 'eic', value: '10X1001A1001A248' },
  dso: { scheme: 'gln', value: '5790001089030' },
  'dso-town': { scheme: 'gln', value: '5790001089047' },
  supplier: { scheme: 'eic', value: '45X000000000077U' },
  aggregator: { scheme: 'eic', value: '45X0000000001282' },
  /** The register knows it as balance responsible; that it runs a market is what its licence says. */
  'market-operator': { scheme: 'eic', value: '11XNORDPOOLSPOT2' },
  /** In the register, but inactive: nothing is issued to it. */
  inactive: { scheme: 'eic', value: '10X1001A1001A23A' },
} as const;
