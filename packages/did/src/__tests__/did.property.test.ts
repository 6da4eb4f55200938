import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assertOk, instant } from '@gridpass/core';
import type { Did, JsonObject } from '@gridpass/core';
import { toPrivateJwk, toPublicJwk } from '@gridpass/keys';
import {
  createDidResolver,
  parseDid,
  parseDidDocument,
  parseDidUrl,
  parseMultikey,
  toDidEthr,
  toDidJwk,
  toDidKey,
  toDidPeer,
  toDidPeer2,
  toMultikey,
  verificationMethodOf,
} from '../index.js';

const keys = fc
  .tuple(fc.constantFrom('ES256' as const, 'ES256K' as const, 'EdDSA' as const), fc.uint8Array({ minLength: 31, maxLength: 31 }))
  .map(([alg, tail]) => toPublicJwk(toPrivateJwk(alg, Uint8Array.from([1, ...tail]))));

describe('DIDs', () => {
  it('made from keys parse, and name their key', () => {
    fc.assert(
      fc.property(keys, (jwk) => {
        const both = (['assertionMethod', 'authentication'] as const).map((use) => ({ use, multikey: toMultikey(jwk) }));
        const dids = [
          toDidKey(jwk),
          toDidJwk(jwk),
          toDidPeer(jwk),
          toDidPeer2({ keys: both }),
          ...(jwk.crv === 'secp256k1' ? [toDidEthr(jwk, 31337)] : []),
        ];
        for (const did of dids) {
          expect(parseDid(did)).toEqual({ ok: true, value: did });
          expect(assertOk(parseDidUrl(verificationMethodOf(did, jwk))).did).toBe(did);
        }
        expect(assertOk(parseMultikey(toMultikey(jwk)))).toEqual(jwk);
      }),
      { numRuns: 60 },
    );
  });

  it('have one spelling: what parses comes back letter for letter, and any text has an answer', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }).map((tail) => `did:web:${tail}`),
      fc.string().map((tail) => `did:ethr:0x1:0x${tail}`),
      fc.string().map((tail) => `did:key:z${tail}`),
      fc.string().map((tail) => `did:peer:2.${tail}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const did = parseDid(text);
        if (did.ok) expect(did.value).toBe(text);
        else expect(did.refusal.code).toBe('DID_MALFORMED');
        expect(parseDidUrl(text).ok && !text.includes('#')).toBe(false);
      }),
    );
  });
});

describe('did:peer', () => {
  const uses = fc.constantFrom('assertionMethod', 'authentication', 'capabilityInvocation', 'capabilityDelegation');
  const value = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.integer(), fc.boolean(), fc.constantFrom('dm', 's', 't'));
  const names = fc.constantFrom('uri', 'accept', 'routingKeys', 'type', 'serviceEndpoint', 'toString', 'x');
  const services = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('#a', '#b', '#c'),
      type: fc.constantFrom('DIDCommMessaging', 'Admission', 'did-communication'),
      serviceEndpoint: fc.oneof(
        fc.webUrl({ size: 'small' }),
        fc.dictionary(names, fc.oneof(value, fc.array(value, { maxLength: 2 })), { maxKeys: 3 }),
      ),
    }),
    { selector: ({ id }) => id, maxLength: 2 },
  );
  const { resolver } = createDidResolver({
    methods: ['peer'],
    chains: [],
    fetch: { fetchDocument: () => Promise.reject(new Error('no network')) },
    clock: { now: () => instant(1) },
    cacheSeconds: 0,
    maxEntries: 1,
  });

  it('gives back the keys with their uses and the services it was made of', async () => {
    const listed = fc.uniqueArray(fc.record({ use: uses, jwk: keys }), {
      selector: ({ use, jwk }) => `${use} ${jwk.x}`,
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(listed, services, async (content, asked) => {
        const plain = JSON.parse(JSON.stringify(asked)) as JsonObject[];
        const did = toDidPeer2({ keys: content.map(({ use, jwk }) => ({ use, multikey: toMultikey(jwk) })), services: plain });
        const { didDocument } = await resolver.resolve(did);
        const json = JSON.parse(JSON.stringify(didDocument)) as JsonObject;
        expect(json['service'] ?? []).toEqual(plain);
        const read = assertOk(parseDidDocument(did, json, { at: instant(1) }));
        expect(read.keys.map(({ id, publicJwk, relationships }) => ({ id, publicJwk, relationships }))).toEqual(
          content.map(({ use, jwk }, index) => ({ id: `${did}#key-${index + 1}`, publicJwk: jwk, relationships: [use] })),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('parseDidDocument', () => {
  const did = 'did:web:dso.example' as Did;
  const method = fc.record(
    {
      id: fc.constantFrom('#a', '#b', `${did}#a`, 'did:web:evil.example#a', '', 'a'),
      controller: fc.constantFrom(did, 'did:web:evil.example', '#a'),
      type: fc.constantFrom('JsonWebKey2020', 'Multikey', 'X'),
      publicKeyJwk: keys.map((jwk): JsonObject => ({ ...jwk })),
    },
    { requiredKeys: [] },
  );
  const document = fc.record({
    id: fc.constant(did),
    verificationMethod: fc.array(method, { maxLength: 3 }),
    assertionMethod: fc.array(fc.oneof(method, fc.constantFrom('#a', `${did}#a`, '#b', 'did:web:evil.example#a')), { maxLength: 3 }),
  });

  it('never gives a key that the DID does not control itself, nor one name twice', () => {
    fc.assert(
      fc.property(document, (json) => {
        const parsed = parseDidDocument(did, JSON.parse(JSON.stringify(json)), { at: instant(1) });
        if (!parsed.ok) return;
        const { keys: listed } = parsed.value;
        expect(new Set(listed.map((key) => key.id)).size).toBe(listed.length);
        for (const key of listed) {
          expect(key.id.startsWith(`${did}#`)).toBe(true);
          const source = [...json.verificationMethod, ...json.assertionMethod].find(
            (entry) => typeof entry === 'object' && JSON.stringify(entry.publicKeyJwk) === JSON.stringify(key.publicJwk),
          );
          expect(source).toMatchObject({ controller: did });
        }
      }),
    );
  });
});
