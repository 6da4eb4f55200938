import { describe, expect, it } from '@jest/globals';
import { instant, ok, tenantId, type HeldCredential, type JsonObject } from '@gridpass/core';
import { generatePrivateJwk } from '@gridpass/keys';
import { createArchiveTurns, createHolder } from '../index.js';

const PASSPHRASE = 'a long enough passphrase';
const [own, ...others] = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => tenantId(name));
/** All that an export of two faces reads, in its order. */
const READINGS = ['faces', 'key of 0', 'key of 1', 'credentials', 'disclosures'] as const;

/** A person's wallet of two faces that tells what is read of it; `during` is done within each reading. */
function given(during: (reading: string) => void) {
  const sealed: string[] = [];
  const read: string[] = [];
  const archives = createArchiveTurns({
    sealArchive: async (_content: JsonObject, passphrase: string) => {
      sealed.push(passphrase);
      return 'sealed';
    },
    openArchive: async () => ok({}),
  });
  const reading = async <T>(name: string, value: T): Promise<T> => {
    read.push(name);
    during(name);
    return value;
  };
  const faces = ['0', '1'].map((id) => ({ relationId: id, keyId: id, did: `did:jwk:${id}`, thumbprint: id, createdAt: instant(1) }));
  const credentials: readonly HeldCredential[] = [];
  const holder = createHolder({
    tenant: own,
    identity: {
      kind: 'pairwise',
      spareFaces: 0,
      keys: { exportKey: (keyId: string) => reading(`key of ${keyId}`, generatePrivateJwk('ES256')) },
    },
    repository: {
      relations: () => reading('faces', faces),
      credentials: () => reading('credentials', credentials),
      disclosures: () => reading('disclosures', []),
    },
    clock: { now: () => instant(1) },
    archives,
  } as never);
  return { archives, holder, read, sealed };
}

describe('an export whose place in the line went to another wallet', () => {
  it.each(READINGS)('reads nothing more after its %s', async (last) => {
    const taken: Promise<unknown>[] = [];
    const { archives, holder, read, sealed } = given((reading) => {
      if (reading !== last || taken.length > 0) return;
      // The fifth that waits takes the place of the wallet that was served last.
      for (const tenant of others) taken.push(archives.seal(tenant, async () => ({}), `passphrase of ${tenant}`));
    });
    await archives.seal(own!, async () => ({}), PASSPHRASE);
    expect(await holder.exportArchive(PASSPHRASE)).toMatchObject({ refusal: { code: 'RATE_LIMITED' } });
    expect(read).toEqual(READINGS.slice(0, READINGS.indexOf(last) + 1));
    expect(await Promise.all(taken)).toEqual(others.map(() => ok('sealed')));
    expect(sealed).toEqual([PASSPHRASE, ...others.map((tenant) => `passphrase of ${tenant}`)]);
    // Its place is free: it may ask again.
    expect(await holder.exportArchive(PASSPHRASE)).toEqual(ok('sealed'));
    expect(read.slice(-READINGS.length)).toEqual(READINGS);
  });

  it('says what else went wrong with its reading', async () => {
    const { archives, holder } = given((reading) => {
      if (reading !== 'credentials') return;
      for (const tenant of others) void archives.seal(tenant, async () => ({}), PASSPHRASE);
      throw new TypeError('a mistake of ours');
    });
    await archives.seal(own!, async () => ({}), PASSPHRASE);
    await expect(holder.exportArchive(PASSPHRASE)).rejects.toThrow('a mistake of ours');
  });
});
