import { beforeEach, describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import type { CredentialHandle, IssuedRecord, TenantId } from '@gridpass/core';
import { byDigest, codeOf, createRig, first } from './engine-rig.js';
import { CLAIMS, DSO, MAKER, MARKET, REGULATOR, ROOT, SUPPLIER, context, operator } from './world.js';
import type { World } from './world.js';

const ALL = [ROOT, REGULATOR, DSO, SUPPLIER, MAKER, MARKET];

describe('what a revocation would do', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });

  const states = async (): Promise<ReadonlyMap<string, IssuedRecord>> => {
    const pages = await Promise.all(ALL.map((tenant) => world.engine.listCredentials(tenant, { kind: 'all' }, { limit: 50 }, operator)));
    return new Map(pages.flatMap((page) => assertOk(page).rows).map((row) => [row.digest, row]));
  };
  /** What has changed since, by tenant, state and type. */
  const changedSince = async (before: ReadonlyMap<string, IssuedRecord>): Promise<readonly string[]> => {
    const changed = [...(await states()).values()].filter(({ digest, state }) => before.get(digest)?.state !== state);
    return changed.map(({ tenant, state, type }) => `${tenant} ${state} ${type}`).sort();
  };
  const told = async (tenant: TenantId, handle: CredentialHandle) => {
    const { credentials, applications, falls, complete } = assertOk(await world.engine.previewRevoke(tenant, handle, operator));
    const lines = [...credentials.map((one) => ({ ...one, tenant, what: 'revoked' })), ...falls].flatMap(
      ({ tenant: whose, what, type, count }) => Array.from({ length: count }, () => `${whose} ${what} ${type}`),
    );
    return { lines: lines.sort(), applications, complete };
  };
  const admitted = async () => {
    const { home, meter, h1, h2, d1, commissioning } = await rig.household();
    const d3 = first(await world.grant(DSO, 'DeviceCommissioning', commissioning, home, { evidence: [d1], subject: meter.did }));
    const admission = first(await world.grant(MARKET, 'MarketChannelAdmission', CLAIMS.admission, home, { evidence: [h1, h2, d3] }));
    return { h2, admission };
  };

  it('is what it then does: revoked is what stands on a prerequisite, suspended what stands on an authority', async () => {
    const { h2 } = await admitted();
    for (const [tenant, handle] of [
      [DSO, byDigest(h2.digest)],
      [REGULATOR, { kind: 'party', party: { scheme: 'eic', value: '44X-000000000253' } }],
    ] as const) {
      const [before, lines] = [await states(), await told(tenant, handle)];
      expect(lines.complete).toBe(true);
      expect(lines.lines.length).toBeGreaterThan(1);
      const { closed } = assertOk(await world.engine.revoke(tenant, handle, 'gone', context()));
      expect([await changedSince(before), closed.length]).toEqual([lines.lines, lines.applications]);
    }
  });

  it('changes nothing, and stands in no log', async () => {
    const { h2 } = await admitted();
    const [before, entries] = [await states(), world.audit.records.length];
    await told(DSO, byDigest(h2.digest));
    expect([await states(), world.audit.records.length]).toEqual([before, entries]);
  });

  it('is told to who may revoke alone, and of the own credentials', async () => {
    const { h2, admission } = await admitted();
    const reader = { ...operator, duties: ['read'] as const };
    expect(codeOf(await world.engine.previewRevoke(DSO, byDigest(h2.digest), reader))).toBe('POLICY_DENIED');
    expect(codeOf(await world.engine.previewRevoke(DSO, byDigest(admission.digest), operator))).toBe('NOT_FOUND');
  });
});
