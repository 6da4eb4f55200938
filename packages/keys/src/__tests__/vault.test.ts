import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { SIGNATURE_ALGORITHMS, instant, tenantId } from '@gridpass/core';
import { generatePrivateJwk, openKeyVault, thumbprintOf, verifySignature } from '../index.js';
import type { KeyEncryptionKey } from '../index.js';
import { inMemory } from './in-memory.js';

const clock = { now: () => instant(1_800_000_000) };
const dso = tenantId('dso');
const tso = tenantId('tso');
const kek = (id: string, fill: number): KeyEncryptionKey => ({ id, bytes: new Uint8Array(32).fill(fill) });
const MESSAGE = new Uint8Array([1, 2, 3]);

describe('the key vault', () => {
  it.each(SIGNATURE_ALGORITHMS)('makes a key of %s and signs with it, after reopening too', async (alg) => {
    const repository = inMemory();
    const { keyId, publicJwk } = await openKeyVault({ repository, keks: [kek('a', 1)], clock })
      .keysOf(dso, 'issuing')
      .createKey(alg, { label: 'issuing' });
    expect(keyId).toBe(thumbprintOf(publicJwk));
    const again = openKeyVault({ repository, keks: [kek('a', 1)], clock }).keysOf(dso, 'issuing');
    const signer = await again.signer(keyId);
    expect(verifySignature(await again.publicJwk(keyId), alg, MESSAGE, await signer.sign(MESSAGE))).toBe(true);
    expect(await again.listKeys()).toEqual([{ keyId, alg, publicJwk, label: 'issuing', createdAt: clock.now() }]);
  });

  it('keeps no private byte in the repository or in print', async () => {
    const repository = inMemory();
    const vault = openKeyVault({ repository, keks: [kek('a', 1)], clock });
    const private_ = generatePrivateJwk('ES256');
    const faces = vault.keysOf(dso, 'holding');
    const { keyId } = await faces.importKey(private_);
    expect(await faces.exportKey(keyId)).toEqual(private_);
    const row = repository.rows.get(`dso/holding/${keyId}`);
    const printed = inspect(row, { depth: 9, maxArrayLength: null }) + Buffer.from(row?.sealedPrivateKey ?? []).toString('latin1');
    expect(printed).not.toContain(private_.d);
    expect(inspect(vault, { depth: 9 }) + JSON.stringify(vault)).toBe('KeyVault { sealed }"KeyVault { sealed }"');
    expect(inspect(faces, { depth: 9 }) + JSON.stringify(faces)).toBe('TenantKeys { sealed }"TenantKeys { sealed }"');
  });

  it('does not open a key under a wrong or missing key-encryption key', async () => {
    const repository = inMemory();
    const { keyId } = await openKeyVault({ repository, keks: [kek('a', 1)], clock })
      .keysOf(dso, 'issuing')
      .createKey('ES256');
    for (const keks of [[kek('a', 2)], [kek('b', 1)]]) {
      await expect(openKeyVault({ repository, keks, clock }).keysOf(dso, 'issuing').signer(keyId)).rejects.toMatchObject({
        name: 'Fault',
        code: 'KEY_UNAVAILABLE',
      });
    }
  });

  it('says which key-encryption key is missing or wrong before anything is asked of it', async () => {
    const repository = inMemory();
    const check = (...keks: readonly KeyEncryptionKey[]) => openKeyVault({ repository, keks, clock }).checkKeks();
    // Where there are no keys yet, any will do.
    await check(kek('a', 1));
    const made = async (id: string, fill: number) =>
      openKeyVault({ repository, keks: [kek(id, fill)], clock })
        .keysOf(dso, 'holding')
        .createKey('ES256');
    const first = [await made('a', 1), await made('a', 1), await made('a', 1), await made('a', 1)];
    await made('b', 2);
    await check(kek('a', 1), kek('b', 2));
    await check(kek('c', 3), kek('b', 2), kek('a', 1));
    await expect(check(kek('a', 1))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^keyEncryptionKeys: .* b, which/u),
    });
    await expect(check(kek('a', 1), kek('b', 1))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^keyEncryptionKeys: b does not open/u),
    });
    // One that is damaged is nobody else's trouble; where none of the first three opens, it is the key-encryption key.
    const [one = '', two = '', three = ''] = first.map(({ keyId }) => `dso/holding/${keyId}`).sort();
    const damage = (at: string) => repository.rows.set(at, { ...repository.rows.get(at)!, wrappedDataKey: new Uint8Array(60) });
    damage(one);
    damage(two);
    await check(kek('a', 1), kek('b', 2));
    damage(three);
    await expect(check(kek('a', 1), kek('b', 2))).rejects.toMatchObject({ message: expect.stringContaining(' a does not open') });
  });

  it('does not open a row that was moved to another tenant, purpose or key id, or whose public key was swapped', async () => {
    const repository = inMemory();
    const vault = openKeyVault({ repository, keks: [kek('a', 1)], clock });
    const keys = vault.keysOf(dso, 'issuing');
    const [mine, other] = [await keys.createKey('ES256'), await keys.createKey('ES256')];
    const row = await repository.readKey({ tenant: dso, namespace: 'issuing', keyId: mine.keyId });
    if (row === undefined) throw new Error('no row');
    for (const moved of [
      { ...row, tenant: tso },
      { ...row, namespace: 'holding' as const },
      { ...row, sealVersion: 1 as const },
      { ...row, keyId: 'else' },
      { ...row, publicJwk: other.publicJwk },
    ]) {
      repository.rows.set(`${moved.tenant}/${moved.namespace}/${moved.keyId}`, moved);
      await expect(vault.keysOf(moved.tenant, moved.namespace).signer(moved.keyId)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    }
  });

  it('does not open a key with any byte changed', async () => {
    const repository = inMemory();
    const vault = openKeyVault({ repository, keks: [kek('a', 1)], clock }).keysOf(dso, 'log');
    const { keyId } = await vault.createKey('EdDSA');
    const row = await repository.readKey({ tenant: dso, namespace: 'log', keyId });
    if (row === undefined) throw new Error('no row');
    for (const column of ['wrappedDataKey', 'sealedPrivateKey'] as const) {
      for (const index of [0, 15, row[column].length - 1]) {
        repository.rows.set(`dso/log/${keyId}`, { ...row, [column]: row[column].map((byte, at) => (at === index ? byte ^ 1 : byte)) });
        await expect(vault.signer(keyId)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
      }
      repository.rows.set(`dso/log/${keyId}`, { ...row, [column]: new Uint8Array(5) });
      await expect(vault.signer(keyId)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    }
  });

  it('rewraps every key of every tenant under the newest key-encryption key, once', async () => {
    const repository = inMemory();
    const old = openKeyVault({ repository, keks: [kek('a', 1)], clock });
    for (let count = 0; count < 120; count += 1) await old.keysOf(count % 2 === 0 ? dso : tso, 'issuing').createKey('EdDSA');
    const both = openKeyVault({ repository, keks: [kek('b', 2), kek('a', 1)], clock });
    expect(await both.rewrapKeys()).toBe(120);
    expect(await both.rewrapKeys()).toBe(0);
    const fresh = openKeyVault({ repository, keks: [kek('b', 2)], clock }).keysOf(tso, 'issuing');
    for (const { keyId } of await fresh.listKeys()) await fresh.signer(keyId);
  });

  it('removes a key for good', async () => {
    const vault = openKeyVault({ repository: inMemory(), keks: [kek('a', 1)], clock });
    const keys = vault.keysOf(dso, 'owning');
    const { keyId } = await keys.createKey('ES256K', { keyId: 'k' });
    expect(keyId).toBe('k');
    await expect(keys.createKey('ES256K', { keyId: 'k' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect([await vault.keysOf(tso, 'owning').removeKey('k'), await keys.removeKey('k'), await keys.removeKey('k')]).toEqual([
      false,
      true,
      false,
    ]);
    await expect(keys.signer('k')).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    await expect(keys.publicJwk('k')).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
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
