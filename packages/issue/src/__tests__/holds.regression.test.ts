import { beforeEach, describe, expect, it } from '@jest/globals';
import { Fault, assertOk } from '@gridpass/core';
import type { CredentialFormat, TenantId } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { createExchangeSessionRepository } from '@gridpass/store';
import { byDigest, codeOf, createRig, first } from './engine-rig.js';
import { CLAIMS, DSO, MARKET, REGULATOR, SUPPLIER, context, createWallet, createWorld, operator } from './world.js';
import type { Holder, World } from './world.js';

const PAGE = { limit: 50 };

describe('what was revoked or suspended', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await rig.store().db.deleteFrom('exchange_offer').execute();
    await world.accredit();
  });

  let offers = 0;
  const approved = async (
    holder: Holder,
    tenant: TenantId = DSO,
    subject = holder.did,
    point: string = CLAIMS.entitlement.meteringPointHash,
  ) => {
    const claims = { ...CLAIMS.entitlement, meteringPointHash: point };
    const wish = { applicant: holder.did, type: 'MeteringPointEntitlement' as const, claims, evidence: [], subject };
    const { applicationId } = assertOk(await world.engine.submitApplication(tenant, { ...wish, requestId: context().requestId }));
    assertOk(await world.engine.approve(tenant, applicationId, 'fine', context()));
    return applicationId;
  };
  const redeem = (applicationId: string, holder: Holder, more: { readonly offerId?: string; readonly format?: CredentialFormat } = {}) =>
    world.engine.issueTo(DSO, {
      offerId: more.offerId ?? `offer-${(offers += 1)}`,
      applicationId,
      type: 'MeteringPointEntitlement',
      format: more.format ?? 'dc+sd-jwt',
      holderKeys: [holder.key],
      requestId: context().requestId,
    });
  const keepOffer = async (applicationId: string, offerId: string) =>
    createExchangeSessionRepository(rig.store()).keepOffer(DSO, {
      offerId,
      codeDigest: `code of ${offerId}` as never,
      configurationIds: ['x'],
      reference: applicationId,
      attempts: 3,
      expiresAt: (world.clock.now() + 86_400) as never,
    });
  const active = async (tenant: TenantId = DSO) =>
    assertOk(await world.engine.listCredentials(tenant, { kind: 'active', at: world.clock.now() }, PAGE, operator)).rows;

  describe('is not to be had again', () => {
    it.each(['another offer', 'the same offer', 'a renewal', 'an approval of the same wish'] as const)('by %s made before', async (way) => {
      const home = createWallet();
      const application = await approved(home);
      const held = first(await redeem(application, home, { offerId: 'first' }));
      const again =
        way === 'a renewal'
          ? assertOk(await world.engine.renew(DSO, byDigest(held.digest), context())).applicationId
          : way === 'an approval of the same wish'
            ? await approved(home)
            : application;
      assertOk(await world.engine.revoke(DSO, byDigest(held.digest), 'superseded', context()));
      const asked = await redeem(again, home, way === 'the same offer' ? { offerId: 'first' } : {});
      expect(codeOf(asked)).toBe('STATUS_FINAL');
      expect(await active()).toEqual([]);
    });

    it('with another key, and no copy of the same approval stands', async () => {
      const home = createWallet();
      const application = await approved(home);
      await redeem(application, home);
      const held = first(await redeem(application, home));
      const change = assertOk(await world.engine.revoke(DSO, byDigest(held.digest), 'moved out', context()));
      expect(change.closed).toEqual([application]);
      expect(codeOf(await redeem(application, createWallet()))).not.toBe('ok');
      expect(await active()).toEqual([]);
    });

    it('by an organisation in another format', async () => {
      const issued = first(
        await world.grant(REGULATOR, 'MarketPartyRole', { ...CLAIMS.balance, party: CLAIMS.market.party }, world.signers['market']!, {
          format: 'vc+jwt',
        }),
      );
      const [record] = assertOk(await world.engine.findCredentials(REGULATOR, byDigest(issued.digest), operator));
      assertOk(await world.engine.revoke(REGULATOR, byDigest(issued.digest), 'licence withdrawn', context()));
      const { publicJwk } = world.signers['market']!;
      const asked = await world.engine.issueTo(REGULATOR, {
        offerId: 'first',
        applicationId: record!.applicationId,
        type: 'MarketPartyRole',
        format: 'dc+sd-jwt',
        holderKeys: [{ publicJwk, thumbprint: record!.holderThumbprint }],
        requestId: context().requestId,
      });
      expect(codeOf(asked)).toBe('STATUS_FINAL');
    });

    it('when it fell with its prerequisite', async () => {
      const { home, meter, h1, h2, d1, commissioning } = await rig.household();
      const d3 = first(await world.grant(DSO, 'DeviceCommissioning', commissioning, home, { evidence: [d1], subject: meter.did }));
      const admission = first(await world.grant(MARKET, 'MarketChannelAdmission', CLAIMS.admission, home, { evidence: [h1, h2, d3] }));
      const renewal = assertOk(await world.engine.renew(MARKET, byDigest(admission.digest), context()));
      assertOk(await world.engine.revoke(DSO, byDigest(h2.digest), 'moved out', context()));
      expect(assertOk(await world.engine.readApplication(MARKET, renewal.applicationId)).state).toBe('closed');
      expect(await active(MARKET)).toEqual([]);
    });

    it('from an approval from which nothing was issued yet; what waits for a decision goes on waiting', async () => {
      const [home, other] = [createWallet(), createWallet()];
      const application = await approved(home);
      const stranger = await approved(other, DSO, other.did, digestOf('another point'));
      const change = assertOk(await world.engine.revoke(DSO, { kind: 'subject', subject: home.did }, 'moved out', context()));
      expect(change).toMatchObject({ changed: 0, closed: [application] });
      expect(codeOf(await redeem(application, home))).toBe('STATUS_FINAL');
      expect(codeOf(await redeem(stranger, other))).toBe('ok');
      const later = await approved(home);
      expect(codeOf(await redeem(later, home))).toBe('ok');
    });
  });

  it('is held back while it is suspended, by whatever way, and to be had once that is lifted', async () => {
    const home = createWallet();
    const application = await approved(home);
    const held = first(await redeem(application, home));
    const renewal = assertOk(await world.engine.renew(DSO, byDigest(held.digest), context())).applicationId;
    assertOk(await world.engine.suspend(DSO, byDigest(held.digest), 'inquiry', context()));
    for (const way of [application, renewal]) expect(codeOf(await redeem(way, home))).toBe('SUSPENDED');
    expect(await active()).toEqual([]);
    assertOk(await world.engine.resume(DSO, byDigest(held.digest), 'cleared', context()));
    expect(codeOf(await redeem(renewal, home))).toBe('ok');
  });

  it('does not depend on the order in which two replicas are asked', async () => {
    const other = createWorld(
      rig.store(),
      { statusIssuer: world.statusFake.statusIssuer, status: world.statusFake.status },
      world.signers as never,
    );
    for (let round = 0; round < 5; round += 1) {
      const home = createWallet();
      const application = await approved(home);
      const held = first(await redeem(application, home));
      await Promise.all([
        redeem(application, home),
        other.engine.revoke(DSO, byDigest(held.digest), 'moved out', context()),
        redeem(application, createWallet()),
      ]);
      expect(await active()).toEqual([]);
    }
  });

  describe('an approval that is stopped', () => {
    it('gives nothing more, its offers are withdrawn, and the log says by whom', async () => {
      const home = createWallet();
      const application = await approved(home);
      first(await redeem(application, home));
      await keepOffer(application, 'open');
      expect(codeOf(await world.engine.reject(DSO, application, 'stop', context()))).toBe('CONFLICT');
      expect(assertOk(await world.engine.close(DSO, application, 'stop', context())).state).toBe('closed');
      expect(codeOf(await world.engine.close(DSO, application, 'stop', context()))).toBe('ok');
      expect(codeOf(await redeem(application, home, { offerId: 'open' }))).toBe('STATUS_FINAL');
      expect(assertOk(await world.engine.listOffers(DSO, application, PAGE, operator)).rows).toMatchObject([
        { offerId: 'open', withdrawn: { by: 'ops', reason: 'stop' } },
      ]);
      expect(world.audit.records.filter(({ action }) => action === 'close')).toMatchObject([
        { actor: 'ops', evidence: { applicationId: application, offers: ['open'] } },
      ]);
      // What stands is revoked by an act of its own.
      expect(await active()).toHaveLength(1);
    });

    it('or an offer that is withdrawn: neither its code nor a token of it gives anything', async () => {
      const home = createWallet();
      const application = await approved(home);
      await keepOffer(application, 'one');
      const sessions = createExchangeSessionRepository(rig.store());
      const token = { tokenDigest: 'token' as never, expiresAt: (world.clock.now() + 300) as never };
      const attempt = { codeDigest: 'code of one' as never, at: world.clock.now(), token };
      expect(codeOf(await sessions.redeemOffer(DSO, attempt))).toBe('ok');
      for (const _again of [1, 2]) expect(codeOf(await world.engine.withdrawOffer(DSO, 'one', 'wrong person', context()))).toBe('ok');
      expect(codeOf(await sessions.readToken(DSO, { tokenDigest: token.tokenDigest, at: world.clock.now() }))).toBe('TOKEN_INVALID');
      expect(codeOf(await redeem(application, home, { offerId: 'one' }))).toBe('OFFER_UNKNOWN');
      expect(world.audit.records.filter(({ action }) => action === 'withdraw')).toHaveLength(1);
      expect(codeOf(await world.engine.withdrawOffer(SUPPLIER, 'one', 'not mine', context()))).toBe('NOT_FOUND');
      await keepOffer(application, 'two');
      expect(codeOf(await world.engine.withdrawOffer(DSO, 'two', 'wrong person', context()))).toBe('ok');
      expect(codeOf(await sessions.redeemOffer(DSO, { ...attempt, codeDigest: 'code of two' as never }))).toBe('OFFER_UNKNOWN');
      expect(codeOf(await redeem(application, home, { offerId: 'three' }))).toBe('ok');
    });
  });

  it('is not taken back with the offer that was redeemed: a withdrawal is refused until the credential is revoked', async () => {
    const home = createWallet();
    const application = await approved(home);
    await keepOffer(application, 'one');
    const held = first(await redeem(application, home, { offerId: 'one' }));
    const refused = await world.engine.withdrawOffer(DSO, 'one', 'wrong person', context());
    expect(refused).toMatchObject({ refusal: { code: 'CONFLICT', detail: expect.stringContaining('revoke that credential') } });
    const offerOf = async () => assertOk(await world.engine.listOffers(DSO, application, PAGE, operator)).rows[0];
    expect((await offerOf())?.withdrawn).toBeUndefined();
    expect(world.audit.records.filter(({ action }) => action === 'withdraw')).toEqual([]);
    // A suspended one may stand again.
    assertOk(await world.engine.suspend(DSO, byDigest(held.digest), 'inquiry', context()));
    expect(codeOf(await world.engine.withdrawOffer(DSO, 'one', 'wrong person', context()))).toBe('CONFLICT');
    assertOk(await world.engine.revokeCopy(DSO, byDigest(held.digest), 'wrong person', context()));
    expect(codeOf(await world.engine.withdrawOffer(DSO, 'one', 'wrong person', context()))).toBe('ok');
    expect((await offerOf())?.withdrawn).toMatchObject({ reason: 'wrong person' });
  });

  it('keeps who approved it and why beside who closed it', async () => {
    const home = createWallet();
    const application = await approved(home);
    const held = first(await redeem(application, home));
    const approval = { decidedBy: 'ops', reason: 'fine', decidedAt: world.clock.now() };
    world.clock.advance(60);
    const other = { ...context(), operator: { ...operator, name: 'night shift' } };
    assertOk(await world.engine.revoke(DSO, byDigest(held.digest), 'moved out', other));
    const closed = { by: 'night shift', reason: 'moved out', at: world.clock.now() };
    expect(assertOk(await world.engine.readApplication(DSO, application))).toMatchObject({ state: 'closed', ...approval, closed });
    // Rejected after it was approved: the same.
    const next = await approved(createWallet(), DSO, undefined, digestOf('elsewhere'));
    assertOk(await world.engine.reject(DSO, next, 'after all', other));
    expect(assertOk(await world.engine.readApplication(DSO, next))).toMatchObject({
      state: 'rejected',
      decidedBy: 'ops',
      reason: 'fine',
      closed: { by: 'night shift', reason: 'after all' },
    });
  });

  it('is answered as done when what follows hits a fault; that goes on by itself and is shown until then', async () => {
    const { home, meter, d1, h2, commissioning } = await rig.household();
    const d3 = first(await world.grant(DSO, 'DeviceCommissioning', commissioning, home, { evidence: [d1], subject: meter.did }));
    const { statusIssuer } = world.statusFake;
    const broken = new Set<string>(['dso']);
    const failing: World = createWorld(
      rig.store(),
      {
        status: world.statusFake.status,
        statusIssuer: {
          ...statusIssuer,
          setStatus: async (tenant, references, state, options) => {
            if (broken.has(tenant)) throw new Fault('STORE_UNAVAILABLE', 'the store of the test is down');
            return statusIssuer.setStatus(tenant, references, state, options);
          },
        },
      },
      world.signers as never,
    );
    const change = assertOk(await failing.engine.revoke('maker' as TenantId, byDigest(d1.digest), 'recall', context()));
    // One step for what was issued on it, one for what was issued under it.
    expect(change).toMatchObject({ changed: 1, pending: 2, records: [{ state: 'revoked' }] });
    expect(assertOk(await failing.engine.listPending(DSO, operator))).toMatchObject([
      { what: 'revoked', of: d1.digest },
      { what: 'revoked', of: d1.digest },
    ]);
    await expect(failing.engine.deliverNews()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    broken.clear();
    // Another replica carries it on.
    await world.engine.recover();
    expect(assertOk(await world.engine.listPending(DSO, operator))).toEqual([]);
    const stateOf = async (digest: typeof d3.digest) =>
      assertOk(await world.engine.findCredentials(DSO, byDigest(digest), operator))[0]?.state;
    expect([await stateOf(d3.digest), await stateOf(h2.digest)]).toEqual(['revoked', 'active']);
  });
});
