import { beforeEach, describe, expect, it } from '@jest/globals';
import { Fault, assertOk } from '@gridpass/core';
import type { Digest } from '@gridpass/core';
import { byDigest, createRig, first } from './engine-rig.js';
import { DSO, MAKER, SUPPLIER, context, createWorld, operator } from './world.js';
import type { World } from './world.js';

/** More than one call tries of failing steps, and more than it lists at once. */
const FAILING = 101;

describe('a step that fails', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });

  const news = (about: string, dueAt = world.clock.now()) => ({
    tenant: SUPPLIER,
    entryId: `of ${about}`,
    kind: 'news' as const,
    body: { what: 'revoked', digest: about, kind: 'prerequisite', job: 'j' },
    dueAt,
  });
  const add = (...abouts: readonly string[]) =>
    world.parts.repository.inTransaction((tx) =>
      world.parts.repository.addToOutbox(
        abouts.map((about) => news(about)),
        tx,
      ),
    );

  it('takes its turn after the others: more of them than a call tries hold up nothing for ever', async () => {
    const { repository } = world.parts;
    const failing = createWorld(
      rig.store(),
      {
        status: world.statusFake.status,
        statusIssuer: world.statusFake.statusIssuer,
        repository: {
          ...repository,
          findDependantApplications: async (tenant, digest, tx) => {
            if (digest.startsWith('broken')) throw new Fault('STORE_UNAVAILABLE', 'the store of the test is down');
            return repository.findDependantApplications(tenant, digest, tx);
          },
        },
      },
      world.signers as never,
    );
    await add(...Array.from({ length: FAILING }, (_, index) => `broken ${String(index)}`), 'sound');
    const waiting = async () => assertOk(await failing.engine.listPending(SUPPLIER, operator)).map(({ of }) => of as string);
    await expect(failing.engine.deliverNews()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await waiting()).toContain('sound');
    await expect(failing.engine.deliverNews()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await waiting()).not.toContain('sound');
    expect(await waiting()).toHaveLength(FAILING);
    // Mended, all of them are done by one call.
    expect(await world.engine.deliverNews()).toBe(FAILING);
    expect(await waiting()).toEqual([]);
  });

  it('holds up what came later about the same credential, although that failed less often', async () => {
    const { home, meter, d1, commissioning } = await rig.household();
    const d3 = first(await world.grant(DSO, 'DeviceCommissioning', commissioning, home, { evidence: [d1], subject: meter.did }));
    const { repository } = world.parts;
    const broken = new Set<Digest>([d1.digest]);
    const failing = createWorld(
      rig.store(),
      {
        status: world.statusFake.status,
        statusIssuer: world.statusFake.statusIssuer,
        repository: {
          ...repository,
          lockDependants: async (tenant, digest, tx) => {
            if (broken.has(digest)) throw new Fault('STORE_UNAVAILABLE', 'the store of the test is down');
            return repository.lockDependants(tenant, digest, tx);
          },
        },
      },
      world.signers as never,
    );
    assertOk(await failing.engine.suspend(MAKER, byDigest(d1.digest), 'inquiry', context()));
    assertOk(await failing.engine.resume(MAKER, byDigest(d1.digest), 'cleared', context()));
    const due = () => repository.listDueEntries(DSO, 'news', world.clock.now(), 10);
    expect((await due()).map(({ body }) => body['what'])).toEqual(['suspended']);
    broken.clear();
    expect(await failing.engine.deliverNews()).toBe(2);
    const [record] = assertOk(await world.engine.findCredentials(DSO, byDigest(d3.digest), operator));
    expect(record).toMatchObject({ state: 'active', causes: [] });
  });
});
