import { beforeEach, describe, expect, it } from '@jest/globals';
import { instant } from '@gridpass/core';
import type { CredentialType, JsonObject, TenantId } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { thumbprintOf } from '@gridpass/keys';
import { byDigest, codeOf, createRig, first } from './engine-rig.js';
import { CLAIMS, DSO, MAKER, REGULATOR, context, createWallet } from './world.js';
import type { Holder, World } from './world.js';

describe('what one alone may hold', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });

  const applyAs = async (applicant: string, tenant: TenantId, type: CredentialType, claims: JsonObject, subject?: string) => {
    const submitted = await world.engine.submitApplication(tenant, {
      applicant,
      type,
      claims,
      evidence: [],
      requestId: context().requestId,
      ...(subject === undefined ? {} : { subject: subject as never }),
    });
    if (!submitted.ok) throw new Error(submitted.refusal.code);
    return submitted.value.applicationId;
  };
  let offers = 0;
  const redeem = (tenant: TenantId, applicationId: string, type: CredentialType, ...holders: readonly Pick<Holder, 'key'>[]) =>
    world.engine.issueTo(tenant, {
      offerId: `sole-${(offers += 1)}`,
      applicationId,
      type,
      format: 'dc+sd-jwt',
      holderKeys: holders.map(({ key }) => key),
      requestId: context().requestId,
    });
  const keyOf = (party: { readonly publicJwk: Holder['key']['publicJwk'] }) => ({
    key: { publicJwk: party.publicJwk, thumbprint: thumbprintOf(party.publicJwk) },
  });

  describe('a party', () => {
    const claims = CLAIMS.dso;
    const approve = (id: string, takeOver?: string) =>
      world.engine.approve(REGULATOR, id, 'fine', context(), takeOver === undefined ? [] : [{ rule: 'take-over', reason: takeOver }]);
    const stateOfDso = async () => {
      const records = await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: world.signers['dso']!.did });
      return records.map(({ state, reason }) => `${state} ${reason}`.trim());
    };

    it('is held by one DID: another one is refused, with a subject stated or not, for any role of it', async () => {
      const maker = world.signers['maker']!;
      expect(codeOf(await world.grant(REGULATOR, 'SystemOperatorRole', claims, maker))).toBe('PARTY_TAKEN');
      expect(codeOf(await world.grant(REGULATOR, 'SystemOperatorRole', claims, createWallet()))).toBe('PARTY_TAKEN');
      const market = { ...CLAIMS.market, party: CLAIMS.dso.party };
      const id = await applyAs('x', REGULATOR, 'MarketOperatorRole', market, maker.did);
      const overrules = [{ rule: 'register-function', reason: 'of the test' }] as const;
      expect(codeOf(await world.engine.approve(REGULATOR, id, 'fine', context(), overrules))).toBe('PARTY_TAKEN');
    });

    it('is the same in every spelling that its scheme takes', async () => {
      const bic = (value: string) => ({ ...CLAIMS.market, party: { scheme: 'bic', value } });
      const [a, b] = [world.signers['market']!, world.signers['maker']!];
      expect(codeOf(await world.grant(REGULATOR, 'MarketOperatorRole', bic('DEUTDEFF'), a))).toBe('ok');
      for (const spelling of ['DEUTDEFF', 'DEUTDEFFXXX', 'deutdeff', 'deutdeffxxx']) {
        expect(['PARTY_TAKEN', 'IDENTIFIER_SYNTAX', 'SCHEMA_VIOLATION']).toContain(
          codeOf(
            await world
              .grant(REGULATOR, 'MarketOperatorRole', bic(spelling), b)
              .catch(() => ({ ok: false, refusal: { code: 'SCHEMA_VIOLATION' } }) as never),
          ),
        );
      }
    });

    it('is held on by the same DID: renewed, and with another role', async () => {
      const dso = world.signers['dso']!;
      const [record] = await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: dso.did });
      const renewed = await world.engine.renew(REGULATOR, byDigest(record!.digest), context());
      expect(codeOf(await redeem(REGULATOR, renewed.ok ? renewed.value.applicationId : '', 'SystemOperatorRole', keyOf(dso)))).toBe('ok');
      const market = { ...CLAIMS.market, party: CLAIMS.dso.party };
      const id = await applyAs('x', REGULATOR, 'MarketOperatorRole', market, dso.did);
      expect(
        codeOf(await world.engine.approve(REGULATOR, id, 'fine', context(), [{ rule: 'register-function', reason: 'of the test' }])),
      ).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, id, 'MarketOperatorRole', keyOf(dso)))).toBe('ok');
    });

    it('keeps its holder while suspended, and is free once that ended', async () => {
      const [record] = await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: world.signers['dso']!.did });
      await world.engine.suspend(REGULATOR, byDigest(record!.digest), 'in question', context());
      const maker = world.signers['maker']!;
      expect(codeOf(await world.grant(REGULATOR, 'SystemOperatorRole', claims, maker))).toBe('PARTY_TAKEN');
      await world.engine.revoke(REGULATOR, byDigest(record!.digest), 'licence withdrawn', context());
      expect(codeOf(await world.grant(REGULATOR, 'SystemOperatorRole', { ...claims, mayIssue: [] }, maker))).toBe('ok');
    });

    it('goes to the first of two that were approved at once', async () => {
      const party = { scheme: 'eic', value: '44X-000000000350' };
      const [a, b] = [world.signers['maker']!, world.signers['market']!];
      const ids = await Promise.all([a, b].map(({ did }) => applyAs(did, REGULATOR, 'SystemOperatorRole', { ...claims, party }, did)));
      for (const id of ids) expect(codeOf(await approve(id))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, ids[0]!, 'SystemOperatorRole', keyOf(a)))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, ids[1]!, 'SystemOperatorRole', keyOf(b)))).toBe('PARTY_TAKEN');
    });

    it('goes to one DID of an application that states none, over all its keys and offers', async () => {
      const party = { scheme: 'eic', value: '44X-000000000350' };
      const [one, two] = [createWallet(), createWallet()];
      const id = await applyAs('x', REGULATOR, 'SystemOperatorRole', { ...claims, party });
      expect(codeOf(await approve(id))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, id, 'SystemOperatorRole', one, two))).toBe('PARTY_TAKEN');
      expect(codeOf(await redeem(REGULATOR, id, 'SystemOperatorRole', one))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, id, 'SystemOperatorRole', two))).toBe('PARTY_TAKEN');
      expect(codeOf(await redeem(REGULATOR, id, 'SystemOperatorRole', one))).toBe('ok');
    });

    it('is taken over by an act of its own, which ends what the other one held when it is issued', async () => {
      const maker = world.signers['maker']!;
      const id = await applyAs(maker.did, REGULATOR, 'SystemOperatorRole', claims, maker.did);
      expect(codeOf(await approve(id))).toBe('PARTY_TAKEN');
      expect(codeOf(await approve(id, ''))).toBe('REQUEST_MALFORMED');
      const approved = await approve(id, 'the company lost its key');
      expect(approved.ok && approved.value.overrules).toMatchObject([
        { rule: 'take-over', reason: 'the company lost its key', by: 'ops', holders: [world.signers['dso']!.did] },
      ]);
      expect(await stateOfDso()).toEqual(['active']);
      expect(codeOf(await redeem(REGULATOR, id, 'SystemOperatorRole', keyOf(maker)))).toBe('ok');
      expect(await stateOfDso()).toEqual(['revoked taken over']);
      expect(world.audit.records.find(({ action }) => action === 'take-over')).toMatchObject({
        actor: 'ops',
        evidence: { applicationId: id },
      });
    });

    it('does not go back to whom it was taken from, by no offer or renewal of before, once the new holder is gone', async () => {
      const party = { scheme: 'eic', value: '44X-000000000350' };
      const [one, two] = [createWallet(), createWallet()];
      const id = await applyAs(one.did, REGULATOR, 'SystemOperatorRole', { ...claims, party }, one.did);
      expect(codeOf(await approve(id))).toBe('ok');
      const held = first(await redeem(REGULATOR, id, 'SystemOperatorRole', one));
      const renewal = await world.engine.renew(REGULATOR, byDigest(held.digest), context());
      const next = await applyAs(two.did, REGULATOR, 'SystemOperatorRole', { ...claims, party }, two.did);
      expect(codeOf(await approve(next, 'merger'))).toBe('ok');
      const taken = first(await redeem(REGULATOR, next, 'SystemOperatorRole', two));
      expect(codeOf(await world.engine.revoke(REGULATOR, byDigest(taken.digest), 'licence withdrawn', context()))).toBe('ok');
      for (const way of [id, renewal.ok ? renewal.value.applicationId : ''])
        expect(codeOf(await redeem(REGULATOR, way, 'SystemOperatorRole', one))).toBe('STATUS_FINAL');
    });

    it('is taken over under an application that states no subject, which stays open', async () => {
      const party = { scheme: 'eic', value: '44X-000000000350' };
      const [one, two] = [createWallet(), createWallet()];
      const id = await applyAs('x', REGULATOR, 'SystemOperatorRole', { ...claims, party });
      expect(codeOf(await approve(id))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, id, 'SystemOperatorRole', one))).toBe('ok');
      const next = await applyAs('x', REGULATOR, 'SystemOperatorRole', { ...claims, party });
      expect(codeOf(await approve(next, 'new key'))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, next, 'SystemOperatorRole', two))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, next, 'SystemOperatorRole', two))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, id, 'SystemOperatorRole', one))).toBe('STATUS_FINAL');
    });

    it('is not taken over from nobody, nor from who came after the approval', async () => {
      const maker = world.signers['maker']!;
      const party = { scheme: 'eic', value: '44X-000000000350' };
      const free = await applyAs(maker.did, REGULATOR, 'SystemOperatorRole', { ...claims, party }, maker.did);
      expect(codeOf(await approve(free, 'to be sure'))).toBe('CONFLICT');
      const wallets = [createWallet(), createWallet()];
      const more: string[] = [];
      for (const { did } of wallets) more.push(await applyAs(did, REGULATOR, 'SystemOperatorRole', claims, did));
      for (const id of more) expect(codeOf(await approve(id, 'merger'))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, more[0]!, 'SystemOperatorRole', wallets[0]!))).toBe('ok');
      expect(codeOf(await redeem(REGULATOR, more[1]!, 'SystemOperatorRole', wallets[1]!))).toBe('PARTY_TAKEN');
    });
  });

  describe('a metering point', () => {
    const give = (claims: JsonObject = {}, home = createWallet()) =>
      world.grant(DSO, 'MeteringPointEntitlement', { ...CLAIMS.entitlement, ...claims }, home);

    it('is held by one household, and by the next once the first moved out', async () => {
      const held = first(await give());
      expect(codeOf(await give())).toBe('SHARE_EXCEEDED');
      await world.engine.suspend(DSO, byDigest(held.digest), 'in question', context());
      expect(codeOf(await give())).toBe('SHARE_EXCEEDED');
      await world.engine.revoke(DSO, byDigest(held.digest), 'moved out', context());
      expect(codeOf(await give())).toBe('ok');
    });

    it.each([
      ['consumption', 'consumption', 'SHARE_EXCEEDED'],
      ['consumption', 'production', 'ok'],
      ['production', 'combined', 'SHARE_EXCEEDED'],
      ['combined', 'consumption', 'SHARE_EXCEEDED'],
    ])('held for %s is asked for %s: %s', async (direction, other, code) => {
      expect(codeOf(await give({ direction }))).toBe('ok');
      expect(codeOf(await give({ direction: other }))).toBe(code);
    });

    it('is held jointly up to the whole, in each direction', async () => {
      expect(codeOf(await give({ sharePpm: 400_000 }))).toBe('ok');
      expect(codeOf(await give({ sharePpm: 600_001 }))).toBe('SHARE_EXCEEDED');
      expect(codeOf(await give({ direction: 'consumption', sharePpm: 600_000 }))).toBe('ok');
      expect(codeOf(await give({ direction: 'production', sharePpm: 600_000 }))).toBe('ok');
      expect(codeOf(await give({ sharePpm: 1 }))).toBe('SHARE_EXCEEDED');
    });

    it('is held by others one after the other, by the day of the market', async () => {
      // Half past eleven in the evening by UTC, the next day in Oslo; so that it ends then too.
      world.clock.advance(84_600 - (world.clock.now() % 86_400) + 86_400);
      const held = first(await give());
      const [record] = await world.parts.repository.findIssued(DSO, byDigest(held.digest));
      const lastDay = world.parts.calendar.epochDayAt(instant(record!.validUntil - 1));
      expect(lastDay).toBe(Math.floor(record!.validUntil / 86_400) + 1);
      // It ends before the other begins, but today both would have to be issued to end after that.
      world.clock.advance(86_400 * 30);
      expect(codeOf(await give({ entitledFrom: lastDay }))).toBe('SHARE_EXCEEDED');
      expect(codeOf(await give({ entitledFrom: lastDay + 1 }))).toBe('ok');
    });

    it('is one where its hash is another and the point is stated', async () => {
      const meteringPoint = { scheme: 'gsrn', value: '133700000000000053' };
      expect(codeOf(await give({ meteringPoint }))).toBe('ok');
      expect(codeOf(await give({ meteringPoint, meteringPointHash: digestOf('of another verifier') }))).toBe('SHARE_EXCEEDED');
      const melo = (value: string) => ({ meteringPoint: { scheme: 'melo', value }, meteringPointHash: digestOf('m') });
      const code = codeOf(await give(melo('de0001234567890123456789012345678')));
      expect(['IDENTIFIER_SYNTAX', 'SCHEMA_VIOLATION']).toContain(code);
    });

    const another = { ...CLAIMS.entitlement, smartMeter: true };
    const approvedFor = async (applicant: string, claims: JsonObject = CLAIMS.entitlement) => {
      const id = await applyAs(applicant, DSO, 'MeteringPointEntitlement', claims);
      expect(codeOf(await world.engine.approve(DSO, id, 'fine', context()))).toBe('ok');
      return id;
    };
    const entitle = (id: string, ...holders: readonly Holder[]) => redeem(DSO, id, 'MeteringPointEntitlement', ...holders);

    it('is held on by the household that holds it: with the same key, a further key of the same approval, and renewed', async () => {
      const [home, phone] = [createWallet(), createWallet()];
      const id = await approvedFor('anna');
      expect(codeOf(await entitle(id, home))).toBe('ok');
      expect(codeOf(await entitle(await approvedFor('anna', another), home))).toBe('ok');
      const held = first(await entitle(id, home, phone));
      const renewed = await world.engine.renew(DSO, byDigest(held.digest), context());
      expect(codeOf(await entitle(renewed.ok ? renewed.value.applicationId : '', createWallet()))).toBe('ok');
    });

    it('is not held by two for whom the same applicant was written: the second proves a key that holds nothing', async () => {
      expect(codeOf(await entitle(await approvedFor('household'), createWallet()))).toBe('ok');
      expect(codeOf(await entitle(await approvedFor('household', another), createWallet()))).toBe('SHARE_EXCEEDED');
    });

    it('is shared by as many as proved keys, whatever applicant was written for them', async () => {
      const part = (sharePpm: number) => ({ ...CLAIMS.entitlement, sharePpm });
      const [one, two] = [createWallet(), createWallet()];
      const id = await approvedFor('household', part(400_000));
      expect(codeOf(await entitle(id, one, createWallet()))).toBe('ok');
      expect(codeOf(await entitle(await approvedFor('household', part(500_000)), two))).toBe('ok');
      // The first is counted once, with two keys; so 100000 are left, and no more.
      expect(codeOf(await entitle(await approvedFor('another', part(100_000)), createWallet()))).toBe('ok');
      const last = await applyAs('one more', DSO, 'MeteringPointEntitlement', part(1));
      expect(codeOf(await world.engine.approve(DSO, last, 'fine', context()))).toBe('SHARE_EXCEEDED');
    });

    it('goes to the first of two households that were approved at once', async () => {
      const ids: string[] = [];
      for (const name of ['anna', 'bo']) ids.push(await applyAs(name, DSO, 'MeteringPointEntitlement', CLAIMS.entitlement));
      for (const id of ids) expect(codeOf(await world.engine.approve(DSO, id, 'fine', context()))).toBe('ok');
      expect(codeOf(await redeem(DSO, ids[1]!, 'MeteringPointEntitlement', createWallet()))).toBe('ok');
      expect(codeOf(await redeem(DSO, ids[0]!, 'MeteringPointEntitlement', createWallet()))).toBe('SHARE_EXCEEDED');
    });
  });

  it('shares of one device add up to the whole at most', async () => {
    const device = createWallet();
    const birth = first(await world.grant(MAKER, 'DeviceIdentity', CLAIMS.device, device));
    const own = (sharePpm: number) => {
      const claims = { deviceDid: device.did, acquired: 20_500, sharePpm, transferable: true };
      return world.grant(MAKER, 'DeviceOwnership', claims, createWallet(), { evidence: [birth] });
    };
    expect(codeOf(await own(700_000))).toBe('ok');
    expect(codeOf(await own(300_001))).toBe('SHARE_EXCEEDED');
    expect(codeOf(await own(300_000))).toBe('ok');
    expect(codeOf(await own(1))).toBe('SHARE_EXCEEDED');
  });

  describe('a place for a meter', () => {
    const meterClaims = {
      deviceClass: 'smart_meter',
      meteringPointHash: CLAIMS.entitlement.meteringPointHash,
      gridAreaEic: '10YDK-1--------W',
      commissioned: 20_500,
      accuracyClass: 'B',
      obis: ['1-0:1.8.0*255', '1-0:2.8.0*255'],
      sealed: true,
      meterOperatorDid: 'did:web:dso.example',
      readingInterval: 900,
    };
    const born = async () => {
      const meter = createWallet();
      const claims = { ...CLAIMS.device, deviceClass: 'smart_meter' };
      return { meter, birth: first(await world.grant(MAKER, 'DeviceIdentity', claims, meter)) };
    };
    const commission = ({ meter, birth }: Awaited<ReturnType<typeof born>>, claims: JsonObject = {}, holder = meter) =>
      world.grant(DSO, 'DeviceCommissioning', { ...meterClaims, deviceDid: meter.did, ...claims }, holder, {
        evidence: [birth],
        subject: meter.did,
      });

    it('is taken by one meter, until that is taken out', async () => {
      const [one, two] = [await born(), await born()];
      expect(codeOf(await commission(one))).toBe('ok');
      expect(codeOf(await commission(one, {}, createWallet()))).toBe('ok');
      expect(codeOf(await commission(two))).toBe('METERING_POINT_OCCUPIED');
      await world.engine.revoke(DSO, { kind: 'subject', subject: one.meter.did }, 'replaced', context());
      expect(codeOf(await commission(two))).toBe('ok');
    });

    it('is one place for each direction', async () => {
      const [one, two] = [await born(), await born()];
      expect(codeOf(await commission(one, { direction: 'consumption', obis: ['1-0:1.8.0*255'] }))).toBe('ok');
      expect(codeOf(await commission(two, { direction: 'production', obis: ['1-0:2.8.0*255'] }))).toBe('ok');
      expect(codeOf(await commission(await born()))).toBe('METERING_POINT_OCCUPIED');
    });

    it('is one at a time for a meter', async () => {
      const one = await born();
      expect(codeOf(await commission(one))).toBe('ok');
      expect(codeOf(await commission(one, { meteringPointHash: digestOf('elsewhere') }))).toBe('METERING_POINT_OCCUPIED');
    });

    it('has no register that counts against its direction', async () => {
      for (const [direction, obis] of [
        ['consumption', '1-0:2.8.0*255'],
        ['production', '1-0:1.8.0*255'],
      ] as const)
        expect(codeOf(await commission(await born(), { direction, obis: [obis] }))).toBe('SCHEMA_VIOLATION');
    });
  });
});
