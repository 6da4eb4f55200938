import { beforeEach, describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import { byDigest, createRig, first } from './engine-rig.js';
import { CLAIMS, DSO, context, createWallet } from './world.js';
import type { World } from './world.js';

describe('an act of suspension in the log', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });

  it('names its cause, and says where it is of one copy alone', async () => {
    const { digest } = first(await world.grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, createWallet()));
    const from = world.audit.records.length;
    assertOk(await world.engine.suspend(DSO, byDigest(digest), 'under review', context()));
    assertOk(await world.engine.hold(DSO, byDigest(digest), 'transfer:1', context()));
    assertOk(await world.engine.release(DSO, byDigest(digest), 'transfer:1', context()));
    assertOk(await world.engine.resume(DSO, byDigest(digest), 'reviewed', context()));
    assertOk(await world.engine.revokeCopy(DSO, byDigest(digest), 'transfer:1', context()));
    const acts = world.audit.records.slice(from).map(({ action, evidence }) => {
      const { reasonDigest: _reason, ...rest } = evidence;
      return { action, ...rest };
    });
    const credentials = [digest];
    expect(acts).toEqual([
      { action: 'suspend', credentials, cause: 'operator' },
      { action: 'suspend', credentials, cause: 'transfer:1', exact: true },
      { action: 'resume', credentials, cause: 'transfer:1', exact: true },
      { action: 'resume', credentials, cause: 'operator' },
      { action: 'revoke', credentials, exact: true },
    ]);
  });
});
