import { beforeEach, describe, expect, it } from '@jest/globals';
import { Fault, assertOk } from '@gridpass/core';
import type { Digest, TenantId } from '@gridpass/core';
import { byDigest, createRig, first } from './engine-rig.js';
import { DSO, MAKER, SUPPLIER, context, createWorld, operator } from './world.js';
import type { World } from './world.js';

/** More than one call tries of failing steps, and more than it lists at once. */
const FAILING = 101;
const BROKEN = Array.from({ length: FAILING }, (_, index) => `broken ${String(index)}`);

describe('a step that fails', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });

  const news = (about: string, tenant: TenantId) => ({
    tenant,
    entryId: `of ${about}`,
    kind: 'news' as const,
    body: { what: 'revoked', digest: about, kind: 'prerequisite', job: 'j' },
    dueAt: world.clock.now(),
  });
  const add = (abouts: readonly string[], tenant: TenantId = SUPPLIER) =>
    world.parts.repository.inTransaction((tx) =>
      world.parts.repository.addToOutbox(
        abouts.map((about) => news(about, tenant)),
        tx,
      ),
    );

  /** What stands on anything named so cannot be read. */
  const failingWorld = (): World => {
    const { repository } = world.parts;
    return createWorld(
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
  };

  it('takes its turn after the others: more of them than a call tries hold up nothing for ever', async () => {
    const failing = failingWorld();
    await add([...BROKEN, 'sound']);
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

  it.each([
    [SUPPLIER, DSO],
    [DSO, SUPPLIER],
  ])('of %s holds up nothing of %s, however many of them there are', async (troubled, sound) => {
    const failing = failingWorld();
    await add(BROKEN, troubled);
    await add(['sound'], sound);
    const waiting = async (tenant: TenantId) => assertOk(await failing.engine.listPending(tenant, operator)).length;
    await expect(failing.engine.deliverNews()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect([await waiting(troubled), await waiting(sound)]).toEqual([FAILING, 0]);
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
