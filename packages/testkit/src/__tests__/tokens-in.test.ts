import { describe, expect, it } from '@jest/globals';
import { tokensIn } from '../index.js';

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const HEADER = base64url('{"alg":"ES256","typ":"vc+jwt"}');
const TOKEN = `${HEADER}.${base64url('{"iss":"did:web:a"}')}.AAAA`;

describe('tokensIn', () => {
  it.each([
    ['a token alone', TOKEN, TOKEN],
    ['in JSON', JSON.stringify({ said: TOKEN }), TOKEN],
    ['in a header', `Bearer ${TOKEN}`, TOKEN],
    ['in an address', `https://a.example/?response=${TOKEN}&state=1`, TOKEN],
    ['without a signature', `${HEADER}.e30.`, `${HEADER}.e30.`],
    ['a JWE of five parts', `"${HEADER}.a.b.c.d"`, `${HEADER}.a.b.c.d`],
    ['a header alone', `cut: ${HEADER}`, HEADER],
    ['the beginning of a token', `${TOKEN.slice(0, 12)}…`, TOKEN.slice(0, 12)],
    ['the key of a DID', `did:jwk:${base64url('{"kty":"EC"}')}`, base64url('{"kty":"EC"}')],
  ])('finds %s', (_what, text, found) => {
    // An SD-JWT's first part ends where its disclosures begin.
    expect([tokensIn(text), tokensIn(`${text}~`)]).toEqual([[found], [found]]);
  });

  it('finds each of several', () => {
    expect(tokensIn(`${TOKEN}~${TOKEN} ${HEADER}`)).toEqual([TOKEN, TOKEN, HEADER]);
  });

  it.each([
    ['an id with the three letters inside', 'xtM8gRKq6YaCeyJQ-0Zk2A'],
    ['an id with the three letters behind a hyphen', 'xtM8gRKq6YaC-eyJhbGciOi'],
    ['an id that begins with them', 'eyJQ-0Zk2AxtM8gRKq6YaC'],
    ['an id that is cut behind them', 'eyJhbGci'],
    ['nothing', ''],
  ])('finds nothing in %s', (_what, text) => {
    expect(tokensIn(`{"requestId":"${text}"}`)).toEqual([]);
  });
});
