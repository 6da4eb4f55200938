import { describe, expect, it } from '@jest/globals';
import { openArchive, sealArchive } from '../archive-seal.js';
import { fromArchiveJson } from '../archive.js';

const PASSPHRASE = 'a passphrase of length';

describe('an archive', () => {
  it('opens with its passphrase alone, whatever its normal form', async () => {
    const sealed = await sealArchive({ a: [1, 'zwei'] }, 'caf\u00e9 au lait');
    expect(await openArchive(sealed, 'cafe\u0301 au lait')).toEqual({ ok: true, value: { a: [1, 'zwei'] } });
    expect((await openArchive(sealed, 'cafe au lait!')).refusal?.code).toBe('ARCHIVE_INVALID');
  });

  it('shows a change of any part', async () => {
    const archive = JSON.parse(await sealArchive({ a: 1 }, PASSPHRASE)) as Record<string, never> & {
      kdf: object;
      cipher: object;
      sealed: string;
    };
    const flip = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
    const changes = [
      { ...archive, sealed: flip(archive.sealed) },
      { ...archive, sealed: archive.sealed.slice(0, -4) },
      { ...archive, more: 1 },
      { ...archive, kdf: { ...archive.kdf, salt: 'AAAAAAAAAAAAAAAAAAAAAA' } },
      { ...archive, cipher: { ...archive.cipher, nonce: 'AAAAAAAAAAAAAAAA' } },
      { ...archive, kdf: { ...archive.kdf, N: 2 } },
      { ...archive, version: 2 },
      { ...archive, sealed: 'x' },
      {},
    ];
    for (const changed of changes) expect((await openArchive(JSON.stringify(changed), PASSPHRASE)).refusal?.code).toBe('ARCHIVE_INVALID');
    expect((await openArchive('{"sealed":1,"sealed":2}', PASSPHRASE)).refusal?.code).toBe('ARCHIVE_INVALID');
  });

  it('is not made under a short passphrase', async () => {
    await expect(sealArchive({}, 'short')).rejects.toThrow('12 characters');
  });

  it('differs each time, though the wallet is the same', async () => {
    expect(await sealArchive({ a: 1 }, PASSPHRASE)).not.toBe(await sealArchive({ a: 1 }, PASSPHRASE));
  });

  it.each([
    ['identity', {}],
    ['relations', { identity: 'pairwise', relations: [{}], credentials: [], disclosures: [] }],
    [
      'credentials',
      {
        identity: 'pairwise',
        relations: [],
        credentials: [{ relationId: 'r', compact: 'x', format: 'dc+sd-jwt', state: 'valid', receivedAt: 1, stateAt: 1 }],
        disclosures: [],
      },
    ],
    ['disclosures', { identity: 'pairwise', relations: [], credentials: [], disclosures: [{ disclosureId: 1 }] }],
  ])('with a damaged inside is refused: %s', (path, json) => {
    expect(fromArchiveJson(json as never).refusal).toMatchObject({ code: 'ARCHIVE_INVALID', detail: path });
  });
});
