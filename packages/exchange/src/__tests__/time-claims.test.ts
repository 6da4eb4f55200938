import { describe, expect, it } from '@jest/globals';
import { assertOk, ok } from '@gridpass/core';
import type { Did, DidUrl, Instant, JsonObject, JsonValue, Nonce, ResolvedDid, Signer } from '@gridpass/core';
import { createSigner, generatePrivateJwk, parseCompactJws, signCompactJws } from '@gridpass/keys';
import { createFakeClock, createFakeResolver, createParty, resignToken } from '@gridpass/testkit';
import {
  buildDcqlQuery,
  buildDpopProof,
  buildKeyProof,
  clientIdOf,
  createPresentationRequest,
  parseDpopProof,
  parseKeyProof,
  parsePresentationRequest,
} from '../index.js';
import { resolveKid } from '../resolve-kid.js';

const at = createFakeClock().now();
const market = createParty('market');
const resolver = createFakeResolver();
resolver.publishKey(market.did, market.kid, market.publicJwk);
const bounds = { at, maxAgeSeconds: 60, clockSkewSeconds: 5 };
const credentialIssuer = 'https://dso.example';
const url = 'https://dso.example/token?x=1';

/** A proof that carries its key, signed anew after it was made to say this. */
async function proofWith(proof: string, signer: Signer, set: JsonObject): Promise<string> {
  const { header, payload } = assertOk(parseCompactJws(proof, { allowHeaders: ['jwk'] }));
  return signCompactJws(header, { ...payload, ...set }, signer);
}

async function dpop(set: JsonObject): Promise<string | undefined> {
  const signer = createSigner(generatePrivateJwk('ES256'));
  const proof = await proofWith(await buildDpopProof({ signer, method: 'POST', url, at }), signer, set);
  return parseDpopProof(proof, { method: 'POST', url, ...bounds }).refusal?.code;
}

async function keyProof(set: JsonObject): Promise<string | undefined> {
  const signer = createSigner(generatePrivateJwk('ES256'));
  const proof = await proofWith(await buildKeyProof({ signer, credentialIssuer, nonce: 'n', at }), signer, set);
  return (await parseKeyProof(proof, { credentialIssuer, resolver, ...bounds })).refusal?.code;
}

async function requestObject(): Promise<string> {
  const created = await createPresentationRequest({
    clientId: clientIdOf(market.did),
    signer: market,
    nonce: 'n-0123456789abcdef' as Nonce,
    state: 's',
    responseUri: 'https://market.example/r',
    dcql: buildDcqlQuery([[{ type: 'CustomerStatus', claims: ['active'] }]]),
    at,
    lifeSeconds: 60,
  });
  return created.requestObject;
}
const readRequest = async (set: JsonObject) =>
  parsePresentationRequest(await resignToken(await requestObject(), market, { payload: { set } }), {
    resolver,
    at,
    clockSkewSeconds: 5,
    rules: {},
  });
const request = async (set: JsonObject): Promise<string | undefined> => (await readRequest(set)).refusal?.code;

describe.each([
  ['DPoP proof', dpop, 'DPOP_INVALID', 'DPOP_INVALID'],
  ['key proof', keyProof, 'KEY_PROOF_INVALID', 'KEY_PROOF_INVALID'],
  ['request object', request, 'EXPIRED', 'NOT_YET_VALID'],
])('time claims count wherever they are present: %s', (name, prove, expired, early) => {
  it.each<[string, JsonObject, string | undefined]>([
    ['nothing more', {}, undefined],
    ['an exp one second ahead', { exp: at + 1 }, undefined],
    ['an exp of this second', { exp: at }, expired],
    ['an exp within this second', { exp: at + 0.5 }, expired],
    ['an exp that has passed, within the skew', { exp: at - 1 }, expired],
    ['an nbf within the skew', { nbf: at + 5 }, undefined],
    ['an nbf beyond the skew', { nbf: at + 6 }, early],
    ['an nbf a fraction beyond the skew', { nbf: at + 5.5 }, early],
    ['an iat with a fraction', { iat: at - 0.5 }, undefined],
    ['an iat within the skew', { iat: at + 5 }, undefined],
    ['an iat a fraction beyond the skew', { iat: at + 5.5 }, early],
    ['an iat as old as allowed', { iat: at - 60 }, undefined],
    // A request object is bounded by its exp.
    ['an iat a fraction older', { iat: at - 60.5 }, name === 'request object' ? undefined : expired],
  ])('answers %s', async (_case, set, code) => {
    expect(await prove(set)).toBe(code);
  });

  it('refuses times that are no NumericDate', async () => {
    for (const claim of ['iat', 'nbf', 'exp']) {
      for (const value of [String(at), null, true, [at], {}, 1e308, -1, at * 1000] as readonly JsonValue[])
        expect(await prove({ [claim]: value })).toBe(
          value === 1e308 && name === 'request object' ? 'REQUEST_MALFORMED' : claim === 'exp' ? expired : early,
        );
    }
  });
});

describe('an audience, where one is present', () => {
  it('of a DPoP proof is this server or the address it is for', async () => {
    expect(await dpop({ aud: 'https://dso.example' })).toBeUndefined();
    expect(await dpop({ aud: 'https://dso.example/token' })).toBeUndefined();
    for (const aud of ['https://other.example', '', ['https://dso.example'], null]) expect(await dpop({ aud })).toBe('DPOP_INVALID');
  });

  it('of a key proof is this issuer alone', async () => {
    for (const aud of ['https://other.example', `${credentialIssuer}/`, [credentialIssuer], null])
      expect(await keyProof({ aud })).toBe('KEY_PROOF_INVALID');
  });
});

describe('a request object with a fraction of a second', () => {
  it('ends at the second before', async () => {
    expect((await readRequest({ exp: at + 9.5 })).value?.expiresAt).toBe(at + 9);
  });
});

describe('a request object without exp', () => {
  const endless = async (iat: number) =>
    parsePresentationRequest(await resignToken(await requestObject(), market, { payload: { set: { iat }, remove: ['exp'] } }), {
      resolver,
      at,
      clockSkewSeconds: 5,
      rules: {},
    });

  it('counts for 300 seconds from its iat, to the second', async () => {
    expect((await endless(at)).value?.expiresAt).toBe(at + 300);
    expect((await endless(at - 299)).value?.expiresAt).toBe(at + 1);
    expect((await endless(at - 299.5)).refusal?.code).toBe('EXPIRED');
    expect((await endless(at - 300)).refusal?.code).toBe('EXPIRED');
  });

  it('has no longer life from a clock that is ahead', async () => {
    expect((await endless(at + 5)).value?.expiresAt).toBe(at + 300);
    expect((await endless(at + 6)).refusal?.code).toBe('NOT_YET_VALID');
  });
});

describe('resolveKid', () => {
  const did = market.did;
  const documentOf = (more: Partial<ResolvedDid['keys'][number]> = {}, count = 1): ResolvedDid => ({
    did,
    keys: Array.from({ length: count }, () => ({
      id: market.kid,
      alg: market.alg,
      publicJwk: market.publicJwk,
      relationships: ['authentication'],
      ...more,
    })),
    services: [],
    fetchedAt: at,
    documentDigest: '',
  });
  const resolve = (document: ResolvedDid, kid: string = market.kid) =>
    resolveKid(kid, { resolver: { resolveDid: () => Promise.resolve(ok(document)) }, relationships: ['authentication'], at });

  it('refuses two methods of one id', async () => {
    expect((await resolve(documentOf())).ok).toBe(true);
    expect((await resolve(documentOf({}, 2))).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });

  it('refuses a method for another use', async () => {
    expect((await resolve(documentOf({ relationships: ['assertionMethod'] }))).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });

  it('refuses a key at its end, and takes it a second before', async () => {
    expect((await resolve(documentOf({ endsAt: (at + 1) as Instant }))).ok).toBe(true);
    expect((await resolve(documentOf({ endsAt: at }))).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });

  it('takes a document of another DID for a fault', async () => {
    await expect(resolve({ ...documentOf(), did: 'did:web:other.example' as Did })).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' });
  });

  it.each(['#key-1', `${market.did}`, `${market.did}?x=1#key-1`, `${market.did}/path#key-1`, `${market.did}#`, ''])(
    'refuses the kid %j, which is no absolute DID URL of a method',
    async (kid) => {
      expect((await resolve(documentOf({ id: kid as DidUrl }), kid)).refusal?.code).toBe('DID_MALFORMED');
    },
  );
});
