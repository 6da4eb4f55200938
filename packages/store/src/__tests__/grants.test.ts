import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { Did, Digest, StoredGrant, Thumbprint } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { createGrantRepository, type Store } from '../index.js';

const here = tenantId('gate');
const there = tenantId('other-gate');
const at = instant(1000);
const key = 'key' as Thumbprint;
const grant = (id: string, overrides: Partial<StoredGrant> = {}): StoredGrant => ({
  id,
  channel: 'behind_the_meter',
  holderDid: 'did:jwk:a' as Did,
  holderThumbprint: key,
  holderBoundBy: 'key',
  actor: 'salted:x',
  sessionThumbprint: key,
  responseCodeDigest: `code-${id}` as Digest,
  redeemBy: instant(1060),
  createdAt: at,
  expiresAt: instant(1300),
  policyHash: 'hash' as Digest,
  receipt: { origin: 'log', index: 7, leafHash: 'leaf' as Digest },
  credentials: [
    { type: 'CustomerStatus', digest: 'd' as Digest, issuer: 'did:web:i' as Did, subject: 'did:jwk:a' as Did, validUntil: instant(9999) },
  ],
  status: [{ issuer: 'did:web:i' as Did, references: [{ kind: 'token', uri: 'https://i/1', index: 4 }] }],
  facts: [{ kind: 'value', path: 'CustomerStatus.active', value: true }],
  ...overrides,
});

describe('the grant repository', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());
  const redeem = (id: string, overrides = {}) => ({ responseCodeDigest: `code-${id}` as Digest, sessionThumbprint: key, at, ...overrides });

  it('lets exactly one of many concurrent uses redeem a response code', async () => {
    const grants = createGrantRepository(store);
    await grants.addGrant(here, grant('race'));
    const uses = await Promise.all(Array.from({ length: 8 }, () => grants.redeemGrant(here, redeem('race'))));
    expect(uses.filter(({ ok }) => ok)).toHaveLength(1);
    expect(uses.find(({ ok }) => ok)?.value).toEqual(grant('race'));
  });

  it('does not redeem with another key, another tenant or too late, and the rightful use still works', async () => {
    const grants = createGrantRepository(store);
    await grants.addGrant(here, grant('own'));
    for (const outcome of [
      await grants.redeemGrant(here, redeem('own', { sessionThumbprint: 'thief' })),
      await grants.redeemGrant(there, redeem('own')),
      await grants.redeemGrant(here, redeem('own', { at: instant(1060) })),
    ])
      expect(outcome.refusal?.code).toBe('TOKEN_INVALID');
    expect((await grants.redeemGrant(here, redeem('own'))).ok).toBe(true);
  });

  it('reads a grant only after it was redeemed, before it expires and until it ends', async () => {
    const grants = createGrantRepository(store);
    await grants.addGrant(here, grant('life'));
    expect((await grants.readGrant(here, { id: 'life', at })).refusal?.code).toBe('GRANT_ENDED');
    await grants.redeemGrant(here, redeem('life'));
    expect((await grants.readGrant(here, { id: 'life', at })).value).toEqual(grant('life'));
    expect((await grants.readGrant(there, { id: 'life', at })).refusal?.code).toBe('GRANT_ENDED');
    expect((await grants.readGrant(here, { id: 'life', at: instant(1300) })).refusal?.code).toBe('GRANT_ENDED');
    expect(await grants.endGrant(here, { id: 'life', reason: 'REVOKED', at })).toBe(true);
    expect(await grants.endGrant(here, { id: 'life', reason: 'again', at })).toBe(false);
    expect((await grants.readGrant(here, { id: 'life', at })).refusal).toMatchObject({ code: 'GRANT_ENDED', detail: 'REVOKED' });
  });

  it('holds a grant that does not say how its holder was bound to the stricter way, and reads none that says something else', async () => {
    const grants = createGrantRepository(store);
    const rewrite = async (id: string, change: Record<string, unknown>) => {
      await grants.addGrant(here, grant(id));
      await grants.redeemGrant(here, redeem(id));
      const body = JSON.stringify({ ...grant(id), ...change });
      await store.db.updateTable('grant_session').set({ body }).where('tenant', '=', here).where('id', '=', id).execute();
      return grants.readGrant(here, { id, at });
    };
    expect((await rewrite('of before', { holderBoundBy: undefined })).value).toEqual({ ...grant('of before'), holderBoundBy: 'did' });
    await expect(rewrite('of nobody', { holderBoundBy: 'hearsay' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('forgets the facts of a grant that has ended', async () => {
    const grants = createGrantRepository(store);
    await grants.addGrant(here, grant('facts'));
    await grants.endGrant(here, { id: 'facts', reason: 'left', at });
    const row = await store.db
      .selectFrom('grant_session')
      .select('body')
      .where('tenant', '=', here)
      .where('id', '=', 'facts')
      .executeTakeFirstOrThrow();
    expect(row.body).toBeNull();
  });

  it('ends every grant of one holder and sweeps expired ones', async () => {
    const grants = createGrantRepository(store);
    const holderDid = 'did:jwk:leaver' as Did;
    for (const id of ['l1', 'l2']) await grants.addGrant(there, grant(id, { holderDid }));
    await grants.addGrant(there, grant('stays'));
    expect([...(await grants.endGrantsOf(there, { holderDid, reason: 'left', at }))].sort()).toEqual(['l1', 'l2']);
    expect(await grants.dropExpiredGrants(there, { at: instant(1300), limit: 2 })).toBe(2);
    expect(await grants.dropExpiredGrants(there, { at: instant(1300), limit: 2 })).toBe(1);
  });
});
