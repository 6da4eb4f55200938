import { beforeEach, describe, expect, it } from '@jest/globals';
import { instant, marketCalendar, tenantId } from '@gridpass/core';
import type { Application, CredentialContent, CredentialType, Did, DidUrl, Digest, JsonObject, JsonValue, KeptEntry } from '@gridpass/core';
import { checkHop } from '@gridpass/trust';
import { checkBalanceResponsible } from '../rules/balance.js';
import { checkPointClaims } from '../rules/point.js';
import { checkRoleRules } from '../rules/role.js';
import { checkSole } from '../rules/sole.js';
import { codeOf, createRig } from './engine-rig.js';
import { CLAIMS, REGULATOR, context } from './world.js';
import type { World } from './world.js';

const AT = instant(1_780_272_000);
const did = (name: string): Did => `did:web:${name}.example` as Did;

/** What the register of the tests says of the party: active, and of no function at all. */
const NO_FUNCTION: KeptEntry = { kind: 'party', status: 'active', functions: [], country: '' } as unknown as KeptEntry;
const AREA: KeptEntry = { kind: 'area', status: 'active', functions: [], country: 'DK' } as unknown as KeptEntry;

// Each of them would be a role to a reader that takes what it can of a claim, and none to one that takes all or nothing.
const { party, jurisdictions } = CLAIMS.balance;
const rest = { party, jurisdictions };
const brp = (roleCodes: JsonValue): JsonObject => ({ ...rest, roleCodes });
const HOSTILE: readonly (readonly [string, CredentialType, JsonObject])[] = [
  ['a number beside a role', 'MarketPartyRole', brp(['A08', 7])],
  ['null before a role', 'MarketPartyRole', brp([null, 'A08'])],
  ['a list in the list', 'MarketPartyRole', brp(['A12', ['A08']])],
  ['an object in the list', 'MarketPartyRole', brp(['A12', { roleCode: 'A08' }])],
  ['numbers alone', 'MarketPartyRole', brp([8])],
  ['no role at all', 'MarketPartyRole', brp([])],
  ['an object with a place', 'MarketPartyRole', brp({ 0: 'A08', length: 1 })],
  ['the name of the claim of another type', 'MarketPartyRole', { ...rest, roleCode: 'A08' }],
  ['no claim', 'MarketPartyRole', rest],
  ['a list where one role is named', 'AggregatorRole', { ...rest, areasEic: ['10YDK-1--------W'], roleCode: ['A52', 1] }],
  ['the claim of several where one is named', 'AggregatorRole', { ...rest, areasEic: ['10YDK-1--------W'], roleCodes: ['A52'] }],
  ['an object where one role is named', 'SystemOperatorRole', { ...CLAIMS.tso, roleCode: { A49: true } }],
];
const AREAS: readonly (readonly [string, CredentialType, JsonObject])[] = [
  ['a number beside an area', 'SystemOperatorRole', { ...CLAIMS.tso, operatingAreaEic: ['10YNO-1--------2', 7] }],
  ['no area', 'AggregatorRole', { ...rest, roleCode: 'A52', areasEic: [] }],
  ['an object for areas', 'MarketOperatorRole', { ...CLAIMS.market, biddingZonesEic: { 0: '10YDK-1--------W' } }],
];

describe('roles and areas that claims show in a form of their own', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });

  it.each([...HOSTILE, ...AREAS])('%s: nobody applies with it', async (_name, type, claims) => {
    const submitted = await world.engine.submitApplication(REGULATOR, {
      applicant: 'x',
      type,
      claims,
      subject: did('child'),
      evidence: [],
      requestId: context().requestId,
    });
    expect(codeOf(submitted)).toBe('SCHEMA_VIOLATION');
  });

  it.each([...HOSTILE, ...AREAS])(
    '%s: the rules of a role hold of nothing less, nor may an officer set that aside',
    async (_name, type, claims) => {
      const ports = {
        register: { readEntry: async (_tenant: unknown, { value }: { value: string }) => (value.charAt(2) === 'Y' ? AREA : NO_FUNCTION) },
        tenants: [],
        repository: { findIssued: async () => [], readApplication: async () => undefined },
      };
      const by = { reason: 'so be it', by: 'ops', at: AT };
      const overrules = (['register-function', 'balance-responsible', 'area'] as const).map((rule) => ({ rule, ...by }));
      const application = { tenant: tenantId('regulator'), type, claims };
      for (const aside of [[], overrules])
        expect(codeOf(await checkRoleRules(ports, { ...application, overrules: aside }, did('child'), AT))).toBe('SCHEMA_VIOLATION');
    },
  );

  it.each(HOSTILE)('%s: no regulator gives it', (_name, type, claims) => {
    const regulator = content('RegulatorAccreditation', CLAIMS.regulator, { issuer: did('root'), subject: did('parent') });
    const good = { MarketPartyRole: CLAIMS.balance, AggregatorRole: { ...rest, roleCode: 'A52' }, SystemOperatorRole: CLAIMS.tso };
    expect(codeOf(checkHop(content(type, good[type as keyof typeof good]), regulator))).toBe('ok');
    expect(checkHop(content(type, claims), regulator)).toMatchObject({ refusal: { detail: `${type}: role: not shown` } });
  });
});

describe('what a rule asks of a claim that is there in a form of its own', () => {
  const forms: readonly JsonValue[] = [['did:key:z1', 7], [null, 'did:key:z1'], ['did:key:z1'], [], 7, null, { 0: 'did:key:z1' }];
  const by = { reason: 'so be it', by: 'ops', at: AT };
  const sole = async (type: CredentialType, claims: JsonObject) => {
    const application = { tenant: tenantId('dso'), type, claims, overrules: [], validUntil: AT } as unknown as Application;
    const asked = { application, subjects: [did('child')], thumbprints: [], at: AT, calendar: marketCalendar('Etc/UTC') };
    return codeOf(await checkSole({ find: async () => [], read: async () => undefined }, asked));
  };

  it.each(forms)('is refused of who is balance responsible, also where an officer sets the rule aside: %j', async (brpDid) => {
    const ports = { tenants: [], repository: { findIssued: async () => [], readApplication: async () => undefined } };
    for (const overrules of [[], [{ rule: 'balance-responsible' as const, ...by }]]) {
      const application = { type: 'AggregatorRole' as const, claims: { ...rest, brpDid, roleCode: 'A52' }, overrules };
      expect(codeOf(await checkBalanceResponsible(ports, application, did('child'), AT))).toBe('SCHEMA_VIOLATION');
    }
  });

  it.each(forms)('is refused of a register, direction and point: %j', (form) => {
    const meter = { deviceClass: 'smart_meter', direction: 'consumption', obis: ['1-0:1.8.0'] };
    const code = (more: JsonObject) => codeOf(checkPointClaims({ type: 'DeviceCommissioning', claims: { ...meter, ...more } }));
    expect([code({}), code({ obis: ['1-0:2.8.0'] })]).toEqual(['ok', 'SCHEMA_VIOLATION']);
    // Within the list that registers are.
    expect([code({ obis: [form] }), code({ obis: { 0: form } })]).toEqual(['SCHEMA_VIOLATION', 'SCHEMA_VIOLATION']);
    expect(code({ direction: form })).toBe('SCHEMA_VIOLATION');
    expect(code({ meteringPoint: form })).not.toBe('ok');
  });

  it.each(forms)('is refused of what is held by one alone: %j', async (form) => {
    const owned = { deviceDid: 'did:key:z1' };
    const metered = { ...owned, deviceClass: 'smart_meter', meteringPointHash: 'p', direction: 'consumption' };
    const codes = [
      await sole('DeviceOwnership', owned),
      await sole('DeviceCommissioning', metered),
      await sole('DeviceIdentity', { deviceDid: form }),
    ];
    expect(codes).toEqual(['ok', 'ok', 'ok']);
    expect(await sole('DeviceOwnership', { deviceDid: form })).toBe('SCHEMA_VIOLATION');
    for (const name of ['deviceDid', 'deviceClass', 'meteringPointHash', 'direction'])
      expect(await sole('DeviceCommissioning', { ...metered, [name]: form })).toBe('SCHEMA_VIOLATION');
    expect(await sole('MeteringPointEntitlement', { meteringPointHash: form })).toBe('SCHEMA_VIOLATION');
  });
});

function content(type: CredentialType, claims: JsonObject, more: Partial<CredentialContent> = {}): CredentialContent {
  return {
    format: 'vc+jwt',
    type,
    issuer: did('parent'),
    kid: 'did:web:parent.example#1' as DidUrl,
    alg: 'ES256',
    subject: did('child'),
    issuedAt: AT,
    validFrom: AT,
    validUntil: instant(AT + 1_000),
    status: [],
    claims,
    digest: type as string as Digest,
    textDigest: type as string as Digest,
    ...more,
  };
}
