import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { SIGNATURE_ALGORITHMS, instant, ok, refuse, tenantId } from '@gridpass/core';
import type { KeyRepository, StoredKey } from '@gridpass/core';
import { generatePrivateJwk, openKeyVault, thumbprintOf, verifySignature } from '../index.js';
import type { KeyEncryptionKey } from '../index.js';

const clock = { now: () => instant(1_800_000_000) };
const dso = tenantId('dso');
const tso = tenantId('tso');
const kek = (id: string, fill: number): KeyEncryptionKey => ({ id, bytes: new Uint8Array(32).fill(fill) });
const MESSAGE = new Uint8Array([1, 2, 3]);

function inMemory(): KeyRepository & { readonly rows: Map<string, StoredKey> } {
  const rows = new Map<string, StoredKey>();
  const at = (tenant: string, keyId: string): string => `${tenant}/${keyId}`;
  return {
    rows,
    insertKey: async (key) => {
      if (rows.has(at(key.tenant, key.keyId))) return refuse('CONFLICT', 'store', 'key');
      rows.set(at(key.tenant, key.keyId), key);
      return ok(true);
    },
    readKey: async (tenant, keyId) => rows.get(at(tenant, keyId)),
    listKeys: async (tenant) => [...rows.values()].filter((row) => row.tenant === tenant),
    deleteKey: async (tenant, keyId) => rows.delete(at(tenant, keyId)),
    listKeysNotUnder: async (kekId, after, count) =>
      [...rows.values()]
        .filter((row) => row.kekId !== kekId && at(row.tenant, row.keyId) > at(after.tenant, after.keyId))
        .sort((a, b) => (at(a.tenant, a.keyId) < at(b.tenant, b.keyId) ? -1 : 1))
        .slice(0, count),
    replaceWrapping: async ({ tenant, keyId, fromKekId, kekId, wrappedDataKey }) => {
      const row = rows.get(at(tenant, keyId));
      if (row === undefined || row.kekId !== fromKekId) return false;
      rows.set(at(tenant, keyId), { ...row, kekId, wrappedDataKey });
      return true;
    },
  };
}

describe('the key vault', () => {
  it.each(SIGNATURE_ALGORITHMS)('makes a key of %s and signs with it, after reopening too', async (alg) => {
    const repository = inMemory();
    const { keyId, publicJwk } = await openKeyVault({ repository, keks: [kek('a', 1)], clock }).createKey(dso, alg, { label: 'issuing' });
    expect(keyId).toBe(thumbprintOf(publicJwk));
    const again = openKeyVault({ repository, keks: [kek('a', 1)], clock });
    const signer = await again.signer(dso, keyId);
    expect(verifySignature(await again.publicJwk(dso, keyId), alg, MESSAGE, await signer.sign(MESSAGE))).toBe(true);
    expect(await again.listKeys(dso)).toEqual([{ keyId, alg, publicJwk, label: 'issuing', createdAt: clock.now() }]);
  });

  it('keeps no private byte in the repository or in print', async () => {
    const repository = inMemory();
    const vault = openKeyVault({ repository, keks: [kek('a', 1)], clock });
    const private_ = generatePrivateJwk('ES256');
    const { keyId } = await vault.importKey(dso, private_);
    expect(await vault.exportKey(dso, keyId)).toEqual(private_);
    const row = repository.rows.get(`dso/${keyId}`);
    const printed = inspect(row, { depth: 9, maxArrayLength: null }) + Buffer.from(row?.sealedPrivateKey ?? []).toString('latin1');
    expect(printed).not.toContain(private_.d);
    expect(inspect(vault, { depth: 9 }) + JSON.stringify(vault)).toBe('KeyVault { sealed }"KeyVault { sealed }"');
  });

  it('does not open a key under a wrong or missing key-encryption key', async () => {
    const repository = inMemory();
    const { keyId } = await openKeyVault({ repository, keks: [kek('a', 1)], clock }).createKey(dso, 'ES256');
    for (const keks of [[kek('a', 2)], [kek('b', 1)]]) {
      await expect(openKeyVault({ repository, keks, clock }).signer(dso, keyId)).rejects.toMatchObject({
        name: 'Fault',
        code: 'KEY_UNAVAILABLE',
      });
    }
  });

  it('does not open a row that was moved to another tenant or key id, or whose public key was swapped', async () => {
    const repository = inMemory();
    const vault = openKeyVault({ repository, keks: [kek('a', 1)], clock });
    const mine = await vault.createKey(dso, 'ES256');
    const other = await vault.createKey(dso, 'ES256');
    const row = await repository.readKey(dso, mine.keyId);
    if (row === undefined) throw new Error('no row');
    for (const moved of [
      { ...row, tenant: tso },
      { ...row, keyId: 'else' },
      { ...row, publicJwk: other.publicJwk },
    ]) {
      repository.rows.set(`${moved.tenant}/${moved.keyId}`, moved);
      await expect(vault.signer(moved.tenant, moved.keyId)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    }
  });

  it('does not open a key with any byte changed', async () => {
    const repository = inMemory();
    const vault = openKeyVault({ repository, keks: [kek('a', 1)], clock });
    const { keyId } = await vault.createKey(dso, 'EdDSA');
    const row = await repository.readKey(dso, keyId);
    if (row === undefined) throw new Error('no row');
    for (const column of ['wrappedDataKey', 'sealedPrivateKey'] as const) {
      for (const index of [0, 15, row[column].length - 1]) {
        repository.rows.set(`dso/${keyId}`, { ...row, [column]: row[column].map((byte, at) => (at === index ? byte ^ 1 : byte)) });
        await expect(vault.signer(dso, keyId)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
      }
      repository.rows.set(`dso/${keyId}`, { ...row, [column]: new Uint8Array(5) });
      await expect(vault.signer(dso, keyId)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    }
  });

  it('rewraps every key of every tenant under the newest key-encryption key, once', async () => {
    const repository = inMemory();
    const old = openKeyVault({ repository, keks: [kek('a', 1)], clock });
    for (let count = 0; count < 120; count += 1) await old.createKey(count % 2 === 0 ? dso : tso, 'EdDSA');
    const both = openKeyVault({ repository, keks: [kek('b', 2), kek('a', 1)], clock });
    expect(await both.rewrapKeys()).toBe(120);
    expect(await both.rewrapKeys()).toBe(0);
    const fresh = openKeyVault({ repository, keks: [kek('b', 2)], clock });
    for (const { keyId } of await fresh.listKeys(tso)) await fresh.signer(tso, keyId);
  });

  it('removes a key for good', async () => {
    const vault = openKeyVault({ repository: inMemory(), keks: [kek('a', 1)], clock });
    const { keyId } = await vault.createKey(dso, 'ES256K', { keyId: 'k' });
    expect(keyId).toBe('k');
    await expect(vault.createKey(dso, 'ES256K', { keyId: 'k' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect([await vault.removeKey(tso, 'k'), await vault.removeKey(dso, 'k'), await vault.removeKey(dso, 'k')]).toEqual([
      false,
      true,
      false,
    ]);
    await expect(vault.signer(dso, 'k')).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    await expect(vault.publicJwk(dso, 'k')).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it.each([
    ['no key-encryption key', []],
    ['a repeated id', [kek('a', 1), kek('a', 2)]],
    ['an empty id', [kek('', 1)]],
    ['a short key', [{ id: 'a', bytes: new Uint8Array(16) }]],
  ])('refuses %s at start', (_name, keks) => {
    expect(() => openKeyVault({ repository: inMemory(), keks, clock })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
