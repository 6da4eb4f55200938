// Vectors: identity.foundation/peer-did-method-spec, Methods 0, 2, 3 and 4.
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SIGNATURE_ALGORITHMS, assertOk, instant } from '@gridpass/core';
import type { Did, JsonValue } from '@gridpass/core';
import { encodeMultibase } from '@gridpass/codec';
import { generatePrivateJwk, toPublicJwk } from '@gridpass/keys';
import { createDidResolver, parseDid, toDidPeer, toDidPeer2, toMultikey, verificationMethodOf } from '../index.js';
import { fakeFetch } from './fakes.js';

const V = 'z6Mkj3PUd1WjvaDhNZhhhXQdz5UnZXmS7ehtx8bsPpD47kKc';
const E = 'z6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR';
const SERVICE_1 =
  'eyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHA6Ly9leGFtcGxlLmNvbS9kaWRjb21tIiwiYSI6WyJkaWRjb21tL3YyIl0sInIiOlsiZGlkOmV4YW1wbGU6MTIzNDU2Nzg5YWJjZGVmZ2hpI2tleS0xIl19fQ';
const SERVICE_2 =
  'eyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHA6Ly9leGFtcGxlLmNvbS9hbm90aGVyIiwiYSI6WyJkaWRjb21tL3YyIl0sInIiOlsiZGlkOmV4YW1wbGU6MTIzNDU2Nzg5YWJjZGVmZ2hpI2tleS0yIl19fQ';
const SPEC_2 = `did:peer:2.V${V}.E${E}.S${SERVICE_1}.S${SERVICE_2}`;
const SPEC_3 = 'did:peer:3zQmS19jtYDvGtKVrJhQnRFpBQAx3pJ9omx2HpNrcXFuRCz9';
const SPEC_4 = 'did:peer:4zQmd8CpeFPci817KDsbSAKWcXAE2mjvCQSasRewvbSF54Bd';
const SPEC_4_DOCUMENT =
  'z2M1k7h4psgp4CmJcnQn2Ljp7Pz7ktsd7oBhMU3dWY5s4fhFNj17qcRTQ427C7QHNT6cQ7T3XfRh35Q2GhaNFZmWHVFq4vL7F8nm36PA9Y96DvdrUiRUaiCuXnBFrn1o7mxFZAx14JL4t8vUWpuDPwQuddVo1T8myRiVH7wdxuoYbsva5x6idEpCQydJdFjiHGCpNc2UtjzPQ8awSXkctGCnBmgkhrj5gto3D4i3EREXYq4Z8r2cWGBr2UzbSmnxW2BuYddFo9Yfm6mKjtJyLpF74ytqrF5xtf84MnGFg1hMBmh1xVx1JwjZ2BeMJs7mNS8DTZhKC7KH38EgqDtUZzfjhpjmmUfkXg2KFEA3EGbbVm1DPqQXayPYKAsYPS9AyKkcQ3fzWafLPP93UfNhtUPL8JW5pMcSV3P8v6j3vPXqnnGknNyBprD6YGUVtgLiAqDBDUF3LSxFQJCVYYtghMTv8WuSw9h1a1SRFrDQLGHE4UrkgoRvwaGWr64aM87T1eVGkP5Dt4L1AbboeK2ceLArPScrdYGTpi3BpTkLwZCdjdiFSfTy9okL1YNRARqUf2wm8DvkVGUU7u5nQA3ZMaXWJAewk6k1YUxKd7LvofGUK4YEDtoxN5vb6r1Q2godrGqaPkjfL3RoYPpDYymf9XhcgG8Kx3DZaA6cyTs24t45KxYAfeCw4wqUpCH9HbpD78TbEUr9PPAsJgXBvBj2VVsxnr7FKbK4KykGcg1W8M1JPz21Z4Y72LWgGQCmixovrkHktcTX1uNHjAvKBqVD5C7XmVfHgXCHj7djCh3vzLNuVLtEED8J1hhqsB1oCBGiuh3xXr7fZ9wUjJCQ1HYHqxLJKdYKtoCiPmgKM7etVftXkmTFETZmpM19aRyih3bao76LdpQtbw636r7a3qt8v4WfxsXJetSL8c7t24SqQBcAY89FBsbEnFNrQCMK3JEseKHVaU388ctvRD45uQfe5GndFxthj4iSDomk4uRFd1uRbywoP1tRuabHTDX42UxPjz';

const { resolver, resolveDid } = createDidResolver({
  methods: ['peer'],
  chains: [],
  fetch: fakeFetch({}),
  clock: { now: () => instant(1_800_000_000) },
  cacheSeconds: 0,
  maxEntries: 1,
});
const block = (json: JsonValue | string): string =>
  `S${Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)).toString('base64url')}`;
const outcome = async (did: string): Promise<string> => {
  const parsed = parseDid(did);
  const resolved = parsed.ok ? await resolveDid(parsed.value) : parsed;
  return resolved.ok ? 'ok' : resolved.refusal.code;
};
/** The long form of numalgo 4 of any document, as its peers would make it. */
const longForm = (document: JsonValue): string => {
  const encoded = encodeMultibase('z', Uint8Array.from([0x80, 0x04, ...Buffer.from(JSON.stringify(document))]));
  const hash = encodeMultibase('z', Uint8Array.from([0x12, 0x20, ...createHash('sha256').update(encoded).digest()]));
  return `did:peer:4${hash}:${encoded}`;
};

describe('did:peer, numalgo 0', () => {
  it.each(SIGNATURE_ALGORITHMS)('of a key of %s resolves to that key for every use but key agreement', async (alg) => {
    const jwk = toPublicJwk(generatePrivateJwk(alg));
    const did = toDidPeer(jwk);
    const { keys } = assertOk(await resolveDid(did));
    expect(keys).toEqual([
      {
        id: verificationMethodOf(did, jwk),
        alg,
        publicJwk: jwk,
        relationships: ['assertionMethod', 'authentication', 'capabilityInvocation', 'capabilityDelegation'],
      },
    ]);
    expect(() => verificationMethodOf(did, toPublicJwk(generatePrivateJwk(alg)))).toThrow(
      expect.objectContaining({ code: 'KEY_NOT_AUTHORIZED' }),
    );
  });

  it('reads the vector of the specification', async () => {
    const did = 'did:peer:0z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH';
    expect(assertOk(await resolveDid(did as Did)).keys[0]?.id).toBe(`${did}#z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH`);
  });
});

describe('did:peer, numalgo 2', () => {
  it('resolves the vector of the specification member for member', async () => {
    const method = (id: string, publicKeyMultibase: string) => ({ id, type: 'Multikey', controller: SPEC_2, publicKeyMultibase });
    const service = (id: string, uri: string, key: string) => ({
      id,
      type: 'DIDCommMessaging',
      serviceEndpoint: { uri, accept: ['didcomm/v2'], routingKeys: [`did:example:123456789abcdefghi#${key}`] },
    });
    expect((await resolver.resolve(SPEC_2)).didDocument).toEqual({
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
      id: SPEC_2,
      verificationMethod: [method('#key-1', V), method('#key-2', E)],
      authentication: ['#key-1'],
      keyAgreement: ['#key-2'],
      service: [service('#service', 'http://example.com/didcomm', 'key-1'), service('#service-1', 'http://example.com/another', 'key-2')],
    });
    expect(assertOk(await resolveDid(SPEC_2 as Did)).keys).toMatchObject([{ id: `${SPEC_2}#key-1`, relationships: ['authentication'] }]);
  });

  it('is made as in the specification', () => {
    const endpoint = (uri: string, key: string) => ({
      type: 'DIDCommMessaging',
      serviceEndpoint: { uri, accept: ['didcomm/v2'], routingKeys: [`did:example:123456789abcdefghi#${key}`] },
    });
    expect(
      toDidPeer2({
        keys: [
          { use: 'authentication', multikey: V },
          { use: 'keyAgreement', multikey: E },
        ],
        services: [endpoint('http://example.com/didcomm', 'key-1'), endpoint('http://example.com/another', 'key-2')],
      }),
    ).toBe(SPEC_2);
  });

  it('lets each key do what its purpose code says and nothing else', async () => {
    const keys = SIGNATURE_ALGORITHMS.map((alg) => toPublicJwk(generatePrivateJwk(alg)));
    const [first = keys[0], second, third] = keys;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three algorithms');
    const uses = ['assertionMethod', 'authentication', 'capabilityInvocation', 'capabilityDelegation', 'authentication'] as const;
    const did = toDidPeer2({
      keys: [first, first, second, third, third].map((jwk, index) => ({ use: uses[index] ?? 'authentication', multikey: toMultikey(jwk) })),
    });
    expect(assertOk(await resolveDid(did)).keys.map(({ id, relationships }) => [id, ...relationships])).toEqual(
      uses.map((use, index) => [`${did}#key-${index + 1}`, use]),
    );
    expect(verificationMethodOf(did, first)).toBe(`${did}#key-2`);
    expect(verificationMethodOf(did, second)).toBe(`${did}#key-3`);
    expect(() => verificationMethodOf(did, toPublicJwk(generatePrivateJwk('EdDSA')))).toThrow(
      expect.objectContaining({ code: 'KEY_NOT_AUTHORIZED' }),
    );
  });

  it.each([
    ['a key of P-256 for agreement', `.V${V}.EzDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169`],
    ['a service with a relative name and a plain address', `.V${V}.${block({ id: '#mine', t: 'Admission', s: 'https://dso.example' })}`],
    ['several addresses', `.V${V}.${block({ t: 'x', s: ['https://a.example', { uri: 'https://b.example' }] })}`],
    ['two keys for one purpose', `.V${V}.Vz6MkgoLTnTypo3tDRwCkZXSccTPHRLhF4ZnjhueYAFpEX6vg`],
  ])('takes %s', async (_name, elements) => {
    expect(await outcome(`did:peer:2${elements}`)).toBe('ok');
  });

  it.each([
    ['an unknown purpose code', `.X${V}`],
    ['no purpose code', `.${V}`],
    ['one key twice for one purpose', `.V${V}.V${V}`],
    ['no element', ''],
    ['an empty element', `.V${V}.`],
    ['elements without a dot', `V${V}`],
    ['another base', `.Vu7QEB${'A'.repeat(40)}`],
    ['letters that are not base58', `.V${V.slice(0, -1)}0`],
    ['another multicodec', `.V${encodeMultibase('z', Uint8Array.from([0xea, 0x01, ...new Uint8Array(32).fill(7)]))}`],
    ['a key that is cut off', `.V${V.slice(0, -2)}`],
    ['a key for agreement that is to sign', `.V${E}`],
    ['a key for signatures that is to agree', `.E${V}`],
    ['X25519 of 31 bytes', `.E${encodeMultibase('z', Uint8Array.from([0xec, 0x01, ...new Uint8Array(31).fill(7)]))}`],
    ['a service that is no JSON', `.V${V}.${block('{')}`],
    ['a service with a member twice', `.V${V}.${block('{"t":"x","t":"y","s":"https://a.example"}')}`],
    ['a member under both its names', `.V${V}.${block({ t: 'x', type: 'y', s: 'https://a.example' })}`],
    ['a list of services in one block', `.V${V}.${block([{ t: 'x', s: 'https://a.example' }])}`],
    ['a service without a type', `.V${V}.${block({ s: 'https://a.example' })}`],
    ['a service without an address', `.V${V}.${block({ t: 'x' })}`],
    ['a relative address', `.V${V}.${block({ t: 'x', s: '/path' })}`],
    ['a service with an absolute name', `.V${V}.${block({ id: 'did:web:evil.example#x', t: 'x', s: 'https://a.example' })}`],
    ['a service with the name of a key', `.V${V}.${block({ id: '#key-1', t: 'x', s: 'https://a.example' })}`],
    [
      'two services of one name',
      `.V${V}.${block({ id: '#service', t: 'x', s: 'https://a.example' })}.${block({ t: 'x', s: 'https://a.example' })}`,
    ],
    ['a service that is too large', `.V${V}.${block({ t: 'x', s: `https://a.example/${'a'.repeat(1_000)}` })}`],
    ['a service that is too deep', `.V${V}.${block(`{"t":"x","s":${'{"a":'.repeat(9)}1${'}'.repeat(9)}}`)}`],
    ['base64 with padding', `.V${V}.SeyJ0IjoieCIsInMiOiJhOmIifQ==`],
    ['a DID that is too long', `.V${V}`.repeat(42)],
  ])('refuses %s', async (_name, elements) => {
    expect(await outcome(`did:peer:2${elements}`)).toBe('DID_MALFORMED');
  });

  it('is not made of what it would refuse', () => {
    const key = { use: 'authentication', multikey: V } as const;
    for (const content of [
      { keys: [] },
      { keys: [key, key] },
      { keys: [{ ...key, multikey: E }] },
      { keys: [key], services: [{ type: 'x' }] },
      { keys: [key], services: [{ t: 'x', type: 'x', serviceEndpoint: 'https://a.example' }] },
    ])
      expect(() => toDidPeer2(content)).toThrow(expect.objectContaining({ name: 'InputError' }));
  });
});

describe('did:peer, the others', () => {
  it.each(['did:peer:1zQmZMygzYqNwU6Uhmewx5Xepf2VLp5S4HLSwwgf2aiKZuwa', SPEC_3, SPEC_4])('says that %s is a hash alone', async (did) => {
    expect(await outcome(did)).toBe('DID_METHOD_UNSUPPORTED');
    expect((await resolver.resolve(did)).didResolutionMetadata.error).toBe('unsupportedDidMethod');
  });

  it('reads the long form of numalgo 4 of the specification', async () => {
    const did = `${SPEC_4}:${SPEC_4_DOCUMENT}`;
    expect((await resolver.resolve(did)).didDocument).toMatchObject({
      id: did,
      alsoKnownAs: [SPEC_4],
      verificationMethod: [
        { id: '#6LSqPZfn', controller: did },
        { id: '#6MkrCD1c', controller: did },
      ],
    });
    expect(assertOk(await resolveDid(did as Did)).keys).toMatchObject([{ id: `${did}#6MkrCD1c`, alg: 'EdDSA' }]);
  });

  it.each([
    ['another document than the hash says', `${SPEC_4}:${SPEC_4_DOCUMENT.slice(0, -1)}A`],
    ['a document with an id', longForm({ id: 'did:web:evil.example' })],
    ['a method with an absolute name', longForm({ verificationMethod: [{ id: 'did:web:evil.example#k' }] })],
    ['an absolute reference', longForm({ authentication: ['did:web:evil.example#k'] })],
    ['no object', longForm([])],
    ['alsoKnownAs that is no list', longForm({ alsoKnownAs: 'x' })],
    ['numalgo 5', `did:peer:5${V}`],
    ['numalgo 0 with a key for agreement', `did:peer:0${E}`],
    ['numalgo 0 with more', `did:peer:0${V}.V${V}`],
    ['numalgo 3 that is no hash', 'did:peer:3zQmS'],
  ])('refuses %s', async (_name, did) => {
    expect(await outcome(did)).toBe('DID_MALFORMED');
  });

  it('does not take the keys of others out of a long form', async () => {
    const method = { id: '#k', type: 'Multikey', publicKeyMultibase: V };
    const did = longForm({ verificationMethod: [{ ...method, controller: 'did:web:evil.example' }], authentication: ['#k'] });
    expect(assertOk(await resolveDid(assertOk(parseDid(did)))).keys).toEqual([]);
    const own = longForm({ authentication: [method] });
    expect(assertOk(await resolveDid(assertOk(parseDid(own)))).keys).toMatchObject([{ id: `${own}#k` }]);
  });
});
