import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Nonce } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createFakeClock, createFakeResolver, createParty } from '@gridpass/testkit';
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

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** One character of a token replaced by another that is allowed there. */
const change = (length: number) => fc.record({ at: fc.integer({ min: 0, max: length - 1 }), to: fc.constantFrom(...ALPHABET) });
const apply = (text: string, { at, to }: { at: number; to: string }): string => `${text.slice(0, at)}${to}${text.slice(at + 1)}`;

describe('a token with one character changed', () => {
  const clock = createFakeClock();
  const resolver = createFakeResolver();
  const party = createParty('market');
  resolver.publishKey(party.did, party.kid, party.publicJwk);

  it('is refused as a request object', async () => {
    const { requestObject } = await createPresentationRequest({
      clientId: clientIdOf(party.did),
      signer: party,
      nonce: 'n-0123456789abcdef' as Nonce,
      state: 's',
      responseUri: 'https://market.example/r',
      dcql: buildDcqlQuery([[{ type: 'CustomerStatus', claims: ['active'] }]]),
      at: clock.now(),
      lifeSeconds: 60,
    });
    await fc.assert(
      fc.asyncProperty(change(requestObject.length), async (mutation) => {
        const changed = apply(requestObject, mutation);
        const parsed = await parsePresentationRequest(changed, { resolver, at: clock.now(), clockSkewSeconds: 0, rules: {} });
        expect(parsed.ok).toBe(changed === requestObject);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused as a key proof and as a DPoP proof', async () => {
    const signer = createSigner(generatePrivateJwk('ES256'));
    const proof = await buildKeyProof({ signer, credentialIssuer: 'https://dso.example', nonce: 'n', at: clock.now() });
    const dpop = await buildDpopProof({ signer, method: 'POST', url: 'https://dso.example/token', at: clock.now() });
    const bounds = { at: clock.now(), maxAgeSeconds: 60, clockSkewSeconds: 0 };
    await fc.assert(
      fc.asyncProperty(change(proof.length), change(dpop.length), async (one, other) => {
        const [changedProof, changedDpop] = [apply(proof, one), apply(dpop, other)];
        expect((await parseKeyProof(changedProof, { credentialIssuer: 'https://dso.example', resolver, ...bounds })).ok).toBe(
          changedProof === proof,
        );
        expect(parseDpopProof(changedDpop, { method: 'POST', url: 'https://dso.example/token', ...bounds }).ok).toBe(changedDpop === dpop);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a DPoP proof', () => {
  const clock = createFakeClock();
  const signer = createSigner(generatePrivateJwk('ES256'));
  const expected = { method: 'POST', url: 'https://m.example/a', at: clock.now(), maxAgeSeconds: 60, clockSkewSeconds: 0 };
  it.each([
    ['another method', { method: 'GET' }, {}],
    ['another address', { url: 'https://m.example/b' }, {}],
    ['a prefix of the address', { url: 'https://m.example/a/b' }, {}],
    ['no token hash', {}, { accessToken: 'token' }],
    ['another token', { accessToken: 'other' }, { accessToken: 'token' }],
  ])('is refused for %s', async (_name, made, wanted) => {
    const proof = await buildDpopProof({ signer, method: 'POST', url: expected.url, at: clock.now(), ...made });
    expect(parseDpopProof(proof, { ...expected, ...wanted }).refusal?.code).toBe('DPOP_INVALID');
  });
  it('leaves query and fragment of the address out', async () => {
    const proof = await buildDpopProof({ signer, method: 'POST', url: 'https://m.example/a?x=1#y', at: clock.now() });
    expect(parseDpopProof(proof, { ...expected, url: 'https://m.example/a?z=2' }).ok).toBe(true);
  });
  it('grows too old, and does not come from the future', async () => {
    const proof = await buildDpopProof({ signer, method: 'POST', url: expected.url, at: clock.now() });
    expect(parseDpopProof(proof, { ...expected, at: (clock.now() + 60) as never }).ok).toBe(true);
    expect(parseDpopProof(proof, { ...expected, at: (clock.now() + 61) as never }).ok).toBe(false);
    expect(parseDpopProof(proof, { ...expected, at: (clock.now() - 1) as never }).ok).toBe(false);
  });
});
