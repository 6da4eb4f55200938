import { describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { Did, Digest, IssuanceRepository, TransactionHandle } from '@gridpass/core';
import { holdGrounds } from '../engine/parents.js';
import { ENGINE_SETTINGS } from '../engine/parts.js';

describe('what a new credential stands on', () => {
  const [both, other] = ['both' as Digest, 'other' as Digest];
  const repository = { shareIssued: async () => [], shareWatched: async () => 'valid' } as unknown as IssuanceRepository;
  const hold = (ended: readonly Digest[]) =>
    holdGrounds(
      { repository, tenants: [], settings: ENGINE_SETTINGS },
      {
        tenant: tenantId('dso'),
        at: instant(1),
        targets: [{ entitlement: { authority: { uri: 'https://issuer.example/a', digest: both }, authorityStatus: [] } }],
        evidence: [both, other].map((digest) => ({
          digest,
          issuer: 'did:web:maker.example' as Did,
          status: [],
          type: 'SystemOperatorRole' as const,
        })),
        ended: ended.map((digest) => ({ digest })),
      },
      {} as TransactionHandle,
    );

  it('is a prerequisite where it is authority and prerequisite in one', async () => {
    expect(await hold([])).toEqual({
      ok: true,
      value: [
        [
          { dependsOn: both, kind: 'prerequisite' },
          { dependsOn: other, kind: 'prerequisite' },
        ],
      ],
    });
  });

  it('is nothing that ends by the very issuance', async () => {
    expect(await hold([other])).toMatchObject({ ok: false, refusal: { code: 'PREREQUISITE_MISSING' } });
  });
});
