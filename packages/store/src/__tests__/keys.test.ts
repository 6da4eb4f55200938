import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { Did, StoredDid, StoredKey } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { createDidRepository, createKeyRepository } from '../index.js';
import type { Store } from '../index.js';

const dso = tenantId('dso');
const tso = tenantId('tso');
const key = (tenant: typeof dso, keyId: string, kekId = 'a'): StoredKey => ({
  tenant,
  namespace: 'issuing',
  keyId,
  kekId,
  alg: 'ES256',
  publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
  label: 'l',
  wrappedDataKey: Uint8Array.of(1, 0, 255),
  sealedPrivateKey: Uint8Array.of(2),
  sealVersion: 2,
  createdAt: instant(5),
});
const did = (text: string, alias = ''): StoredDid => ({
  tenant: dso,
  did: text as Did,
  alias,
  provider: 'did:key',
  keyNamespace: 'owning',
  controllerKeyId: 'k1',
  keyIds: ['k1', 'k2'],
  services: [{ id: '#s', type: 'T', endpoint: 'https://dso.example' }],
  createdAt: instant(7),
});

describe('keys and DIDs in the store', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('gives back a key as it was put in, to its tenant alone', async () => {
    const keys = createKeyRepository(store);
    expect(await keys.insertKey(key(dso, 'one'))).toEqual({ ok: true, value: true });
    expect((await keys.insertKey(key(dso, 'one'))).refusal?.code).toBe('CONFLICT');
    expect(await keys.readKey(key(dso, 'one'))).toEqual(key(dso, 'one'));
    const others = [key(tso, 'one'), { ...key(dso, 'one'), namespace: 'holding' as const }];
    for (const other of others) {
      expect(await keys.readKey(other)).toBeUndefined();
      expect(await keys.listKeys(other.tenant, other.namespace)).toEqual([]);
      expect(await keys.deleteKey(other)).toBe(false);
    }
    expect([await keys.deleteKey(key(dso, 'one')), await keys.deleteKey(key(dso, 'one'))]).toEqual([true, false]);
  });

  it('walks over the keys under other key-encryption keys and swaps each wrapping once', async () => {
    const keys = createKeyRepository(store);
    for (const [tenant, keyId, kekId] of [
      [tso, 'b', 'a'],
      [dso, 'c', 'a'],
      [dso, 'd', 'b'],
      [dso, 'e', 'a'],
    ] as const)
      await keys.insertKey(key(tenant, keyId, kekId));
    const sampled = async (count: number) => (await keys.sampleKeysOfEachKek(count)).filter(({ keyId }) => 'bcde'.includes(keyId));
    expect((await sampled(2)).map((k) => [k.kekId, k.keyId])).toEqual([
      ['a', 'c'],
      ['a', 'e'],
      ['b', 'd'],
    ]);
    const first = await keys.listKeysNotUnder('b', { tenant: '', namespace: '', keyId: '' }, 2);
    expect(first.map((k) => [k.tenant, k.keyId])).toEqual([
      ['dso', 'c'],
      ['dso', 'e'],
    ]);
    expect(
      (await keys.listKeysNotUnder('b', { tenant: 'dso', namespace: 'issuing', keyId: 'e' }, 2)).map((k) => [k.tenant, k.keyId]),
    ).toEqual([['tso', 'b']]);
    const after = { kekId: 'b', wrappedDataKey: Uint8Array.of(9), sealedPrivateKey: Uint8Array.of(2), sealVersion: 2 as const };
    expect([await keys.replaceSeals(key(dso, 'c'), after), await keys.replaceSeals(key(dso, 'c'), after)]).toEqual([true, false]);
    expect(await keys.readKey(key(dso, 'c'))).toMatchObject({ kekId: 'b', wrappedDataKey: Uint8Array.of(9) });
    await keys.insertKey({ ...key(tso, 'old', 'a'), sealVersion: 1 });
    const unbound = await keys.listKeysSealedWithoutNamespace(['a'], { tenant: '', namespace: '', keyId: '' }, 9);
    expect(unbound.map(({ keyId }) => keyId)).toEqual(['old']);
    expect(await keys.listKeysSealedWithoutNamespace(['b'], { tenant: '', namespace: '', keyId: '' }, 9)).toEqual([]);
  });

  it('keeps DIDs with an alias that is unique where given', async () => {
    const dids = createDidRepository(store);
    expect((await dids.saveDid(did('did:key:a', 'main'))).ok).toBe(true);
    expect((await dids.saveDid(did('did:key:b', 'main'))).refusal?.code).toBe('CONFLICT');
    expect((await dids.saveDid(did('did:key:b'))).ok).toBe(true);
    expect((await dids.saveDid(did('did:key:c'))).ok).toBe(true);
    expect(await dids.readDidByAlias(dso, 'main')).toEqual(did('did:key:a', 'main'));
    expect(await dids.readDidByAlias(dso, '')).toBeUndefined();
    expect((await dids.saveDid({ ...did('did:key:a', 'renamed'), keyIds: ['k1'] })).ok).toBe(true);
    expect(await dids.readDid(dso, 'did:key:a' as Did)).toEqual({ ...did('did:key:a', 'renamed'), keyIds: ['k1'] });
    expect((await dids.listDids(dso)).map((d) => d.did)).toEqual(['did:key:a', 'did:key:b', 'did:key:c']);
    expect(await dids.listDids(tso)).toEqual([]);
    expect([await dids.deleteDid(dso, 'did:key:b' as Did), await dids.deleteDid(dso, 'did:key:b' as Did)]).toEqual([true, false]);
  });
});
