import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SIGNATURE_ALGORITHMS, assertOk } from '@gridpass/core';
import {
  checkJws,
  createSigner,
  generatePrivateJwk,
  parseCompactJws,
  parsePublicJwk,
  signCompactJws,
  toPrivateJwk,
  verifySignature,
} from '../index.js';

const signers = Object.fromEntries(SIGNATURE_ALGORITHMS.map((alg) => [alg, createSigner(generatePrivateJwk(alg))]));

describe.each(SIGNATURE_ALGORITHMS)('%s', (alg) => {
  const signer = signers[alg] ?? createSigner(generatePrivateJwk(alg));

  it('verifies any message, and none with any one bit of message or signature turned', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(), async (message, place) => {
        const signature = await signer.sign(message);
        expect(verifySignature(signer.publicJwk, alg, message, signature)).toBe(true);
        const turn = (bytes: Uint8Array): Uint8Array =>
          bytes.map((byte, index) => (index === (place >> 3) % bytes.length ? byte ^ (1 << (place & 7)) : byte));
        expect(verifySignature(signer.publicJwk, alg, turn(message), signature)).toBe(false);
        expect(verifySignature(signer.publicJwk, alg, message, turn(signature))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a token with any one character changed', async () => {
    const token = await signCompactJws({ typ: 'vc+jwt', kid: 'did:key:z#z' }, { iss: 'did:key:z', sub: 'x' }, signer);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'ABCxyz019-_.=+ '), (index, character) => {
        fc.pre(token[index] !== character);
        const jws = parseCompactJws(token.slice(0, index) + character + token.slice(index + 1));
        expect(jws.ok && checkJws(jws.value, signer.publicJwk, { typ: 'vc+jwt' }).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('makes of every scalar either a key that reads back or a mistake', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (scalar) => {
        const jwk = toPrivateJwk(alg, Uint8Array.from([1, ...scalar.slice(1)]));
        const { d, ...publicMembers } = jwk;
        expect(assertOk(parsePublicJwk(publicMembers))).toEqual(publicMembers);
        expect(d).toHaveLength(43);
      }),
      { numRuns: 60 },
    );
  });
});

describe('parseCompactJws', () => {
  it('answers any text with an outcome', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.base64String(), { maxLength: 4 }).map((parts) => parts.join('.')),
        ),
        (text) => {
          expect(parseCompactJws(text).ok).toBe(false);
        },
      ),
    );
  });
});
