import { describe, expect, it } from '@jest/globals';
import { ACCESS_TOKEN_FORM, bearerTokenOf, digestOf, isTokenOf } from '../index.js';

describe('isTokenOf', () => {
  it('knows the token of a digest and no other', () => {
    expect(isTokenOf('the-token-of-the-owner', digestOf('the-token-of-the-owner'))).toBe(true);
    expect(isTokenOf('the-token-of-the-owneR', digestOf('the-token-of-the-owner'))).toBe(false);
    expect(isTokenOf('the-token-of-the-owner', '')).toBe(false);
  });

  it('lets nobody in without a token, also where the digest is that of the empty text', () => {
    for (const token of [undefined, '']) expect(isTokenOf(token, digestOf(''))).toBe(false);
  });
});

describe('the form of a token whose digest is configured', () => {
  it.each([
    [15, false],
    [16, true],
    [512, true],
    [513, false],
  ])('is of %i characters: %s, for the header and for the digest', (length, taken) => {
    const token = '~'.repeat(length);
    expect(ACCESS_TOKEN_FORM).toMatch(/^16 to 512 /);
    expect({ header: bearerTokenOf(`Bearer ${token}`), digest: isTokenOf(token, digestOf(token)) }).toEqual({
      header: taken ? token : undefined,
      digest: taken,
    });
  });

  it.each(['!', '~', '-', '_', '=', '/', ':'])('has the visible character %s', (character) => {
    const token = `${character}${'x'.repeat(20)}${character}`;
    expect([bearerTokenOf(`bEARER ${token}`), isTokenOf(token, digestOf(token))]).toEqual([token, true]);
  });

  it.each([' ', '\t', '\n', '\u007f', 'é', '\u0000'])('has no %j', (character) => {
    for (const token of [`${character}${'x'.repeat(20)}`, `${'x'.repeat(20)}${character}`, `xxxxxxxxxx${character}xxxxxxxxxx`])
      expect([bearerTokenOf(`Bearer ${token}`), isTokenOf(token, digestOf(token))]).toEqual([undefined, false]);
  });

  it.each(['', 'Bearer', 'Bearer ', 'DPoP the-token-of-the-owner', 'the-token-of-the-owner', ' Bearer the-token-of-the-owner'])(
    'is not looked for in %j',
    (header) => expect(bearerTokenOf(header)).toBeUndefined(),
  );
});
