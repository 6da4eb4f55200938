import { beforeEach, describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import { createRig } from './engine-rig.js';
import { CLAIMS, SUPPLIER, context, createWorld } from './world.js';
import type { World } from './world.js';

describe('acts that a crash left behind', () => {
  const rig = createRig();
  let world: World;
  let other: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
    other = createWorld(rig.store(), { clock: world.clock, audit: world.parts.audit }, world.signers as never);
  });

  const applied = () => world.audit.records.filter(({ action }) => action === 'apply').length;
  const leaveOne = async (): Promise<number> => {
    const before = applied();
    world.audit.failing = true;
    const wish = { applicant: 'anna', type: 'CustomerStatus' as const, claims: CLAIMS.customer, evidence: [] };
    await expect(world.engine.submitApplication(SUPPLIER, { ...wish, requestId: context().requestId })).rejects.toThrow('the log is down');
    return before;
  };

  it('are brought into the log once by however many replicas that recover at once', async () => {
    const before = await leaveOne();
    world.audit.failing = false;
    world.clock.advance(60);
    const recovered = await Promise.all([world, other, world, other].map(({ engine }) => engine.recover()));
    expect(recovered.reduce((sum, { acts }) => sum + acts, 0)).toBe(1);
    expect(applied()).toBe(before + 1);
  });

  it('are not lost with the replica that took them', async () => {
    const before = await leaveOne();
    world.clock.advance(60);
    await expect(world.engine.recover()).rejects.toThrow('the log is down');
    world.audit.failing = false;
    expect((await other.engine.recover()).acts).toBe(0);
    world.clock.advance(60);
    expect((await other.engine.recover()).acts).toBe(1);
    expect(applied()).toBe(before + 1);
    expect(assertOk(await world.engine.listPending(SUPPLIER, context().operator))).toEqual([]);
  });
});
