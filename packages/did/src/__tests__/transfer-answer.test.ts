import { describe, expect, it } from '@jest/globals';
import { assertOk, instant, ok } from '@gridpass/core';
import type { Did, DidResolverPort, DidSigner, DidUrl, Instant, JsonObject, JsonValue, ResolvedKey } from '@gridpass/core';
import { createSigner, generatePrivateJwk, parseCompactJws, signCompactJws } from '@gridpass/keys';
import { proveTransferAnswer, signTransferAnswer } from '../lifecycle/transfer-offer.js';
import type { TransferOffer } from '../lifecycle/transfer-offer.js';

const at = instant(1_795_801_622);
const to = 'did:web:buyer.example' as Did;
const buyer: DidSigner = { ...createSigner(generatePrivateJwk('ES256')), did: to, kid: `${to}#key-1` as DidUrl };
const offer: TransferOffer = {
  transferId: '0123456789abcdef',
  did: 'did:ethr:0x7a69:0x0000000000000000000000000000000000000001' as Did,
  to,
  chainId: 31_337,
  registry: `0x${'0'.repeat(40)}`,
  owner: `0x${'1'.repeat(40)}`,
  nonce: 0,
  expiresAt: instant(at + 900),
};
const key: ResolvedKey = { id: buyer.kid, alg: 'ES256', publicJwk: buyer.publicJwk, relationships: ['authentication'] };

const resolverOf = (did: Did, keys: readonly ResolvedKey[]): DidResolverPort => ({
  resolveDid: () => Promise.resolve(ok({ did, keys, services: [], fetchedAt: at, documentDigest: '' })),
});

async function prove(claims: JsonObject, keys: readonly ResolvedKey[] = [key]): Promise<string | undefined> {
  const { statement } = await signTransferAnswer(offer, { decision: 'reject', signer: buyer, at });
  const { header, payload } = assertOk(parseCompactJws(statement));
  const changed = await signCompactJws(header, { ...payload, ...claims }, buyer);
  return (await proveTransferAnswer({ statement: changed }, { offer, resolver: resolverOf(to, keys), at })).refusal?.code;
}

describe('the times of an answer to an offer', () => {
  it.each<[string, JsonObject, string | undefined]>([
    ['nothing more', {}, undefined],
    ['an exp one second ahead', { exp: at + 1 }, undefined],
    ['an exp of this second', { exp: at }, 'EXPIRED'],
    ['an exp within this second', { exp: at + 0.5 }, 'EXPIRED'],
    ['an iat within the skew', { iat: at + 60 }, undefined],
    ['an iat a fraction beyond the skew', { iat: at + 60.5 }, 'NOT_YET_VALID'],
    ['an nbf within the skew', { nbf: at + 60 }, undefined],
    ['an nbf beyond the skew', { nbf: at + 61 }, 'NOT_YET_VALID'],
    ['a life of 600 seconds, with fractions', { iat: at - 0.5, exp: at + 599.5 }, undefined],
    ['a life a fraction longer', { iat: at - 0.5, exp: at + 600 }, 'PRESENTATION_MALFORMED'],
    ['an audience', { aud: to }, 'AUDIENCE_MISMATCH'],
  ])('answers %s', async (_name, claims, code) => {
    expect(await prove(claims)).toBe(code);
  });

  it.each(['iat', 'nbf', 'exp'])('refuses a %s that is no NumericDate', async (name) => {
    for (const value of [String(at), null, {}, 1e308, -1, at * 1000] as readonly JsonValue[])
      expect(await prove({ [name]: value })).toBe('PRESENTATION_MALFORMED');
  });
});

describe('the key of an answer to an offer', () => {
  it('counts until a second before its document ends it', async () => {
    expect(await prove({}, [{ ...key, endsAt: (at + 1) as Instant }])).toBeUndefined();
    expect(await prove({}, [{ ...key, endsAt: at }])).toBe('KEY_NOT_AUTHORIZED');
  });

  it('is the one of its name, for authentication', async () => {
    expect(await prove({}, [key, key])).toBe('KEY_NOT_AUTHORIZED');
    expect(await prove({}, [{ ...key, relationships: ['assertionMethod'] }])).toBe('KEY_NOT_AUTHORIZED');
  });
});
