import { describe, expect, it } from '@jest/globals';
import { digestOf, isTokenOf } from '../index.js';

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
