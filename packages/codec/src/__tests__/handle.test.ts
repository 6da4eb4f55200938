import { describe, expect, it } from '@jest/globals';
import { digestOf, handleBytes, handleOf, isHandleOf, parseHandle, textDigestOf } from '../index.js';

describe('the handle of a signed text', () => {
  it('is the digest of the signing input, whatever the signature', () => {
    expect(handleOf('head.body.one')).toBe(`v2.${digestOf('head.body')}`);
    expect(handleOf('head.body.two')).toBe(handleOf('head.body.one'));
    expect(handleOf('head.other.one')).not.toBe(handleOf('head.body.one'));
  });

  it('names the text by its own version', () => {
    expect(isHandleOf(handleOf('a.b.c'), 'a.b.d')).toBe(true);
    expect(isHandleOf(textDigestOf('a.b.c'), 'a.b.c')).toBe(true);
    expect(isHandleOf(textDigestOf('a.b.c'), 'a.b.d')).toBe(false);
    expect(isHandleOf(handleOf('a.b.c'), 'a.x.c')).toBe(false);
    // The digest of one version is never taken for that of the other.
    expect(isHandleOf(digestOf('a.b'), 'a.b.c')).toBe(false);
  });

  it('is read in either version and in no other form', () => {
    for (const handle of [handleOf('a.b.c'), textDigestOf('a.b.c')]) {
      expect(parseHandle(handle)).toBe(handle);
      expect(handleBytes(handle)).toHaveLength(32);
      for (const text of [`${handle}A`, handle.slice(0, -1), `v1.${handle}`, `v2.${'v2.'}${handle}`, ` ${handle}`, ''])
        expect(parseHandle(text)).toBeUndefined();
    }
    // The two low bits of the last character are no part of 32 bytes (RFC 4648 §3.5).
    expect(parseHandle(`${digestOf('x').slice(0, -1)}B`)).toBeUndefined();
  });
});
