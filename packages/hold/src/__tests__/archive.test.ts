import { describe, expect, it } from '@jest/globals';
import { openArchive, sealArchive } from '../archive-seal.js';
import { fromArchiveJson } from '../archive.js';
import type { JsonObject } from '@gridpass/core';
import { toDidJwk } from '@gridpass/did';
import { generatePrivateJwk, thumbprintOf, toPublicJwk } from '@gridpass/keys';

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

describe('what is read of an archive', () => {
  const jwks = [generatePrivateJwk('ES256'), generatePrivateJwk('ES256')] as const;
  const face = (n: 0 | 1, more: JsonObject = {}): JsonObject => ({
    relationId: `r${n}`,
    did: toDidJwk(toPublicJwk(jwks[n])),
    thumbprint: thumbprintOf(toPublicJwk(jwks[n])),
    createdAt: 5,
    privateJwk: { ...jwks[n] },
    ...more,
  });
  const shown = (more: JsonObject = {}): JsonObject => ({
    disclosureId: 'd0',
    at: 5,
    relationId: 'r0',
    verifier: 'did:web:market.example',
    responseUri: 'https://market.example/r',
    shown: [],
    answer: 'sent',
    ...more,
  });
  const wallet = (more: JsonObject = {}): JsonObject => ({
    identity: 'pairwise',
    relations: [face(0, { audience: 'https://a.example' }), face(1)],
    credentials: [],
    disclosures: [shown()],
    ...more,
  });
  const firm = (more: JsonObject = {}): JsonObject => {
    const { privateJwk: _, ...rest } = face(0);
    return { ...rest, did: 'did:web:dso.example', audience: '*', ...more };
  };

  it('is a whole wallet, by names and keys of its own', () => {
    expect(fromArchiveJson(wallet())).toMatchObject({ ok: true, value: { relations: [{ relation: { relationId: 'r0' } }, {}] } });
    expect(fromArchiveJson(wallet({ identity: 'single', relations: [firm()] }))).toMatchObject({ ok: true });
    // The version before wrote a name for the key; it is read over.
    expect(fromArchiveJson(wallet({ relations: [face(0, { keyId: 'audit-log' })] }))).toMatchObject({
      ok: true,
      value: { relations: [{ relation: expect.not.objectContaining({ keyId: expect.anything() }) }] },
    });
  });

  it.each<[string, string, JsonObject]>([
    ['a face twice', 'relations', { relations: [face(0), face(1, { relationId: 'r0' })] }],
    ['a key twice', 'relations', { relations: [face(0), face(0, { relationId: 'r1' })] }],
    [
      'an audience twice',
      'relations',
      { relations: [face(0, { audience: 'https://a.example' }), face(1, { audience: 'https://a.example' })] },
    ],
    ['a face for everybody in a wallet of a person', 'relations', { relations: [face(0, { audience: '*' })] }],
    ['a DID that is not its key', 'relations', { relations: [face(0, { did: face(1)['did'] ?? '' })] }],
    ['a DID of an organisation in a wallet of a person', 'relations', { relations: [face(0, { did: 'did:web:dso.example' })] }],
    ['a thumbprint that is not its key', 'relations', { relations: [face(0, { thumbprint: face(1)['thumbprint'] ?? '' })] }],
    ['a face without its key', 'relations', { relations: [{ ...firm(), did: face(0)['did'] ?? '' }] }],
    [
      'two DIDs of one organisation',
      'relations',
      {
        identity: 'single',
        relations: [
          firm(),
          { ...firm(), relationId: 'r1', thumbprint: face(1)['thumbprint'] ?? '', audience: '*was:r1', did: 'did:web:tso.example' },
        ],
      },
    ],
    ['a member that is not read in a face', 'relations', { relations: [face(0, { more: 1 })] }],
    ['a member that is not read', 'members', { more: 1 }],
    ['more faces than a wallet has', 'relations', { relations: Array.from({ length: 4_097 }, () => face(0)) }],
    ['a disclosure by no face', 'disclosures', { disclosures: [shown({ relationId: 'r9' })] }],
    ['a disclosure twice', 'disclosures', { disclosures: [shown(), shown()] }],
    ['a member that is not read in a disclosure', 'disclosures', { disclosures: [shown({ more: 1 })] }],
    ['a text without end', 'disclosures', { disclosures: [shown({ verifier: 'v'.repeat(65_537) })] }],
  ])('is nothing where it holds %s', (_name, path, more) => {
    expect(fromArchiveJson(wallet(more)).refusal).toMatchObject({ code: 'ARCHIVE_INVALID', detail: path });
  });
});
