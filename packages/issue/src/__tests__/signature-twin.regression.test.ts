import { beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { twinOf } from '@gridpass/testkit';
import { byDigest, codeOf, createRig, first } from './engine-rig.js';
import { CLAIMS, DSO, MAKER, MARKET, context, operator } from './world.js';
import type { World } from './world.js';

describe('what is issued on another spelling of a signature', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });
  const stateOf = async (tenant: typeof DSO, digest: Parameters<typeof byDigest>[0]) => {
    const found = await world.engine.findCredentials(tenant, byDigest(digest), operator);
    return found.ok ? found.value[0]?.state : undefined;
  };

  /** All that an admission needs, in the hands of one household. */
  const admissible = async () => {
    const { home, meter, h1, h2, d1, commissioning } = await rig.household();
    const options = { evidence: [d1], subject: meter.did };
    const d3 = first(await world.grant(DSO, 'DeviceCommissioning', commissioning, home, options));
    return { home, h2, evidence: [h1, h2, d3] };
  };

  it('falls with its prerequisite', async () => {
    const { home, h2, evidence } = await admissible();
    const twins = evidence.map((shown) => ({ ...shown, compact: twinOf(shown.compact) }));
    const admission = first(await world.grant(MARKET, 'MarketChannelAdmission', CLAIMS.admission, home, { evidence: twins }));
    expect(codeOf(await world.engine.revoke(DSO, byDigest(h2.digest), 'moved out', context()))).toBe('ok');
    expect(await stateOf(MARKET, admission.digest)).toBe('revoked');
  });

  it('falls with a prerequisite whose record has the handle of before', async () => {
    const { home, meter, d1, commissioning } = await rig.household();
    const [jwt = ''] = d1.compact.split('~');
    const former = digestOf(jwt);
    await rig.store().db.updateTable('issued_credential').set({ digest: former }).where('digest', '=', d1.digest).execute();
    const options = { evidence: [{ ...d1, compact: twinOf(d1.compact) }], subject: meter.did };
    const issued = first(await world.grant(DSO, 'DeviceCommissioning', commissioning, home, options));
    await world.engine.suspend(MAKER, byDigest(former), 'recall', context());
    expect(await stateOf(DSO, issued.digest)).toBe('suspended');
    await world.engine.revoke(MAKER, byDigest(former), 'recall', context());
    expect(await stateOf(DSO, issued.digest)).toBe('revoked');
  });

  it('is not issued once the record of the prerequisite is revoked, whatever an old status answer says', async () => {
    const { home, h1, h2 } = await rig.household();
    await world.engine.revoke(DSO, byDigest(h2.digest), 'moved out', context());
    world.statusFake.marks.clear();
    const twins = [h1, h2].map((shown) => ({ ...shown, compact: twinOf(shown.compact) }));
    expect(codeOf(await world.grant(MARKET, 'MarketChannelAdmission', CLAIMS.admission, home, { evidence: twins }))).toBe(
      'PREREQUISITE_MISSING',
    );
  });
});
