import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { assertOk, tenantId } from '@gridpass/core';
import type { StatusList, StatusReference } from '@gridpass/core';
import { createSeenStatusLists, createStatusRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeClock, createFakeResolver, createParty, openTestStore } from '@gridpass/testkit';
import type { FakeClock, FakeResolver } from '@gridpass/testkit';
import { MAX_DOCUMENT_BYTES } from '../bounds.js';
import { MAX_LIST_SIZE, MIN_LIST_SIZE, createStatusChecker, createStatusIssuer } from '../index.js';
import type { SignedAgeBounds, StatusChecker, StatusIssuer } from '../index.js';
import { buildListDocument } from '../list-document.js';
import { createFakeNetwork } from './fake-network.js';
import type { FakeNetwork } from './fake-network.js';

const VERIFIER = tenantId('verifier');
const FETCHED = 4;
const SIGNED = 300;
const dso = createParty('dso');
const listUri = (tenant: string, listId: string): string => `https://dso.example/${tenant}/status/${listId}`;
const settings = { listSize: MIN_LIST_SIZE, listLifeSeconds: 3_600, ttlSeconds: 10, resignSeconds: 120 };

let tests = 0;
let store: Store;
let clock: FakeClock;
let network: FakeNetwork;
let resolver: FakeResolver;
let issuer: StatusIssuer;
let TENANT = tenantId('dso');

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(() => {
  TENANT = tenantId(`dso-${(tests += 1)}`);
  clock = createFakeClock();
  network = createFakeNetwork();
  resolver = createFakeResolver();
  resolver.publishKey(dso.did, dso.kid, dso.publicJwk);
  issuer = createStatusIssuer({ repository: createStatusRepository(store), clock, settings, listUri });
});

/** A verifier as it starts: nothing in memory, what was seen is in the store. */
const startChecker = (signedAge: SignedAgeBounds = { defaultSeconds: SIGNED }): StatusChecker =>
  createStatusChecker({
    fetch: network,
    resolver,
    clock,
    stalenessBoundSeconds: FETCHED,
    signedAge,
    seen: createSeenStatusLists(store, VERIFIER),
  });
const check = (checker: StatusChecker, reference: StatusReference) =>
  checker.checkStatus({ references: [reference], issuer: dso.did, at: clock.now() });
const publish = async (reference: StatusReference): Promise<{ readonly body: string; readonly etag: string }> => {
  const { body, etag } = assertOk(await issuer.publishList(TENANT, reference.uri.split('/').at(-1) ?? '', dso));
  network.documents.set(reference.uri, { body, etag });
  return { body, etag };
};

describe.each(['dc+sd-jwt', 'vc+jwt'] as const)('whoever stands between the gate and the issuer of a %s', (format) => {
  it.each(['the old list', '"unchanged"'])(
    'holds a revocation back by %s no longer than lists count after their signature',
    async (how) => {
      const checker = startChecker();
      const [reference] = await issuer.allocateStatus(TENANT, format);
      await publish(reference!);
      expect((await check(checker, reference!)).ok).toBe(true);
      const old = network.documents.get(reference!.uri)!;
      assertOk(await issuer.setStatus(TENANT, [reference!], 'revoked'));
      // Without an etag the server repeats the document, with it 304.
      if (how === 'the old list') network.documents.set(reference!.uri, { body: old.body });
      clock.advance(SIGNED - 1);
      const last = assertOk(await check(checker, reference!));
      expect(last[0]?.goodUntil).toBe(clock.now() + 1);
      clock.advance(1);
      await expect(check(checker, reference!)).rejects.toMatchObject({ code: 'STATUS_STALE' });
      await expect(check(startChecker(), reference!)).rejects.toMatchObject({ code: 'STATUS_STALE' });
      await publish(reference!);
      expect(await check(checker, reference!)).toMatchObject({ refusal: { code: 'REVOKED' } });
    },
  );

  it('has no old list taken after a restart, nor by another replica', async () => {
    const [reference] = await issuer.allocateStatus(TENANT, format);
    await publish(reference!);
    const old = network.documents.get(reference!.uri)!;
    const replica = startChecker();
    expect((await check(replica, reference!)).ok).toBe(true);
    assertOk(await issuer.setStatus(TENANT, [reference!], 'revoked'));
    await publish(reference!);
    expect(await check(startChecker(), reference!)).toMatchObject({ refusal: { code: 'REVOKED' } });
    network.documents.set(reference!.uri, old);
    await expect(check(startChecker(), reference!)).rejects.toMatchObject({ code: 'STATUS_STALE' });
    clock.advance(FETCHED);
    await expect(check(replica, reference!)).rejects.toMatchObject({ code: 'STATUS_STALE' });
  });
});

describe('a bound on the age of what an issuer signed', () => {
  it('is that of the issuer where it has one, and cuts the end of a list short without refusing it', async () => {
    const [reference] = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await publish(reference!);
    clock.advance(SIGNED);
    await expect(check(startChecker(), reference!)).rejects.toMatchObject({ code: 'STATUS_STALE' });
    const patient = startChecker({ defaultSeconds: SIGNED, issuers: { [dso.did]: SIGNED + 2 } });
    expect(assertOk(await check(patient, reference!))[0]?.goodUntil).toBe(clock.now() + 2);
  });

  it('is kept by an issuer whose lists do not change', async () => {
    const checker = startChecker();
    const [reference] = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    const first = await publish(reference!);
    clock.advance(settings.resignSeconds - 1);
    expect((await publish(reference!)).body).toBe(first.body);
    clock.advance(1);
    expect((await publish(reference!)).body).not.toBe(first.body);
    for (let hours = 0; hours < 3; hours += 1) {
      clock.advance(3_600);
      await publish(reference!);
      expect((await check(checker, reference!)).ok).toBe(true);
    }
  });

  it('gains nothing from a list whose issuer is ahead, and remembers no time to come', async () => {
    const [reference] = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    clock.advance(FETCHED);
    await publish(reference!);
    clock.advance(-FETCHED);
    expect((await check(startChecker({ defaultSeconds: 2 }), reference!)).ok).toBe(true);
    const seen = await createSeenStatusLists(store, VERIFIER).noteSeen({
      kind: 'token',
      issuer: dso.did,
      uri: reference!.uri,
      age: { issuedAt: clock.now(), version: 1 },
      forgetBefore: clock.now(),
    });
    expect(seen.issuedAt).toBe(clock.now());
  });

  it.each([0, -1, 1.5, NaN, Infinity, 2_592_001])('is not %p', (defaultSeconds) => {
    expect(() => startChecker({ defaultSeconds })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => startChecker({ defaultSeconds: 1, issuers: { [dso.did]: defaultSeconds } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});

describe('the size of a list', () => {
  const startIssuer = (listSize: number): StatusIssuer =>
    createStatusIssuer({ repository: createStatusRepository(store), clock, settings: { ...settings, listSize }, listUri });

  it.each([5_000_000, MAX_LIST_SIZE + 8, MIN_LIST_SIZE - 8, MIN_LIST_SIZE + 1])(
    'is not %d: an issuer makes none that readers refuse',
    (size) => {
      expect(() => startIssuer(size)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    },
  );

  it.each(['token', 'revocation'] as const)(
    'is at most what every reader takes of a %s list, also where it does not compress',
    async (kind) => {
      expect(() => startIssuer(MAX_LIST_SIZE)).not.toThrow();
      const uri = listUri(TENANT, 'full');
      // Random bits do not compress; the last byte is zero, so that the last entry is valid.
      const bits = new Uint8Array(randomBytes(kind === 'token' ? MAX_LIST_SIZE / 4 : MAX_LIST_SIZE / 8));
      bits[bits.length - 1] = 0;
      const list: StatusList = { listId: 'full', kind, size: MAX_LIST_SIZE, version: Number.MAX_SAFE_INTEGER, bits };
      const now = clock.now();
      const body = await buildListDocument({ list, uri, signer: dso, issuedAt: now, expiresAt: (now + 60) as typeof now, ttlSeconds: 10 });
      expect(body.length).toBeLessThanOrEqual(MAX_DOCUMENT_BYTES);
      network.documents.set(uri, { body });
      const index = MAX_LIST_SIZE - 1;
      const reference: StatusReference = kind === 'token' ? { kind, uri, index } : { kind: 'bitstring', purpose: kind, uri, index };
      expect((await check(startChecker(), reference)).ok).toBe(true);
      expect(await check(startChecker(), { ...reference, index: MAX_LIST_SIZE })).toMatchObject({
        refusal: { code: 'STATUS_LIST_INVALID' },
      });
    },
  );
});

describe('the migration that remembers what was seen', () => {
  it('gives no more entries out of a list that is larger than readers take', async () => {
    const tenant = tenantId('large');
    const [before] = await issuer.allocateStatus(tenant, 'dc+sd-jwt');
    await store.db.updateTable('status_list').set({ size: 5_000_000 }).where('tenant', '=', tenant).execute();
    const { MIGRATIONS } = await import('@gridpass/store');
    const migration = MIGRATIONS['026-status-seen']!;
    await migration.down!(store.db as never);
    await migration.up(store.db as never);
    const [after] = await issuer.allocateStatus(tenant, 'dc+sd-jwt');
    expect(after!.uri).not.toBe(before!.uri);
    expect((await issuer.setStatus(tenant, [before!], 'revoked')).ok).toBe(true);
  });
});
