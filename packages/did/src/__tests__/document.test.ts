import { describe, expect, it } from '@jest/globals';
import { assertOk, instant } from '@gridpass/core';
import type { Did, JsonObject, JsonValue } from '@gridpass/core';
import { encodeMultibase } from '@gridpass/codec';
import { compressPoint, generatePrivateJwk, rawPublicKeyOf, toPublicJwk } from '@gridpass/keys';
import { parseDidDocument, toMultikey } from '../index.js';

const did = 'did:web:dso.example' as Did;
const at = instant(1_800_000_000);
const key = toPublicJwk(generatePrivateJwk('ES256'));
const k1 = toPublicJwk(generatePrivateJwk('ES256K'));
const ed = toPublicJwk(generatePrivateJwk('EdDSA'));
const method = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: 'JsonWebKey2020',
  controller: did,
  publicKeyJwk: { ...key },
  ...more,
});
const parse = (document: JsonObject) => parseDidDocument(did, { id: did, ...document }, { at });
const keysOf = (document: JsonObject) => assertOk(parse(document)).keys.map(({ id, relationships }) => [id, relationships]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('parseDidDocument', () => {
  it('grants a key the relationships under which it is listed, and no other', () => {
    expect(
      keysOf({
        verificationMethod: [method('#a'), method(`${did}#b`), method('#c'), method('#d')],
        assertionMethod: ['#a', `${did}#b`],
        authentication: [`${did}#a`],
        keyAgreement: ['#c'],
      }),
    ).toEqual([
      [`${did}#a`, ['assertionMethod', 'authentication']],
      [`${did}#b`, ['assertionMethod']],
    ]);
  });

  it('reads an embedded method, which counts for that relationship alone', () => {
    expect(keysOf({ authentication: [method('#a')], keyAgreement: [method('#b')] })).toEqual([[`${did}#a`, ['authentication']]]);
  });

  // attacks.md 3
  it.each([
    ['another controller', { verificationMethod: [method('#a', { controller: 'did:web:evil.example' })], assertionMethod: ['#a'] }],
    ['no controller', { verificationMethod: [{ id: '#a', type: 'JsonWebKey2020', publicKeyJwk: { ...key } }], assertionMethod: ['#a'] }],
    ['an id under another DID', { verificationMethod: [method('did:web:evil.example#a')], assertionMethod: ['did:web:evil.example#a'] }],
    ['an embedded method of another DID', { assertionMethod: [method('did:web:evil.example#a')] }],
    ['an id with a query', { verificationMethod: [method(`${did}?x#a`)], assertionMethod: [`${did}?x#a`] }],
    ['a percent-encoded id', { verificationMethod: [method('#%61')], assertionMethod: ['#a', '#%61'] }],
    ['a reference to nothing', { verificationMethod: [method('#a')], assertionMethod: ['#b'] }],
    ['a recovery method', { verificationMethod: [method('#a', { type: 'EcdsaSecp256k1RecoveryMethod2020' })], assertionMethod: ['#a'] }],
    ['an unknown type', { verificationMethod: [method('#a', { type: 'toString' })], assertionMethod: ['#a'] }],
    ['two forms of key', { verificationMethod: [method('#a', { publicKeyMultibase: toMultikey(key) })], assertionMethod: ['#a'] }],
    [
      'a private key',
      { verificationMethod: [method('#a', { publicKeyJwk: { ...generatePrivateJwk('ES256') } })], assertionMethod: ['#a'] },
    ],
    [
      'a key of another kind than its type',
      { verificationMethod: [method('#a', { type: 'Ed25519VerificationKey2020' })], assertionMethod: ['#a'] },
    ],
    [
      'hex under a type for any key',
      { verificationMethod: [{ id: '#a', type: 'Multikey', controller: did, publicKeyHex: '00' }], assertionMethod: ['#a'] },
    ],
  ])('has no key for %s', (_name, document) => {
    expect(keysOf(document)).toEqual([]);
  });

  it.each<readonly [string, JsonValue]>([
    ['a list', []],
    ['another DID', { id: 'did:web:evil.example' }],
    ['two methods of one id', { id: did, verificationMethod: [method('#a'), method(`${did}#a`)] }],
    ['an embedded method that repeats an id', { id: did, verificationMethod: [method('#a')], authentication: [method('#a')] }],
    ['a method without id', { id: did, verificationMethod: [{ type: 'JsonWebKey2020' }] }],
    ['a method that is a text', { id: did, verificationMethod: ['#a'] }],
    ['a reference that is a number', { id: did, authentication: [1] }],
    [
      'more methods than are read',
      { id: did, verificationMethod: Array.from({ length: 300 }, (_, index) => method(`#k${String(index)}`)) },
    ],
  ])('refuses %s', (_name, document) => {
    expect(parseDidDocument(did, document, { at })).toMatchObject({ refusal: { code: 'DID_NOT_FOUND' } });
  });

  it('reads every form of key', () => {
    const point = compressPoint('secp256k1', rawPublicKeyOf(k1));
    const forms: readonly (readonly [JsonObject, unknown])[] = [
      [{ type: 'JsonWebKey', publicKeyJwk: { ...ed } }, ed],
      [{ type: 'Multikey', publicKeyMultibase: toMultikey(key) }, key],
      [{ type: 'Ed25519VerificationKey2020', publicKeyMultibase: toMultikey(ed) }, ed],
      [{ type: 'Ed25519VerificationKey2018', publicKeyBase58: encodeMultibase('z', rawPublicKeyOf(ed)).slice(1) }, ed],
      [{ type: 'EcdsaSecp256k1VerificationKey2019', publicKeyHex: hex(point) }, k1],
      [{ type: 'EcdsaSecp256k1VerificationKey2019', publicKeyHex: hex(rawPublicKeyOf(k1)) }, k1],
      [{ type: 'EcdsaSecp256k1VerificationKey2019', publicKeyJwk: { ...k1 } }, k1],
    ];
    for (const [form, jwk] of forms) {
      expect(assertOk(parse({ assertionMethod: [{ id: '#a', controller: did, ...form }] })).keys.map((k) => k.publicJwk)).toEqual([jwk]);
    }
  });
});

// Controlled Identifiers 1.0, 2.2: nothing is verified with a method at or after `expires` or `revoked`.
describe('services', () => {
  it('are read in every form of DID Core 5.4, and what is neither address nor map is left out', () => {
    const map = { uri: 'https://mediator.example', accept: ['didcomm/v2'] };
    const service = (id: string, type: JsonValue, serviceEndpoint: JsonValue): JsonObject => ({ id, type, serviceEndpoint });
    const { services } = assertOk(
      parse({
        service: [
          service('#text', 'Log', 'https://log.example'),
          service('#map', 'DIDCommMessaging', map),
          service('#set', ['Log', 'Hub'], ['https://log.example', map, 7]),
          service('#none', 'Log', []),
          service('#number', 'Log', 7),
          service('#untyped', 7, 'https://log.example'),
          'https://log.example',
        ],
      }),
    );
    expect(services).toEqual([
      { id: `${did}#text`, types: ['Log'], endpoints: ['https://log.example'] },
      { id: `${did}#map`, types: ['DIDCommMessaging'], endpoints: [map] },
      { id: `${did}#set`, types: ['Log', 'Hub'], endpoints: ['https://log.example', map] },
    ]);
  });
});

describe('a method that ends', () => {
  const endOf = (more: JsonObject): number | undefined | 'left out' => {
    const [found] = assertOk(parse({ verificationMethod: [method('#a', more)], assertionMethod: ['#a'] })).keys;
    return found === undefined ? 'left out' : found.endsAt;
  };
  const second = '2026-11-27T20:13:42Z';

  it('says when, by the earlier of expires and revoked, rounded down', () => {
    expect(endOf({})).toBeUndefined();
    expect(endOf({ revoked: '2020-01-01T00:00:00Z' })).toBe(1_577_836_800);
    expect(endOf({ expires: second })).toBe(1_795_810_422);
    expect(endOf({ expires: '2026-11-27T20:13:42.9Z' })).toBe(1_795_810_422);
    expect(endOf({ expires: second, revoked: '2020-01-01T00:00:00Z' })).toBe(1_577_836_800);
    expect(endOf({ revoked: second, expires: '2020-01-01T00:00:00Z' })).toBe(1_577_836_800);
  });

  it.each(['expires', 'revoked'])('is left out where its %s cannot be read', (name) => {
    for (const value of [null, '', '2020-01-01', 'never', 1_577_836_800, false, [], [second], {}, '2020-01-01T00:00:00']) {
      expect(endOf({ [name]: value })).toBe('left out');
      expect(endOf({ expires: second, revoked: second, [name]: value })).toBe('left out');
    }
  });

  it('still keeps its id from another method', () => {
    expect(parse({ verificationMethod: [method('#a', { revoked: 'broken' }), method('#a')], assertionMethod: ['#a'] }).refusal?.code).toBe(
      'DID_NOT_FOUND',
    );
  });

  it('ends where it is embedded too', () => {
    expect(assertOk(parse({ authentication: [method('#a', { revoked: second })] })).keys[0]?.endsAt).toBe(1_795_810_422);
  });
});
