import { describe, expect, it } from '@jest/globals';
import { createAccessToken, digestOf, isTokenOf, randomToken } from '@gridpass/codec';
import { tokenDigestConfig } from '../token-config.js';

const config = tokenDigestConfig('the operator');
const told = (text: string): string => {
  const read = config.safeParse(text);
  return read.success ? 'taken' : (read.error.issues[0]?.message ?? '');
};

describe('where the digest of a token belongs', () => {
  it('the token itself is refused, with what to do, and not repeated', () => {
    const token = createAccessToken();
    expect(told(token)).toMatch(/^is the token itself, .*make a new one/);
    expect(told(token)).not.toContain(token);
    expect(told(`${token}x`)).toBe('the base64url SHA-256 of the token');
  });

  it('a digest is taken, also one that begins as tokens do', () => {
    expect(told(digestOf(createAccessToken()))).toBe('taken');
    expect(told(`gp_${'A'.repeat(40)}`)).toBe('taken');
  });

  it('is the digest of a token of before as well, which goes on working', () => {
    for (const token of [randomToken(32), createAccessToken(), 'a-token-of-ones-own'])
      expect([told(digestOf(token)), isTokenOf(token, digestOf(token))]).toEqual(['taken', true]);
  });
});
