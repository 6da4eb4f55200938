import type { CredentialType } from '@gridpass/core';

/** The bidding zone the society lives in: western Denmark. */
export const ZONE = '10YDK-1--------W';
export const JURISDICTION = 'DK';

/** One issuing organisation of the society. */
export interface IssuingCast {
  readonly tenant: string;
  readonly displayName: string;
  readonly mayIssue: readonly CredentialType[];
}

/** Who issues. Names and codes of parties are public facts; nobody of them takes part in this. */
export const ISSUERS: readonly IssuingCast[] = [
  { tenant: 'root', displayName: 'Trust root of the society', mayIssue: ['RegulatorAccreditation'] },
  {
    tenant: 'regulator',
    displayName: 'Regulator',
    mayIssue: ['SystemOperatorRole', 'MarketPartyRole', 'AggregatorRole', 'MarketOperatorRole'],
  },
  {
    tenant: 'dso',
    displayName: 'Distribution system operator',
    mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning', 'DeviceOwnership', 'CustomerStatus'],
  },
  { tenant: 'supplier', displayName: 'Supplier', mayIssue: ['CustomerStatus'] },
  { tenant: 'market-operator', displayName: 'Market operator', mayIssue: ['MarketChannelAdmission'] },
  { tenant: 'manufacturer', displayName: 'Meter manufacturer', mayIssue: ['DeviceIdentity'] },
];

/** Organisations with a wallet, i.e. with roles of their own. */
export const ORGANISATIONS = ['regulator', 'tso', 'dso', 'supplier', 'aggregator', 'market-operator'] as const;
export type Organisation = (typeof ORGANISATIONS)[number];

/** What the wallet of each of them has to show. */
export const SHOWN_BY: Readonly<Record<Organisation, string>> = {
  regulator: 'the regulator: its accreditation by the trust root',
  tso: 'the transmission system operator: its role',
  dso: 'the distribution system operator: its role',
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
  supplier: { scheme: 'eic', value: '45X000000000077U' },
  aggregator: { scheme: 'eic', value: '45X0000000001282' },
  /** The register knows it as balance responsible; that it runs a market is what its licence says. */
  'market-operator': { scheme: 'eic', value: '11XNORDPOOLSPOT2' },
  /** In the register, but inactive: nothing is issued to it. */
  inactive: { scheme: 'eic', value: '10X1001A1001A23A' },
} as const;
