import { beforeEach, describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import type { CredentialHandle, Did, JsonObject } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { byDigest, codeOf, createRig, first } from './engine-rig.js';
import { toOrderedClaims } from '../rules/claims.js';
import { CLAIMS, DSO, SUPPLIER, context, createWallet, operator } from './world.js';
import type { Holder, World } from './world.js';

// Who applied is a text. Which key was proven is not.
describe('what was revoked or suspended is not to be had again by the same key under another applicant', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });

  let offers = 0;
  const approved = async (applicant: string, more: { readonly subject?: Did; readonly claims?: JsonObject } = {}) => {
    const { subject, claims = CLAIMS.customer } = more;
    const wish = { applicant, type: 'CustomerStatus' as const, claims, evidence: [], requestId: context().requestId };
    const input = subject === undefined ? wish : { ...wish, subject };
    const { applicationId } = assertOk(await world.engine.submitApplication(SUPPLIER, input));
    assertOk(await world.engine.approve(SUPPLIER, applicationId, 'fine', context()));
    return applicationId;
  };
  const redeem = (applicationId: string, ...holders: readonly Holder[]) =>
    world.engine.issueTo(SUPPLIER, {
      offerId: `same-key-${String((offers += 1))}`,
      applicationId,
      type: 'CustomerStatus',
      format: 'dc+sd-jwt',
      holderKeys: holders.map(({ key }) => key),
      requestId: context().requestId,
    });
  const stateOf = async (applicationId: string) => assertOk(await world.engine.readApplication(SUPPLIER, applicationId)).state;
  const standing = async () =>
    assertOk(await world.engine.listCredentials(SUPPLIER, { kind: 'active', at: world.clock.now() }, { limit: 50 }, operator)).rows;

  describe.each(['no subject stated', 'the subject stated by the first', 'the subject stated by the second'] as const)('%s', (stated) => {
    const two = async (home: Holder) => {
      const subject = { subject: home.did };
      return [
        await approved('anna', stated === 'the subject stated by the first' ? subject : {}),
        await approved('bo', stated === 'the subject stated by the second' ? subject : {}),
      ] as const;
    };

    it.each(['digest', 'subject'] as const)('revoked by %s', async (by) => {
      const home = createWallet();
      const [one, other] = await two(home);
      const held = first(await redeem(one, home));
      const handle: CredentialHandle = by === 'digest' ? byDigest(held.digest) : { kind: 'subject', subject: home.did };
      assertOk(await world.engine.revoke(SUPPLIER, handle, 'superseded', context()));
      expect(codeOf(await redeem(other, home))).toBe('STATUS_FINAL');
      expect(await standing()).toEqual([]);
    });

    it('suspended, until it stands again', async () => {
      const home = createWallet();
      const [one, other] = await two(home);
      const held = first(await redeem(one, home));
      assertOk(await world.engine.suspend(SUPPLIER, byDigest(held.digest), 'inquiry', context()));
      expect(codeOf(await redeem(other, home))).toBe('SUSPENDED');
      assertOk(await world.engine.resume(SUPPLIER, byDigest(held.digest), 'cleared', context()));
      expect(codeOf(await redeem(other, home))).toBe('ok');
    });

    it('revoked with what the same key was issued already', async () => {
      const home = createWallet();
      const [one, other] = await two(home);
      const held = first(await redeem(one, home));
      first(await redeem(other, home));
      const change = assertOk(await world.engine.revoke(SUPPLIER, byDigest(held.digest), 'moved out', context()));
      expect(change.changed).toBe(2);
      expect([await stateOf(one), await stateOf(other)]).toEqual(['closed', 'closed']);
      expect(await standing()).toEqual([]);
    });
  });

  it('nor where a list of the claims stands in another order', () => {
    expect(toOrderedClaims({ roleCodes: ['A12', 'A08'], asked: [{ claims: ['b', 'a'], type: 'T' }], at: 1 })).toEqual({
      roleCodes: ['A08', 'A12'],
      asked: [{ claims: ['a', 'b'], type: 'T' }],
      at: 1,
    });
  });

  it('nor with the subject of the approval that another approval states and nobody redeemed', async () => {
    const home = createWallet();
    const [one, other] = [await approved('anna'), await approved('bo', { subject: home.did })];
    const held = first(await redeem(one, home));
    const change = assertOk(await world.engine.revoke(SUPPLIER, byDigest(held.digest), 'moved out', context()));
    expect(change.closed).toEqual([one, other].sort());
  });

  it('nor beside another key', async () => {
    const [home, more] = [createWallet(), createWallet()];
    const [one, other] = [await approved('anna'), await approved('bo')];
    const held = first(await redeem(one, home));
    assertOk(await world.engine.revoke(SUPPLIER, byDigest(held.digest), 'moved out', context()));
    expect(codeOf(await redeem(other, more, home))).toBe('STATUS_FINAL');
    expect(codeOf(await redeem(other, more))).toBe('ok');
  });

  it('nor after the claims of what was revoked were erased', async () => {
    const home = createWallet();
    const [one, other] = [await approved('anna'), await approved('bo')];
    const held = first(await redeem(one, home));
    assertOk(await world.engine.revoke(SUPPLIER, byDigest(held.digest), 'moved out', context()));
    world.clock.advance(world.parts.settings.claimsRetentionSeconds + 1);
    expect(await world.engine.purgeClaims()).toBeGreaterThan(0);
    expect(codeOf(await redeem(other, home))).toBe('STATUS_FINAL');
  });

  it('nor what was superseded before the approval, once its application is closed after it', async () => {
    const [k1, k2] = [createWallet(), createWallet()];
    const one = await approved('anna');
    const older = first(await redeem(one, k1));
    const newer = first(await redeem(one, k2));
    const [superseded] = assertOk(await world.engine.findCredentials(SUPPLIER, byDigest(older.digest), operator));
    expect(superseded).toMatchObject({ state: 'revoked', reason: 'superseded' });
    const other = await approved('bo');
    assertOk(await world.engine.revoke(SUPPLIER, byDigest(newer.digest), 'moved out', context()));
    expect([await stateOf(one), await stateOf(other)]).toEqual(['closed', 'approved']);
    expect(codeOf(await redeem(other, k1))).toBe('STATUS_FINAL');
    expect(codeOf(await redeem(await approved('dan'), k1))).toBe('ok');
  });

  it('nor what was superseded by a renewal that is revoked after it, once the claims of the renewed one were erased', async () => {
    const [k1, k2] = [createWallet(), createWallet()];
    const one = await approved('anna');
    const older = first(await redeem(one, k1));
    const renewal = assertOk(await world.engine.renew(SUPPLIER, byDigest(older.digest), context()));
    const newer = first(await redeem(renewal.applicationId, k2));
    world.clock.advance(world.parts.settings.claimsRetentionSeconds + 1);
    await world.engine.purgeClaims();
    expect(assertOk(await world.engine.readApplication(SUPPLIER, one)).purgedAt).toBeDefined();
    const other = await approved('bo');
    assertOk(await world.engine.revoke(SUPPLIER, byDigest(newer.digest), 'moved out', context()));
    expect(codeOf(await redeem(other, k1))).toBe('STATUS_FINAL');
  });

  it('nor what was superseded, once the newer one is revoked after it, and its application was closed before it', async () => {
    const [k1, k2] = [createWallet(), createWallet()];
    const one = await approved('anna');
    assertOk(await redeem(one, k1));
    const newer = first(await redeem(one, k2));
    assertOk(await world.engine.close(SUPPLIER, one, 'no more of it', context()));
    const other = await approved('bo');
    assertOk(await world.engine.revoke(SUPPLIER, byDigest(newer.digest), 'moved out', context()));
    expect(codeOf(await redeem(other, k1))).toBe('STATUS_FINAL');
    expect(codeOf(await redeem(other, createWallet()))).toBe('ok');
    expect(codeOf(await redeem(await approved('dan'), k1))).toBe('ok');
  });

  it('nor where the seconds of a database of before cannot tell which came first', async () => {
    const home = createWallet();
    const one = await approved('anna');
    const held = first(await redeem(one, home));
    assertOk(await world.engine.revoke(SUPPLIER, byDigest(held.digest), 'moved out', context()));
    const other = await approved('bo');
    const { db } = rig.store();
    const setOrder = (order: number) =>
      db.updateTable('issue_application').set({ decided_order: order }).where('application_id', '=', other).execute();
    await db.updateTable('issued_credential').set({ state_order: -7 }).where('digest', '=', held.digest).execute();
    await db.updateTable('issue_application').set({ closed_order: -7 }).where('application_id', '=', one).execute();
    await setOrder(-7);
    expect(codeOf(await redeem(other, home))).toBe('STATUS_FINAL');
    await setOrder(-6);
    expect(codeOf(await redeem(other, home))).toBe('ok');
  });

  it('nor told to be suspended alone, where more of it was revoked', async () => {
    const home = createWallet();
    const [one, two, other] = [await approved('anna'), await approved('bo'), await approved('carla')];
    const suspended = first(await redeem(one, home));
    const revoked = first(await redeem(two, home));
    assertOk(await world.engine.suspend(SUPPLIER, byDigest(suspended.digest), 'inquiry', context()));
    const erased = { claims: '{}', claims_digest: '', purged_at: 1 };
    await rig.store().db.updateTable('issue_application').set(erased).where('application_id', '=', one).execute();
    expect(codeOf(await redeem(other, home))).toBe('SUSPENDED');
    assertOk(await world.engine.revoke(SUPPLIER, byDigest(revoked.digest), 'moved out', context()));
    expect(codeOf(await redeem(other, home))).toBe('STATUS_FINAL');
  });

  it('but by a decision that came after it, in the same second too', async () => {
    const home = createWallet();
    const one = await approved('anna');
    const held = first(await redeem(one, home));
    assertOk(await world.engine.revoke(SUPPLIER, byDigest(held.digest), 'by mistake', context()));
    expect(codeOf(await redeem(await approved('bo'), home))).toBe('ok');
  });

  it('and other claims, another key, another type and what a newer one took the place of hold nothing back', async () => {
    const [home, neighbour] = [createWallet(), createWallet()];
    const [one, other, more] = [
      await approved('anna'),
      await approved('bo'),
      await approved('carla', { claims: { ...CLAIMS.customer, customerKind: 'small' } }),
    ];
    const held = first(await redeem(one, home));
    // The first of the two is superseded by the second.
    const newer = first(await redeem(one, home));
    expect(codeOf(await redeem(other, home))).toBe('ok');
    assertOk(await world.engine.revoke(SUPPLIER, byDigest(newer.digest), 'moved out', context()));
    expect(held.digest).not.toBe(newer.digest);
    expect(codeOf(await redeem(more, home))).toBe('ok');
    expect(codeOf(await redeem(await approved('dan'), neighbour))).toBe('ok');
    const point = { ...CLAIMS.entitlement, meteringPointHash: digestOf('of another type') };
    expect(codeOf(await world.grant(DSO, 'MeteringPointEntitlement', point, home))).toBe('ok');
  });
});
