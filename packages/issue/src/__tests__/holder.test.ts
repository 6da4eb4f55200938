import { describe, expect, it } from '@jest/globals';
import { instant, ok } from '@gridpass/core';
import type { Did, DidUrl, Instant, ResolvedKey } from '@gridpass/core';
import { generatePrivateJwk, thumbprintOf, toPublicJwk } from '@gridpass/keys';
import { resolveSubject } from '../rules/holder.js';

const AT = instant(1_795_801_622);
const subject = 'did:web:house.example' as Did;
const publicJwk = toPublicJwk(generatePrivateJwk('ES256'));
const key: ResolvedKey = { id: `${subject}#1` as DidUrl, alg: 'ES256', publicJwk, relationships: ['authentication'] };

describe('the key of a stated subject', () => {
  const resolve = (more: Partial<ResolvedKey>) =>
    resolveSubject(
      {
        resolveDid: () =>
          Promise.resolve(ok({ did: subject, keys: [{ ...key, ...more }], services: [], fetchedAt: AT, documentDigest: '' })),
      },
      { type: 'MarketPartyRole', subject },
      { publicJwk, thumbprint: thumbprintOf(publicJwk) },
      AT,
    );

  it('is one that its document lists for authentication', async () => {
    expect((await resolve({})).value).toBe(subject);
    expect((await resolve({ relationships: ['assertionMethod'] })).refusal?.code).toBe('HOLDER_MISMATCH');
    expect((await resolve({ publicJwk: toPublicJwk(generatePrivateJwk('ES256')) })).refusal?.code).toBe('HOLDER_MISMATCH');
  });

  it('is none that its document has ended', async () => {
    expect((await resolve({ endsAt: (AT + 1) as Instant })).ok).toBe(true);
    expect((await resolve({ endsAt: AT })).refusal?.code).toBe('HOLDER_MISMATCH');
  });
});
