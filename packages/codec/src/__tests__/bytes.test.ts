import { describe, expect, it } from '@jest/globals';
import {
  constantTimeEqual,
  decodeBase64url,
  decodeMultibase,
  decodeUtf8,
  decodeVarint,
  digestOf,
  encodeBase64url,
  encodeMultibase,
  encodeVarint,
  randomToken,
  sha256,
  utf8,
} from '../index.js';

describe('base64url', () => {
  it('writes the RFC 4648 vectors without padding', () => {
    expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => encodeBase64url(utf8(text)))).toEqual([
      '',
      'Zg',
      'Zm8',
      'Zm9v',
      'Zm9vYg',
      'Zm9vYmE',
      'Zm9vYmFy',
    ]);
    expect(encodeBase64url(Uint8Array.of(0xfb, 0xff, 0xfe))).toBe('-__-');
  });

  it('encodes the view, not the buffer behind it', () => {
    expect(encodeBase64url(Uint8Array.of(1, 102, 111, 111, 2).subarray(1, 4))).toBe('Zm9v');
  });

  it.each(['Zg==', 'Zm8=', 'Zh', 'Zm9', 'Zm9vY', 'Zm9v\n', 'Zm+v', 'Zm/v', 'Zm9v Zm9v', 'Zm9\u1d5b'])('refuses %j', (text) => {
    expect(decodeBase64url(text).refusal?.code).toBe('REQUEST_MALFORMED');
  });

  it('hands out bytes that share no memory', () => {
    expect(decodeBase64url('Zm9v').value?.buffer.byteLength).toBe(3);
  });
});

describe('UTF-8', () => {
  it('is read back, with a byte order mark kept', () => {
    expect(decodeUtf8(utf8('\ufeffé😀'))).toEqual({ ok: true, value: '\ufeffé😀' });
  });

  it.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xe2, 0x82]]])('is refused where it is none: %j', (bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes)).refusal?.code).toBe('REQUEST_MALFORMED');
  });
});

describe('multibase', () => {
  it('writes base58btc and base64url', () => {
    expect(encodeMultibase('z', utf8('Hello World!'))).toBe('z2NEpo7TZRRrLZSi2U');
    expect(encodeMultibase('u', utf8('foo'))).toBe('uZm9v');
    expect(encodeMultibase('z', Uint8Array.of(0, 0, 1))).toBe('z112');
  });

  it.each(['', 'f00', 'Zm9v', 'z0OIl', 'z2NEpo7TZRRrLZSi2U ', 'uZm9v=', `z${'1'.repeat(5000)}`])('refuses %j', (text) => {
    expect(decodeMultibase(text).refusal?.code).toBe('REQUEST_MALFORMED');
  });
});

describe('varint', () => {
  it('writes the multicodec prefixes of keys', () => {
    expect([0, 0x7f, 0xed, 0xe7, 0x1200].map((code) => [...encodeVarint(code)])).toEqual([[0], [0x7f], [0xed, 1], [0xe7, 1], [0x80, 0x24]]);
  });

  it('reads at an offset', () => {
    expect(decodeVarint(Uint8Array.of(9, 0xed, 1, 7), 1)).toEqual({ ok: true, value: { value: 0xed, length: 2 } });
  });

  it.each([[[]], [[0x80]], [[0x80, 0]], [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]], [Array.from({ length: 9 }, () => 0x80)]])(
    'refuses %j',
    (bytes) => {
      expect(decodeVarint(Uint8Array.from(bytes)).refusal?.code).toBe('REQUEST_MALFORMED');
    },
  );

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('does not write %d', (value) => {
    expect(() => encodeVarint(value)).toThrow(expect.objectContaining({ code: 'REQUEST_MALFORMED' }));
  });
});

describe('digests', () => {
  it('are SHA-256, of a text by its UTF-8', () => {
    expect(Buffer.from(sha256('abc')).toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(digestOf('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU');
    expect(digestOf(utf8('é'))).toBe(digestOf('é'));
    expect(encodeBase64url(sha256('x'))).toBe(digestOf('x'));
  });

  it('tell equal secrets from others of any length', () => {
    expect(constantTimeEqual('abc', utf8('abc'))).toBe(true);
    expect(constantTimeEqual('abc', 'abd')).toBe(false);
    expect(constantTimeEqual('abc', 'abcd')).toBe(false);
    expect(constantTimeEqual('', '')).toBe(true);
  });

  it('have random tokens beside them', () => {
    expect(randomToken()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(randomToken(16)).toHaveLength(22);
    expect(new Set(Array.from({ length: 100 }, () => randomToken())).size).toBe(100);
  });
});
