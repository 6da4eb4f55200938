import { describe, expect, it } from '@jest/globals';
import {
  CATALOGUE,
  CREDENTIAL_TYPES,
  instant,
  type CredentialContent,
  type CredentialType,
  type Did,
  type DidUrl,
  type Digest,
  type JsonObject,
} from '@gridpass/core';
import { checkHop } from '../index.js';
import { ATTENUATION } from '../attenuation.js';

const T = 1_780_272_000;
const did = (name: string): Did => `did:web:${name}.example` as Did;

function content(type: CredentialType, claims: JsonObject, more: Partial<CredentialContent> = {}): CredentialContent {
  return {
    format: 'vc+jwt',
    type,
    issuer: did('parent'),
    kid: 'did:web:parent.example#1' as DidUrl,
    alg: 'ES256',
    subject: did('child'),
    issuedAt: instant(T),
    validFrom: instant(T),
    validUntil: instant(T + 1000),
    status: [],
    claims,
    digest: type as string as Digest,
    textDigest: type as string as Digest,
    ...more,
  };
}
const parent = (type: CredentialType, claims: JsonObject, more: Partial<CredentialContent> = {}): CredentialContent =>
  content(type, claims, {
    issuer: did('root'),
    subject: did('parent'),
    validFrom: instant(T - 100),
    validUntil: instant(T + 500),
    ...more,
  });

const regulator = { jurisdiction: ['NO', 'SE'], mayAccredit: ['A50', 'A49', 'A12', 'A11', 'A52'] };
const dso = {
  roleCode: 'A50',
  operatingAreaEic: ['AREA-1', 'AREA-2'],
  jurisdictions: ['NO'],
  mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning', 'DeviceOwnership', 'CustomerStatus'],
};
const tso = { ...dso, roleCode: 'A49', mayIssue: ['MarketPartyRole', 'MeteringPointEntitlement'] };
const market = { channels: ['behind_the_meter'], biddingZonesEic: ['ZONE-1'] };

type Row = readonly [name: string, parent: CredentialContent, child: CredentialContent];

const GOOD: readonly Row[] = [
  ['a regulator accredits a DSO', parent('RegulatorAccreditation', regulator), content('SystemOperatorRole', dso)],
  [
    'a regulator accredits a supplier',
    parent('RegulatorAccreditation', regulator),
    content('MarketPartyRole', { roleCodes: ['A12'], jurisdictions: ['NO', 'SE'] }),
  ],
  [
    'a regulator accredits an aggregator',
    parent('RegulatorAccreditation', regulator),
    content('AggregatorRole', { roleCode: 'A52', jurisdictions: ['SE'] }),
  ],
  [
    'a regulator accredits a market operator',
    parent('RegulatorAccreditation', regulator),
    content('MarketOperatorRole', { ...market, jurisdictions: ['NO'] }),
  ],
  [
    'a TSO accredits a balance responsible party',
    parent('SystemOperatorRole', tso),
    content('MarketPartyRole', { roleCodes: ['A08', 'A46'], jurisdictions: ['NO'] }),
  ],
  ['a DSO entitles in its area', parent('SystemOperatorRole', dso), content('MeteringPointEntitlement', { gridAreaEic: 'AREA-2' })],
  ['a DSO commissions in its area', parent('SystemOperatorRole', dso), content('DeviceCommissioning', { gridAreaEic: 'AREA-1' })],
  [
    'a DSO witnesses who owns a device in its area',
    parent('SystemOperatorRole', dso),
    content('DeviceOwnership', { gridAreaEic: 'AREA-1' }),
  ],
  ['a DSO tells the status of a customer', parent('SystemOperatorRole', dso), content('CustomerStatus', { jurisdiction: 'NO' })],
  [
    'a supplier tells the status of a customer',
    parent('MarketPartyRole', { roleCodes: ['A12'], jurisdictions: ['NO'] }),
    content('CustomerStatus', { jurisdiction: 'NO' }),
  ],
  [
    'a market operator admits to its channel',
    parent('MarketOperatorRole', market),
    content('MarketChannelAdmission', { channel: 'behind_the_meter', zone: 'ZONE-1' }),
  ],
];

const BAD: readonly Row[] = [
  [
    'role: a role the regulator may not accredit',
    parent('RegulatorAccreditation', { ...regulator, mayAccredit: ['A49'] }),
    content('SystemOperatorRole', dso),
  ],
  [
    'role: one of two roles',
    parent('RegulatorAccreditation', regulator),
    content('MarketPartyRole', { roleCodes: ['A12', 'A08'], jurisdictions: ['NO'] }),
  ],
  [
    'role: a market operator where A11 is not allowed',
    parent('RegulatorAccreditation', { ...regulator, mayAccredit: ['A50'] }),
    content('MarketOperatorRole', { ...market, jurisdictions: ['NO'] }),
  ],
  ['role: no roles shown', parent('RegulatorAccreditation', regulator), content('MarketPartyRole', { jurisdictions: ['NO'] })],
  [
    'role: a supplier made by a TSO',
    parent('SystemOperatorRole', tso),
    content('MarketPartyRole', { roleCodes: ['A12'], jurisdictions: ['NO'] }),
  ],
  [
    'jurisdiction: a balance responsible party made by a TSO of another country',
    parent('SystemOperatorRole', tso),
    content('MarketPartyRole', { roleCodes: ['A08'], jurisdictions: ['NO', 'SE'] }),
  ],
  [
    'role: a market party made by a DSO',
    parent('SystemOperatorRole', { ...dso, mayIssue: ['MarketPartyRole'] }),
    content('MarketPartyRole', { roleCodes: ['A08'], jurisdictions: ['NO'] }),
  ],
  ['role: an entitlement by a TSO', parent('SystemOperatorRole', tso), content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' })],
  [
    'role: a customer status by a trader',
    parent('MarketPartyRole', { roleCodes: ['A47'], jurisdictions: ['NO'] }),
    content('CustomerStatus', { jurisdiction: 'NO' }),
  ],
  [
    'type: a type the operator may not issue',
    parent('SystemOperatorRole', { ...dso, mayIssue: ['CustomerStatus'] }),
    content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' }),
  ],
  [
    'type: an aggregator entitles nobody',
    parent('AggregatorRole', { roleCode: 'A52' }),
    content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' }),
  ],
  [
    'type: a regulator issues no entitlements',
    parent('RegulatorAccreditation', regulator),
    content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' }),
  ],
  [
    'type: an accreditation below an accreditation',
    parent('RegulatorAccreditation', regulator),
    content('RegulatorAccreditation', regulator),
  ],
  ['area: another area', parent('SystemOperatorRole', dso), content('MeteringPointEntitlement', { gridAreaEic: 'AREA-3' })],
  ['area: the owner of a device somewhere', parent('SystemOperatorRole', dso), content('DeviceOwnership', { sharePpm: 1_000_000 })],
  ['area: the owner of a device elsewhere', parent('SystemOperatorRole', dso), content('DeviceOwnership', { gridAreaEic: 'AREA-3' })],
  ['area: a prefix of an area', parent('SystemOperatorRole', dso), content('MeteringPointEntitlement', { gridAreaEic: 'AREA' })],
  ['area: an area withheld', parent('SystemOperatorRole', dso), content('DeviceCommissioning', {})],
  [
    'area: an operator without areas',
    parent('SystemOperatorRole', { ...dso, operatingAreaEic: [] }),
    content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' }),
  ],
  [
    'area: a list with something else in it',
    parent('SystemOperatorRole', { ...dso, operatingAreaEic: ['AREA-1', 7] }),
    content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' }),
  ],
  [
    'jurisdiction: another country',
    parent('RegulatorAccreditation', regulator),
    content('SystemOperatorRole', { ...dso, jurisdictions: ['NO', 'DE'] }),
  ],
  ['jurisdiction: none shown', parent('RegulatorAccreditation', regulator), content('AggregatorRole', { roleCode: 'A52' })],
  [
    'jurisdiction: a customer elsewhere',
    parent('MarketPartyRole', { roleCodes: ['A12'], jurisdictions: ['NO'] }),
    content('CustomerStatus', { jurisdiction: 'SE' }),
  ],
  [
    'channel: another channel',
    parent('MarketOperatorRole', market),
    content('MarketChannelAdmission', { channel: 'multi_class', zone: 'ZONE-1' }),
  ],
  [
    'zone: another zone',
    parent('MarketOperatorRole', market),
    content('MarketChannelAdmission', { channel: 'behind_the_meter', zone: 'ZONE-2' }),
  ],
  ['zone: withheld', parent('MarketOperatorRole', market), content('MarketChannelAdmission', { channel: 'behind_the_meter' })],
  [
    'time: issued before the authority began',
    parent('SystemOperatorRole', dso),
    content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' }, { issuedAt: instant(T - 101) }),
  ],
  [
    'time: issued when the authority ended',
    parent('SystemOperatorRole', dso),
    content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' }, { issuedAt: instant(T + 500) }),
  ],
  [
    'link: an authority about somebody else',
    parent('SystemOperatorRole', dso, { subject: did('other') }),
    content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' }),
  ],
  [
    'link: self-issued',
    parent('SystemOperatorRole', dso),
    content('MeteringPointEntitlement', { gridAreaEic: 'AREA-1' }, { subject: did('parent') }),
  ],
  [
    'claims of the prototype do not count',
    parent('SystemOperatorRole', dso),
    content('MeteringPointEntitlement', Object.create({ gridAreaEic: 'AREA-1' }) as JsonObject),
  ],
];

describe('checkHop', () => {
  it.each(GOOD)('accepts: %s', (_name, above, below) => {
    expect(checkHop(below, above).ok).toBe(true);
  });

  it.each(BAD)('refuses: %s', (_name, above, below) => {
    expect(checkHop(below, above).refusal?.code).toBe('ISSUER_NOT_ACCREDITED');
  });

  it('has a rule for exactly the pairs of the catalogue', () => {
    const wanted = CREDENTIAL_TYPES.flatMap((child) =>
      CATALOGUE[child].issuerMustHold.flatMap((rule) => (rule.kind === 'holds' ? [`${rule.type} > ${child}`] : [])),
    );
    const given = Object.entries(ATTENUATION).flatMap(([above, rules]) => Object.keys(rules).map((below) => `${above} > ${below}`));
    expect(given.sort()).toEqual(wanted.sort());
  });

  it('binds issuers by claims that cannot be withheld', () => {
    const binding: Partial<Record<CredentialType, readonly string[]>> = {
      SystemOperatorRole: ['roleCode', 'jurisdictions'],
      MarketPartyRole: ['roleCodes', 'jurisdictions'],
      AggregatorRole: ['roleCode', 'jurisdictions'],
      MarketOperatorRole: ['jurisdictions'],
      CustomerStatus: ['jurisdiction'],
      MeteringPointEntitlement: ['gridAreaEic'],
      DeviceCommissioning: ['gridAreaEic'],
      DeviceOwnership: ['gridAreaEic'],
      MarketChannelAdmission: ['channel', 'zone'],
    };
    for (const type of CREDENTIAL_TYPES)
      for (const claim of binding[type] ?? [])
        expect([type, CATALOGUE[type].selectivelyDisclosable]).not.toEqual([type, expect.arrayContaining([claim])]);
  });
});

describe('the time of issuing, within the life of the authority', () => {
  const hop = (issuedAt: number, issuedSince?: number) =>
    checkHop(
      content(
        'MeteringPointEntitlement',
        { gridAreaEic: 'AREA-1' },
        {
          issuedAt: instant(issuedAt),
          ...(issuedSince === undefined ? {} : { issuedSince: instant(issuedSince) }),
        },
      ),
      parent('SystemOperatorRole', dso),
    ).refusal?.code;

  it('begins with the first second and ends before the last', () => {
    expect([hop(T - 101), hop(T - 100), hop(T + 499), hop(T + 500)]).toEqual([
      'ISSUER_NOT_ACCREDITED',
      undefined,
      undefined,
      'ISSUER_NOT_ACCREDITED',
    ]);
  });

  it('is held, where it has a fraction, by the second before against the beginning and by the one after against the end', () => {
    expect([hop(T - 100, T - 101), hop(T - 99, T - 100), hop(T + 499, T + 498), hop(T + 500, T + 499)]).toEqual([
      'ISSUER_NOT_ACCREDITED',
      undefined,
      undefined,
      'ISSUER_NOT_ACCREDITED',
    ]);
  });
});
