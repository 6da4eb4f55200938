import { describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import { byDigest, codeOf, first } from './engine-rig.js';
import { createReplicas } from './two-replicas.js';
import { CLAIMS, SUPPLIER, context, createWallet, operator } from './world.js';
import type { Holder, World } from './world.js';

const ROUNDS = 6;

// One key and two approvals under two names, on two replicas over one PostgreSQL at the same moment.
describe('of a redemption and a change of state for the same key at once', () => {
  const { replicas } = createReplicas();

  let names = 0;
  const approved = async () => {
    const wish = { applicant: `name ${String((names += 1))}`, type: 'CustomerStatus' as const, claims: CLAIMS.customer, evidence: [] };
    const { applicationId } = assertOk(await replicas()[0].engine.submitApplication(SUPPLIER, { ...wish, requestId: context().requestId }));
    assertOk(await replicas()[0].engine.approve(SUPPLIER, applicationId, 'fine', context()));
    return applicationId;
  };
  const redeem = ({ engine }: World, applicationId: string, { key }: Holder) =>
    engine.issueTo(SUPPLIER, {
      offerId: `of ${applicationId}`,
      applicationId,
      type: 'CustomerStatus',
      format: 'dc+sd-jwt',
      holderKeys: [key],
      requestId: context().requestId,
    });
  const statesOf = async ({ did }: Holder) =>
    assertOk(await replicas()[0].engine.findCredentials(SUPPLIER, { kind: 'subject', subject: did }, operator)).map(({ state }) => state);

  const order = { redeem: ['redeem', 'change'], change: ['change', 'redeem'] } as const;
  it.each(['redeem', 'change'] as const)('nothing stands after a revocation, the %s asked for first', async (asked) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const home = createWallet();
      const [one, other] = [await approved(), await approved()];
      const held = first(await redeem(replicas()[0], one, home));
      const acts = {
        redeem: () => redeem(replicas()[0], other, home),
        change: () => replicas()[1].engine.revoke(SUPPLIER, byDigest(held.digest), 'moved out', context()),
      };
      const outcomes = await Promise.all(order[asked].map((act) => acts[act]()));
      expect(outcomes.map(codeOf).filter((code) => code !== 'ok' && code !== 'STATUS_FINAL')).toEqual([]);
      expect((await statesOf(home)).filter((state) => state !== 'revoked')).toEqual([]);
      expect(codeOf(await redeem(replicas()[0], other, home))).toBe('STATUS_FINAL');
    }
  });

  it.each(['redeem', 'change'] as const)('nothing is active after a suspension, the %s asked for first', async (asked) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const home = createWallet();
      const [one, other] = [await approved(), await approved()];
      const held = first(await redeem(replicas()[0], one, home));
      const acts = {
        redeem: () => redeem(replicas()[0], other, home),
        change: () => replicas()[1].engine.suspend(SUPPLIER, byDigest(held.digest), 'inquiry', context()),
      };
      const outcomes = await Promise.all(order[asked].map((act) => acts[act]()));
      expect(outcomes.map(codeOf).filter((code) => code !== 'ok' && code !== 'SUSPENDED')).toEqual([]);
      expect((await statesOf(home)).filter((state) => state !== 'suspended')).toEqual([]);
    }
  });

  it('nothing stands after a revocation by subject that comes between two redemptions', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const home = createWallet();
      const [one, other] = [await approved(), await approved()];
      const handle = { kind: 'subject', subject: home.did } as const;
      const [, , revoked] = await Promise.all([
        redeem(replicas()[0], one, home),
        redeem(replicas()[1], other, home),
        replicas()[1].engine.revoke(SUPPLIER, handle, 'moved out', context()),
      ]);
      // It came before either, between the two, or after both; it never leaves one behind and ends the other.
      const states = new Set(await statesOf(home));
      expect(codeOf(revoked)).toBe(states.has('revoked') ? 'ok' : 'NOT_FOUND');
      expect(states.size).toBe(1);
    }
  });
});
