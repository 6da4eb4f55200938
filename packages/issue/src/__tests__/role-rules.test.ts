import { beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject, OverrulableRule } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { toFunctions, toRoleCodes } from '../register/functions.js';
import { byDigest, codeOf, createRig, first } from './engine-rig.js';
import { CLAIMS, REGULATOR, context, operator, textOf } from './world.js';
import type { World } from './world.js';

const HEADER =
  'EicCode;EicDisplayName;EicLongName;EicParent;EicResponsibleParty;EicStatus;MarketParticipantPostalCode;MarketParticipantIsoCountryCode;MarketParticipantVatCode;EicTypeFunctionList;type';
const STATNETT = '10X1001A1001A38Y';
const row = (code: string, functions: string, { status = 'Active', country = '' } = {}): string =>
  `${code};A;A;;;${status};;${country};;${functions};${code.charAt(2)}`;

describe('what a role rests on', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });

  const importRows = async (...rows: readonly string[]) => {
    const input = textOf([HEADER, ...rows].join('\n'));
    const report = await world.engine.importRegister({ tenant: REGULATOR, input, requestId: context().requestId }, operator);
    if (!report.ok) throw new Error(report.refusal.code);
    return report.value;
  };
  const apply = async (type: 'SystemOperatorRole' | 'MarketPartyRole' | 'AggregatorRole' | 'MarketOperatorRole', claims: JsonObject) => {
    const submitted = await world.engine.submitApplication(REGULATOR, {
      applicant: 'x',
      type,
      claims,
      subject: world.signers['maker']!.did,
      evidence: [],
      requestId: context().requestId,
    });
    if (!submitted.ok) throw new Error(submitted.refusal.code);
    return submitted.value.applicationId;
  };
  const approve = (id: string, overrules: Partial<Record<OverrulableRule, string>> = {}) =>
    world.engine.approve(
      REGULATOR,
      id,
      'fine',
      context(),
      Object.entries(overrules).map(([rule, reason]) => ({ rule: rule as OverrulableRule, reason })),
    );
  const tso = { ...CLAIMS.tso, party: { scheme: 'eic', value: STATNETT } };

  describe('the functions of the register', () => {
    it.each([
      ['System Operator', 'A49', 'ok'],
      ['Capacity Trader', 'A49', 'PARTY_FUNCTION_MISSING'],
      ['Capacity Trader', 'A50', 'PARTY_FUNCTION_MISSING'],
      ['System Operator', 'A50', 'PARTY_FUNCTION_MISSING'],
      ['Distribution System Operator', 'A50', 'ok'],
      ['distribution   system operator, Capacity Trader', 'A50', 'ok'],
      ['Storage System Operator', 'A50', 'PARTY_FUNCTION_MISSING'],
      ['LNG System Operator', 'A49', 'PARTY_FUNCTION_MISSING'],
      ['', 'A50', 'PARTY_FUNCTION_MISSING'],
    ])('%s asks for %s: %s', async (functions, roleCode, code) => {
      await importRows(row(STATNETT, functions));
      expect(codeOf(await approve(await apply('SystemOperatorRole', { ...tso, roleCode })))).toBe(code);
    });

    it('must give each of several roles', async () => {
      await importRows(row(STATNETT, 'Balance Responsible Party'));
      const claims = { party: tso.party, jurisdictions: ['DK'], brpDid: world.signers['balance']!.did };
      expect(codeOf(await approve(await apply('MarketPartyRole', { ...claims, roleCodes: ['A12'] })))).toBe('PARTY_FUNCTION_MISSING');
      const both = await approve(await apply('MarketPartyRole', { ...claims, roleCodes: ['A08', 'A12'] }));
      expect(both.refusal?.detail).toContain('which does not give A12;');
      await importRows(row(STATNETT, 'Trade Responsible Party'));
      expect(codeOf(await approve(await apply('MarketPartyRole', { ...claims, roleCodes: ['A08'] })))).toBe('ok');
    });

    it('count for a market operator and an aggregator too', async () => {
      await importRows(row(STATNETT, 'Capacity Trader'));
      expect(codeOf(await approve(await apply('MarketOperatorRole', { ...CLAIMS.market, party: tso.party })))).toBe(
        'PARTY_FUNCTION_MISSING',
      );
      const aggregator = { party: tso.party, roleCode: 'A52', jurisdictions: ['DK'], areasEic: ['10YDK-1--------W'] };
      expect(codeOf(await approve(await apply('AggregatorRole', aggregator)))).toBe('PARTY_FUNCTION_MISSING');
    });

    it('are overruled by an officer with a reason, which stands in the application and in the log', async () => {
      await importRows(row(STATNETT, 'Capacity Trader'));
      const id = await apply('SystemOperatorRole', tso);
      expect(codeOf(await approve(id, { 'register-function': ' ' }))).toBe('REQUEST_MALFORMED');
      expect(codeOf(await approve(id, { 'register-function': 'x'.repeat(501) }))).toBe('REQUEST_MALFORMED');
      expect(codeOf(await approve(id, { area: 'the wrong rule' }))).toBe('PARTY_FUNCTION_MISSING');
      const reason = 'x'.repeat(500);
      const approved = await approve(id, { 'register-function': reason });
      expect(approved.ok && approved.value.overrules).toEqual([{ rule: 'register-function', reason, by: 'ops', at: world.clock.now() }]);
      expect(world.audit.records.at(-1)).toMatchObject({
        action: 'approve',
        actor: 'ops',
        evidence: { overrules: [{ rule: 'register-function', reasonDigest: digestOf(reason) }] },
      });
    });

    it('are not overruled where they give the role: it would count for what comes later', async () => {
      await importRows(row(STATNETT, 'System Operator'));
      const id = await apply('SystemOperatorRole', tso);
      expect(codeOf(await approve(id, { 'register-function': 'to be sure' }))).toBe('CONFLICT');
      expect(codeOf(await approve(id))).toBe('ok');
      expect(codeOf(await approve(id, { 'register-function': 'too late' }))).toBe('CONFLICT');
    });

    it('that no table names give no role', () => {
      expect(toRoleCodes(toFunctions('Capacity Trader, Information Provider, Network User, Platform Operator'))).toEqual([]);
      expect(toRoleCodes(toFunctions('Interconnection Trade Responsible, Consumption Responsible Party'))).toEqual(['A08']);
    });
  });

  describe('the areas of a role', () => {
    it('must lie in the jurisdiction, be in force and be known', async () => {
      await importRows(
        row('10YNO-1--------2', 'Bidding Zone', { country: 'NO' }),
        row('10YNO-2--------T', 'Bidding Zone'),
        row('10YDK-2--------M', 'Bidding Zone', { status: 'Inactive', country: 'DK' }),
      );
      const asked = async (...operatingAreaEic: readonly string[]) =>
        codeOf(await approve(await apply('SystemOperatorRole', { ...CLAIMS.tso, operatingAreaEic })));
      expect(await asked('10YDK-1--------W', '10YNO-1--------2')).toBe('AREA_OUTSIDE_JURISDICTION');
      // No country in the register, inactive, and not in the register at all.
      expect(await asked('10YNO-2--------T')).toBe('AREA_UNKNOWN');
      expect(await asked('10YDK-2--------M')).toBe('AREA_UNKNOWN');
      expect(await asked('10Y1001A1001A39I')).toBe('AREA_UNKNOWN');
      expect(await asked('10YDK-1--------W')).toBe('ok');
    });

    it('that the register does not tell of are overruled, those outside never', async () => {
      await importRows(row('10YNO-1--------2', 'Bidding Zone', { country: 'NO' }));
      const unknown = await apply('SystemOperatorRole', { ...CLAIMS.tso, operatingAreaEic: ['10Y1001A1001A39I'] });
      expect(codeOf(await approve(unknown, { area: 'the map of the grid' }))).toBe('ok');
      const outside = await apply('SystemOperatorRole', { ...CLAIMS.tso, operatingAreaEic: ['10YNO-1--------2'] });
      expect(codeOf(await approve(outside, { area: 'a border line' }))).toBe('AREA_OUTSIDE_JURISDICTION');
    });

    it('count for a market operator and an aggregator too', async () => {
      await importRows(row('10YNO-1--------2', 'Bidding Zone', { country: 'NO' }));
      const gln = CLAIMS.market.party;
      const market = { ...CLAIMS.market, biddingZonesEic: ['10YNO-1--------2'] };
      const aggregator = { party: gln, roleCode: 'A52', jurisdictions: ['DK'], areasEic: ['10YNO-1--------2'] };
      expect(codeOf(await approve(await apply('MarketOperatorRole', market)))).toBe('AREA_OUTSIDE_JURISDICTION');
      expect(codeOf(await approve(await apply('AggregatorRole', aggregator)))).toBe('AREA_OUTSIDE_JURISDICTION');
    });
  });

  describe('who is balance responsible', () => {
    const supplier = { party: { scheme: 'gln', value: '0847976000005' }, roleCodes: ['A12'], jurisdictions: ['DK'] };

    it('is named by a supplier, or the supplier itself', async () => {
      const approval = async (claims: JsonObject) => codeOf(await approve(await apply('MarketPartyRole', { ...supplier, ...claims })));
      expect(await approval({})).toBe('PREREQUISITE_MISSING');
      expect(await approval({ brpDid: 'did:web:x' })).toBe('PREREQUISITE_MISSING');
      // A DID with a role, but not with this one.
      expect(await approval({ brpDid: world.signers['supplier']!.did })).toBe('PREREQUISITE_MISSING');
      // The applicant itself, which asks for no such role.
      expect(await approval({ brpDid: world.signers['maker']!.did })).toBe('PREREQUISITE_MISSING');
      expect(await approval({ brpDid: world.signers['balance']!.did })).toBe('ok');
      expect(await approval({ roleCodes: ['A12', 'A08'] })).toBe('ok');
      expect(await approval({ roleCodes: ['A12', 'A08'], brpDid: world.signers['maker']!.did })).toBe('ok');
      expect(await approval({ roleCodes: ['A12', 'A08'], brpDid: 'did:web:x' })).toBe('PREREQUISITE_MISSING');
    });

    it('is somebody wherever a role names one', async () => {
      const aggregator = { party: supplier.party, roleCode: 'A52', jurisdictions: ['DK'], areasEic: ['10YDK-1--------W'] };
      expect(codeOf(await approve(await apply('AggregatorRole', { ...aggregator, brpDid: 'did:web:x' })))).toBe('PREREQUISITE_MISSING');
      expect(codeOf(await approve(await apply('AggregatorRole', aggregator)))).toBe('ok');
    });

    it('holds that role now, at issuance too', async () => {
      const [balance] = await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: world.signers['balance']!.did });
      const id = await apply('MarketPartyRole', { ...supplier, brpDid: world.signers['balance']!.did });
      expect(codeOf(await approve(id))).toBe('ok');
      await world.engine.suspend(REGULATOR, byDigest(balance!.digest), 'in question', context());
      const maker = world.signers['maker']!;
      const issue = (offerId: string) =>
        world.engine.issueTo(REGULATOR, {
          offerId,
          applicationId: id,
          type: 'MarketPartyRole',
          format: 'vc+jwt',
          holderKeys: [{ publicJwk: maker.publicJwk, thumbprint: 't' as never }],
          requestId: context().requestId,
        });
      expect(codeOf(await issue('o-1'))).toBe('PREREQUISITE_MISSING');
      await world.engine.resume(REGULATOR, byDigest(balance!.digest), 'answered', context());
      expect(first(await issue('o-2')).digest).not.toBe('');
    });

    it('is overruled where the role is of another program', async () => {
      const id = await apply('MarketPartyRole', { ...supplier, brpDid: 'did:web:x' });
      expect(codeOf(await approve(id, { 'balance-responsible': 'accredited in Norway, seen on paper' }))).toBe('ok');
    });
  });
});
