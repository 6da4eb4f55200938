import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalJson,
  decodeBase64url,
  decodeCbor,
  decodeMultibase,
  decodeVarint,
  encodeBase64url,
  encodeCbor,
  encodeMultibase,
  encodeVarint,
  parseJson,
} from '../index.js';

const wellFormed = fc.string({ unit: 'binary' });
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    wellFormed,
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger(),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((n) => !Number.isInteger(n) || Number.isSafeInteger(n))
      .map((n) => n + 0),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      wellFormed.filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name)),
      tie('value'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
})).value;

describe('codec properties', () => {
  it('reads back what canonical JSON wrote, and writes the same again', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value as never);
        const read = parseJson(text);
        expect(read.ok && canonicalJson(read.value)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('never accepts what the native parser refuses, and agrees with it otherwise', () => {
    fc.assert(
      fc.property(
        json,
        fc.nat(),
        fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\\', '0', '-', 'e', '.', ' ', 'x', '\u0000'),
        (value, position, character) => {
          const text = canonicalJson(value as never);
          const at = position % (text.length + 1);
          const tampered = text.slice(0, at) + character + text.slice(at + 1);
          const read = parseJson(tampered);
          if (read.ok) expect(read.value).toEqual(JSON.parse(tampered));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives back the bytes through base64url, both multibases and CBOR', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual({ ok: true, value: bytes });
        expect(decodeMultibase(encodeMultibase('z', bytes))).toEqual({ ok: true, value: bytes });
        expect(decodeMultibase(encodeMultibase('u', bytes))).toEqual({ ok: true, value: bytes });
        expect(decodeCbor(encodeCbor(bytes))).toEqual({ ok: true, value: bytes });
      }),
    );
  });

  it('accepts exactly one spelling of any bytes in base64url', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQgwBZaz09-_=+/ '), maxLength: 12 }), (text) => {
        const bytes = decodeBase64url(text);
        if (bytes.ok) expect(encodeBase64url(bytes.value)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('accepts CBOR only in the one spelling it would write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const value = decodeCbor(bytes);
        if (value.ok) expect(encodeCbor(value.value)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back every safe integer through a varint, in one spelling', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = encodeVarint(value);
        expect(decodeVarint(bytes)).toEqual({ ok: true, value: { value, length: bytes.length } });
      }),
    );
  });
});
