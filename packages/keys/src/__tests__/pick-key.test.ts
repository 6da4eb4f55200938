import { describe, expect, it } from '@jest/globals';
import { instant } from '@gridpass/core';
import type { Did, DidUrl, Instant, ResolvedDid, ResolvedKey } from '@gridpass/core';
import { generatePrivateJwk, listsKey, pickKey, thumbprintOf, toPublicJwk } from '../index.js';
import { isKeyInForce } from '../pick-key.js';

const did = 'did:web:dso.example' as Did;
const AT = instant(1_795_801_622);
const publicJwk = toPublicJwk(generatePrivateJwk('ES256'));
const key = (name: string, more: Partial<ResolvedKey> = {}): ResolvedKey => ({
  id: `${did}#${name}` as DidUrl,
  alg: 'ES256',
  publicJwk,
  relationships: ['assertionMethod'],
  ...more,
});
const documentOf = (...keys: readonly ResolvedKey[]): ResolvedDid => ({ did, keys, services: [], fetchedAt: AT, documentDigest: '' });
const wanted = { did, kid: `${did}#a`, uses: ['assertionMethod'], at: AT } as const;
const codeOf = (document: ResolvedDid, more: Partial<Parameters<typeof pickKey>[1]> = {}): string | undefined =>
  pickKey(document, { ...wanted, ...more }).refusal?.code;

describe('pickKey', () => {
  it('finds the one key of this name', () => {
    expect(pickKey(documentOf(key('b'), key('a')), wanted).value?.id).toBe(`${did}#a`);
  });

  it('refuses two methods of one id, also where one of them alone is for this use', () => {
    expect(codeOf(documentOf(key('a'), key('a')))).toBe('KEY_NOT_AUTHORIZED');
    expect(codeOf(documentOf(key('a'), key('a', { relationships: ['authentication'] })))).toBe('KEY_NOT_AUTHORIZED');
    expect(codeOf(documentOf(key('a', { endsAt: AT }), key('a')))).toBe('KEY_NOT_AUTHORIZED');
  });

  it.each([undefined, null, '', `${did}#A`, `${did}#a `, '#a', [`${did}#a`]])('refuses the kid %j', (kid) => {
    expect(codeOf(documentOf(key('a')), { kid })).toBe('KEY_NOT_AUTHORIZED');
  });

  it('refuses a key that is for another use, and takes one that is for any of several', () => {
    const document = documentOf(key('a', { relationships: ['authentication', 'keyAgreement' as never] }));
    expect(codeOf(document)).toBe('KEY_NOT_AUTHORIZED');
    expect(codeOf(document, { uses: [] })).toBe('KEY_NOT_AUTHORIZED');
    expect(codeOf(document, { uses: ['assertionMethod', 'authentication'] })).toBeUndefined();
  });

  it('is told of a document of another DID as of a resolver that is wrong', () => {
    expect(() => pickKey({ ...documentOf(key('a')), did: 'did:web:other.example' as Did }, wanted)).toThrow('another DID');
  });
});

describe('a key that ends', () => {
  it('counts up to the second before its end, by the time of the verification', () => {
    const ends = (endsAt: number): string | undefined => codeOf(documentOf(key('a', { endsAt: endsAt as Instant })));
    expect([ends(AT + 1), ends(AT), ends(AT - 1), ends(0)]).toEqual([
      undefined,
      'KEY_NOT_AUTHORIZED',
      'KEY_NOT_AUTHORIZED',
      'KEY_NOT_AUTHORIZED',
    ]);
  });

  it('has ended where its end is no number', () => {
    for (const endsAt of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(isKeyInForce(key('a', { endsAt: endsAt as Instant }), AT)).toBe(false);
    expect(isKeyInForce(key('a'), AT)).toBe(true);
  });
});

describe('a key that is known already', () => {
  const lists = (...keys: readonly ResolvedKey[]): boolean =>
    listsKey(documentOf(...keys), { thumbprint: thumbprintOf(publicJwk), use: 'authentication', at: AT });
  const login = (more: Partial<ResolvedKey> = {}): ResolvedKey => key('a', { relationships: ['authentication'], ...more });

  it('is listed where a method has it, for this use', () => {
    expect([lists(login()), lists(key('a')), lists()]).toEqual([true, false, false]);
    expect(lists(login({ publicJwk: toPublicJwk(generatePrivateJwk('ES256')) }))).toBe(false);
    expect(lists(key('a'), key('b', { relationships: ['authentication'] }))).toBe(true);
  });

  it('is listed up to the second before its end, and not where the end is no number', () => {
    const ends = (endsAt: number): boolean => lists(login({ endsAt: endsAt as Instant }));
    expect([AT + 1, AT, AT - 1, 0, Number.NaN, Number.POSITIVE_INFINITY].map(ends)).toEqual([true, false, false, false, false, false]);
  });

  it('is listed by one method that is whole: use and end are not taken from two', () => {
    expect(lists(login({ endsAt: AT }), key('b'))).toBe(false);
  });
});
