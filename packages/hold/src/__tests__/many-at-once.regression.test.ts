import { describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { WalletRelation, WalletRepository } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createFaces } from '../faces.js';

/** How many ask at once: more than any fixed number of attempts would do for. */
const MANY = 12;

describe('a wallet that many audiences meet at once', () => {
  it('gives each a face of its own, after those that were quicker', async () => {
    const faces: WalletRelation[] = [];
    const repository = {
      relations: async () => [...faces],
      credentials: async () => [],
      keepRelation: async (_tenant: unknown, face: WalletRelation) => void faces.push(face),
      assignRelation: async (_tenant: unknown, { relationId, audience }: { relationId: string; audience: string }) => {
        const at = faces.findIndex((face) => face.relationId === relationId && face.audience === undefined);
        if (at !== -1) faces[at] = { ...faces[at]!, audience };
        return at !== -1;
      },
    } as unknown as WalletRepository;
    const keys = {
      createKey: async (_alg: unknown, { label }: { label: string }) => ({
        keyId: label,
        publicJwk: createSigner(generatePrivateJwk('ES256')).publicJwk,
      }),
    };
    const { faceFor, openFaces } = createFaces({
      tenant: tenantId('house'),
      identity: { kind: 'pairwise', spareFaces: MANY, keys } as never,
      repository,
      clock: { now: () => instant(1_790_000_000) },
    });
    await openFaces();
    const given = await Promise.all(Array.from({ length: MANY }, (_, turn) => faceFor(`did:web:${String(turn)}.example`)));
    expect(new Set(given.map(({ relationId }) => relationId)).size).toBe(MANY);
  });
});
