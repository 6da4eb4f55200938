import { describe, expect, it } from '@jest/globals';
import { SIGNATURE_ALGORITHMS, assertOk, instant } from '@gridpass/core';
import type { Did, FetchPort } from '@gridpass/core';
import { generatePrivateJwk, toPublicJwk } from '@gridpass/keys';
import {
  buildDidWebDocument,
  createDidResolver,
  didWebUrlOf,
  parseDid,
  toDidEthr,
  toDidJwk,
  toDidKey,
  toDidPeer,
  toDidWeb,
  verificationMethodOf,
} from '../index.js';
import type { DidResolverSettings } from '../index.js';
import { fakeFetch } from './fakes.js';

const key = toPublicJwk(generatePrivateJwk('ES256'));
const web = toDidWeb('https://dso.example/issuers/a');
const webUrl = 'https://dso.example/issuers/a/did.json';
const document = (jwk = key): string =>
  JSON.stringify(
    buildDidWebDocument({ did: web, keys: [jwk], services: [{ id: '#admit', type: 'Admission', endpoint: 'https://dso.example' }] }),
  );

function setUp(fetch: FetchPort, settings: Partial<DidResolverSettings> = {}) {
  let now = instant(1_800_000_000);
  const clock = {
    now: () => now,
    turn: (seconds: number) => {
      now = instant(now + seconds);
    },
  };
  return {
    clock,
    ...createDidResolver({ methods: ['key', 'jwk', 'web'], chains: [], fetch, clock, cacheSeconds: 60, maxEntries: 3, ...settings }),
  };
}

describe('DIDs made from keys', () => {
  it.each(SIGNATURE_ALGORITHMS)('did:key and did:jwk of a key of %s resolve to that key for every use', async (alg) => {
    const jwk = toPublicJwk(generatePrivateJwk(alg));
    for (const did of [toDidKey(jwk), toDidJwk(jwk)]) {
      const resolved = assertOk(await setUp(fakeFetch({})).resolveDid(did));
      expect(resolved.keys).toEqual([
        {
          id: verificationMethodOf(did, jwk),
          alg,
          publicJwk: jwk,
          relationships: ['assertionMethod', 'authentication', 'capabilityInvocation', 'capabilityDelegation'],
        },
      ]);
    }
  });

  it('reads the vectors of the did:key specification', async () => {
    const { resolveDid } = setUp(fakeFetch({}));
    for (const [did, crv] of [
      ['did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK', 'Ed25519'],
      ['did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme', 'secp256k1'],
      ['did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169', 'P-256'],
    ] as const)
      expect(assertOk(await resolveDid(assertOk(parseDid(did)))).keys[0]?.publicJwk.crv).toBe(crv);
  });

  it('reads the vector of the did:jwk specification', async () => {
    const did = assertOk(
      parseDid(
        'did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9',
      ),
    );
    expect(assertOk(await setUp(fakeFetch({})).resolveDid(did)).keys[0]?.id).toBe(`${did}#0`);
  });

  it.each([
    'did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc', // X25519: no signatures
    'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doKK',
    'did:key:z111111',
    'did:jwk:e30',
    'did:jwk:bm90LWpzb24',
  ])('finds no key in %s', async (did) => {
    expect(await setUp(fakeFetch({})).resolveDid(did as Did)).toMatchObject({ refusal: { code: 'DID_NOT_FOUND' } });
  });

  it('refuses a did:jwk that carries its private key', async () => {
    const { d, ...publicMembers } = generatePrivateJwk('ES256');
    const did = `did:jwk:${Buffer.from(JSON.stringify({ ...publicMembers, d })).toString('base64url')}` as Did;
    expect(await setUp(fakeFetch({})).resolveDid(did)).toMatchObject({ refusal: { code: 'DID_NOT_FOUND' } });
  });

  it('names a verification method only for the key the DID is made from', () => {
    const other = toPublicJwk(generatePrivateJwk('ES256K'));
    for (const did of [toDidKey(key), toDidJwk(key), toDidEthr(toPublicJwk(generatePrivateJwk('ES256K')), 31337)]) {
      expect(() => verificationMethodOf(did, other)).toThrow(expect.objectContaining({ code: 'KEY_NOT_AUTHORIZED' }));
    }
    expect(verificationMethodOf(toDidEthr(other, 31337), other)).toMatch(/^did:ethr:0x7a69:0x0[23][0-9a-f]{64}#controllerKey$/);
    expect(() => toDidEthr(key, 31337)).toThrow(expect.objectContaining({ code: 'KEY_NOT_AUTHORIZED' }));
  });
});

describe('did:web', () => {
  it.each([
    ['https://dso.example', 'did:web:dso.example', 'https://dso.example/.well-known/did.json'],
    ['https://dso.example:8443/a/b', 'did:web:dso.example%3A8443:a:b', 'https://dso.example:8443/a/b/did.json'],
    ['http://127.0.0.1:9000', 'did:web:127.0.0.1%3A9000', 'http://127.0.0.1:9000/.well-known/did.json'],
  ])('%s is %s', (address, did, url) => {
    expect(toDidWeb(address)).toBe(did);
    expect(didWebUrlOf(toDidWeb(address))).toBe(url);
  });

  it.each([
    'http://dso.example',
    'https://127.0.0.1',
    'https://u:p@dso.example',
    'https://dso.example/?a',
    'https://dso.example/#a',
    'https://10.0.0.1',
    'ftp://dso.example',
    'dso.example',
  ])('refuses to name %s', (address) => {
    expect(() => toDidWeb(address)).toThrow(expect.objectContaining({ name: 'InputError' }));
  });

  it('resolves through the fetch port, with services', async () => {
    const resolved = assertOk(await setUp(fakeFetch({ [webUrl]: document() })).resolveDid(web));
    expect(resolved).toMatchObject({
      did: web,
      keys: [{ publicJwk: key }],
      services: [{ id: `${web}#admit`, types: ['Admission'], endpoints: ['https://dso.example'] }],
    });
    expect(Object.isFrozen(resolved.keys)).toBe(true);
  });

  it.each([
    ['a host that is not allowed', {}, 'DID_NOT_FOUND'],
    ['no document', { [webUrl]: 404 }, 'DID_NOT_FOUND'],
    ['one that was given up', { [webUrl]: 410 }, 'DID_DEACTIVATED'],
    ['a path beside the one it was asked for', { 'https://dso.example/.well-known/did.json': document() }, 'DID_NOT_FOUND'],
    ['a document about another DID', { [webUrl]: document().replaceAll('issuers:a', 'issuers:b') }, 'DID_NOT_FOUND'],
    ['no JSON', { [webUrl]: '<html>' }, 'DID_NOT_FOUND'],
    ['a duplicate member', { [webUrl]: `{"id":"${web}","id":"${web}"}` }, 'DID_NOT_FOUND'],
  ])('refuses %s', async (_name, table, code) => {
    expect(await setUp(fakeFetch(table)).resolveDid(web)).toMatchObject({ refusal: { code } });
  });

  it.each(['application/did', 'application/octet-stream', 'text/html', ''])(
    'reads a document that its server calls %p',
    async (mediaType) => {
      const { resolveDid } = setUp(fakeFetch({ [webUrl]: document() }, mediaType));
      expect(await resolveDid(web)).toMatchObject({ ok: true, value: { did: web, keys: [{ alg: 'ES256' }] } });
      expect(await setUp(fakeFetch({ [webUrl]: '<html>' }, mediaType)).resolveDid(web)).toMatchObject({
        refusal: { code: 'DID_NOT_FOUND' },
      });
    },
  );

  it('is one DID in both spellings of an escape: one document, one place in the cache, one name for each key', async () => {
    const did = 'did:web:dso.example%3A3000' as Did;
    const spelled = 'did:web:dso.example%3a3000' as Did;
    const foreign = JSON.stringify(buildDidWebDocument({ did, keys: [key] })).replaceAll('%3A', '%3a');
    const fetch = fakeFetch({ 'https://dso.example:3000/.well-known/did.json': foreign });
    const { resolveDid, resolver } = setUp(fetch);
    const one = assertOk(await resolveDid(spelled));
    expect(one).toMatchObject({ did, keys: [{ id: verificationMethodOf(did, key), relationships: expect.any(Array) as unknown }] });
    expect(await resolveDid(did)).toEqual({ ok: true, value: one });
    expect((await resolver.resolve(spelled)).didDocument?.id).toBe(did);
    expect(fetch.asked).toHaveLength(1);
    const twice = foreign.replace(
      '"verificationMethod":[',
      `"verificationMethod":[${JSON.stringify({ id: `${did}#x` })},${JSON.stringify({ id: `${spelled}#x` })},`,
    );
    expect(await setUp(fakeFetch({ 'https://dso.example:3000/.well-known/did.json': twice })).resolveDid(did)).toMatchObject({
      refusal: { code: 'DID_NOT_FOUND' },
    });
  });

  it.each(['down', 500, 403, 301])('cannot tell when the host answers %p', async (answer) => {
    await expect(setUp(fakeFetch({ [webUrl]: answer })).resolveDid(web)).rejects.toMatchObject({
      name: 'Fault',
      code: 'RESOLVER_UNAVAILABLE',
    });
  });
});

describe('a moment that is asked about', () => {
  const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');
  const now = 1_800_000_000;

  it('of a did:web is answered for the present alone, also while a document is in the cache', async () => {
    const { resolveDid, resolver } = setUp(fakeFetch({ [webUrl]: document() }));
    await resolveDid(web);
    for (const at of [0, now - 1]) {
      expect(await resolveDid(web, { at: instant(at) })).toMatchObject({ refusal: { code: 'DID_VERSION_UNAVAILABLE' } });
      expect((await resolver.resolve(`${web}?versionTime=${iso(at)}`)).didResolutionMetadata.error).toBe('featureNotSupported');
      expect((await resolver.resolve(web, { versionTime: iso(at) })).didDocument).toBeNull();
    }
    expect((await resolver.resolve(`${web}?versionId=1`)).didResolutionMetadata.error).toBe('featureNotSupported');
    expect((await resolver.resolve(`${web}?versionTime=yesterday`)).didResolutionMetadata.error).toBe('notFound');
    expect(assertOk(await resolveDid(web, { at: instant(now) })).keys[0]?.publicJwk).toEqual(key);
    expect((await resolver.resolve(`${web}?versionTime=${iso(now + 60)}`)).didDocument?.id).toBe(web);
    expect((await resolveDid(web)).ok).toBe(true);
  });

  it('is the same as any other for a DID that is its own document', async () => {
    const { resolveDid, resolver } = setUp(fakeFetch({}), { methods: ['key', 'jwk', 'peer'] });
    for (const did of [toDidKey(key), toDidJwk(key), toDidPeer(key)]) {
      expect(assertOk(await resolveDid(did, { at: instant(0) })).keys[0]?.publicJwk).toEqual(key);
      expect((await resolver.resolve(`${did}?versionTime=${iso(0)}`)).didDocument?.id).toBe(did);
      expect((await resolver.resolve(`${did}?versionId=v2`)).didResolutionMetadata.error).toBe('featureNotSupported');
      expect((await resolver.resolve(`${did}?versionTime=${iso(0)}&versionId=latest`)).didResolutionMetadata.error).toBe('notFound');
    }
  });
});

describe('the resolver', () => {
  it('refuses methods that are not configured', async () => {
    const { resolveDid } = setUp(fakeFetch({}), { methods: ['key'] });
    for (const did of [web, toDidJwk(key), 'did:other:x' as Did, 'did:constructor:x' as Did]) {
      expect(await resolveDid(did)).toMatchObject({ refusal: { code: 'DID_METHOD_UNSUPPORTED' } });
    }
    expect(await resolveDid('did:key:z6Mk#x' as Did)).toMatchObject({ refusal: { code: 'DID_MALFORMED' } });
  });

  it('asks once while an answer is good, for many who ask at once too', async () => {
    const fetch = fakeFetch({ [webUrl]: document() });
    const { resolveDid, clock } = setUp(fetch);
    const first = await Promise.all([resolveDid(web), resolveDid(web), resolveDid(web)]);
    clock.turn(59);
    expect((await resolveDid(web)).value).toBe(first[0].value);
    expect(fetch.asked).toHaveLength(1);
    clock.turn(1);
    await resolveDid(web);
    expect(fetch.asked).toHaveLength(2);
  });

  it('asks anew when told to, and when the clock was set back', async () => {
    const table = { [webUrl]: document() };
    const fetch = fakeFetch(table);
    const { resolveDid, clock } = setUp(fetch);
    await resolveDid(web);
    const newer = toPublicJwk(generatePrivateJwk('ES256'));
    table[webUrl] = document(newer);
    expect(assertOk(await resolveDid(web, { fresh: true })).keys[0]?.publicJwk).toEqual(newer);
    expect(assertOk(await resolveDid(web)).keys[0]?.publicJwk).toEqual(newer);
    clock.turn(-10);
    await resolveDid(web);
    expect(fetch.asked).toHaveLength(3);
  });

  it('keeps neither refusals nor faults, and forgets a DID that is gone', async () => {
    const table: Record<string, string | number> = { [webUrl]: 404 };
    const { resolveDid, clock } = setUp(fakeFetch(table));
    expect((await resolveDid(web)).ok).toBe(false);
    table[webUrl] = 'down';
    await expect(resolveDid(web)).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' });
    table[webUrl] = document();
    expect((await resolveDid(web)).ok).toBe(true);
    table[webUrl] = 404;
    expect((await resolveDid(web, { fresh: true })).ok).toBe(false);
    expect((await resolveDid(web)).ok).toBe(false);
    table[webUrl] = document();
    await resolveDid(web);
    clock.turn(60);
    table[webUrl] = 'down';
    await expect(resolveDid(web)).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' });
  });

  it('does not let a slow older answer replace a newer one', async () => {
    const answers: ((text: string) => void)[] = [];
    const fetch: FetchPort = {
      fetchDocument: () =>
        new Promise((resolve) => {
          answers.push((text) =>
            resolve({ ok: true, value: { status: 200, mediaType: 'application/json', bytes: new TextEncoder().encode(text) } }),
          );
        }),
    };
    const { resolveDid } = setUp(fetch);
    const [slow, quick] = [resolveDid(web, { fresh: true }), resolveDid(web, { fresh: true })];
    const newer = toPublicJwk(generatePrivateJwk('EdDSA'));
    answers[1]?.(document(newer));
    await quick;
    answers[0]?.(document());
    await slow;
    expect(assertOk(await resolveDid(web)).keys[0]?.publicJwk).toEqual(newer);
  });

  it('holds no more answers than told', async () => {
    const dids = ['a', 'b', 'c', 'd'].map((name) => toDidWeb(`https://${name}.example`));
    const fetch = fakeFetch(
      Object.fromEntries(dids.map((did) => [didWebUrlOf(did), JSON.stringify(buildDidWebDocument({ did, keys: [key] }))])),
    );
    const { resolveDid } = setUp(fetch);
    for (const did of dids) await resolveDid(did);
    for (const did of dids.slice(1)) await resolveDid(did);
    expect(fetch.asked).toHaveLength(4);
    await resolveDid(dids[0] ?? web);
    expect(fetch.asked).toHaveLength(5);
  });

  it('serves libraries from the same cache, with copies', async () => {
    const fetch = fakeFetch({ [webUrl]: document() });
    const { resolver, resolveDid } = setUp(fetch);
    await resolveDid(web);
    const result = await resolver.resolve(`${web}#${'x'}`);
    expect(result.didDocument?.id).toBe(web);
    if (result.didDocument !== null) result.didDocument.id = 'did:web:evil.example';
    expect((await resolver.resolve(web)).didDocument?.id).toBe(web);
    expect(fetch.asked).toHaveLength(1);
    expect((await resolver.resolve('did:ethr:0x1:0x00')).didResolutionMetadata.error).toBe('unsupportedDidMethod');
  });

  it.each([
    ['no method', { methods: [] }],
    ['did:ethr without a chain', { methods: ['ethr'] as const }],
    ['a cache without end', { cacheSeconds: 86_400 }],
    ['a cache of no entries', { maxEntries: 0 }],
    ['a registry that is no address', { chains: [{ chainId: 1, rpcUrl: 'http://127.0.0.1:1', registry: '0x1' }] }],
  ])('does not start with %s', (_name, settings) => {
    expect(() => setUp(fakeFetch({}), settings)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
