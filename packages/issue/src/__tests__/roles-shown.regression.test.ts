import { beforeEach, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { CredentialContent, CredentialType, Did, DidUrl, Digest, JsonObject, JsonValue, KeptEntry } from '@gridpass/core';
import { checkHop } from '@gridpass/trust';
import { checkRoleRules } from '../rules/role.js';
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
