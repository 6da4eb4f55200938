import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assertOk, instant } from '@gridpass/core';
import type { Did, JsonObject } from '@gridpass/core';
import { toPrivateJwk, toPublicJwk } from '@gridpass/keys';
import {
  parseDid,
  parseDidDocument,
  parseDidUrl,
  parseMultikey,
  toDidEthr,
  toDidJwk,
  toDidKey,
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
        const dids = [toDidKey(jwk), toDidJwk(jwk), ...(jwk.crv === 'secp256k1' ? [toDidEthr(jwk, 31337)] : [])];
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
