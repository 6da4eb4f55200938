import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '@gridpass/core';
import { canonicalJson, decodeCbor, deepFreeze, encodeCbor, isJsonObject, memberOf, utf8, type CborInput } from '../index.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

describe('canonicalJson', () => {
  it('spells the RFC 8785 examples', () => {
    expect(
      canonicalJson({
        numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0],
        string: '€$\u000f\nA\'B"\\\\"/',
        literals: [null, true, false],
      }),
    ).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const sorted = { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 };
    expect(canonicalJson(sorted)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  });

  it.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['Infinity', [Number.POSITIVE_INFINITY]],
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['a bigint', 1n],
    ['a class instance', new Map()],
    ['a date', new Date(0)],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a name', { '\udc00': 1 }],
  ])('does not spell %s', (_name, value) => {
    expect(() => canonicalJson(value as JsonValue)).toThrow(expect.objectContaining({ code: 'REQUEST_MALFORMED' }));
  });

  it('does not follow a circle', () => {
    const circle: JsonValue[] = [];
    circle.push(circle);
    expect(() => canonicalJson(circle)).toThrow('deep or circular');
  });
});

describe('JSON objects', () => {
  it('are plain objects and nothing else', () => {
    expect([{}, { a: 1 }, Object.create(null)].every(isJsonObject)).toBe(true);
    expect([null, [], 'a', 1, undefined, new Map(), new Uint8Array(), new Date(), () => 1].some(isJsonObject)).toBe(false);
  });

  it('are read by their own members', () => {
    expect(memberOf({ a: null }, 'a')).toBeNull();
    expect(memberOf({}, 'toString')).toBeUndefined();
    expect(memberOf({}, '__proto__')).toBeUndefined();
  });
});

describe('deepFreeze', () => {
  it('freezes what a value holds, and leaves scalars and bytes alone', () => {
    const bytes = new Uint8Array(2);
    const value = deepFreeze({ a: [{ b: 1 }], bytes, none: null });
    expect([value, value.a, value.a[0]].every(Object.isFrozen)).toBe(true);
    bytes[0] = 1;
    expect(deepFreeze('text')).toBe('text');
  });

  it('ends on a circle', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(Object.isFrozen(deepFreeze(circle))).toBe(true);
  });
});

describe('CBOR', () => {
  it.each<[string, CborInput]>([
    ['00', 0],
    ['1903e8', 1000],
    ['20', -1],
    ['f5', true],
    ['f6', null],
    ['fb3ff199999999999a', 1.1],
    ['4401020304', Uint8Array.of(1, 2, 3, 4)],
    ['6449455446', 'IETF'],
    ['83010203', [1, 2, 3]],
    [
      'a201020304',
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    ['80', []],
    ['a0', new Map()],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['1bffffffffffffffff', 18446744073709551615n],
  ])('reads and writes %s (RFC 8949, appendix A)', (text, value) => {
    expect(encodeCbor(value)).toEqual(hex(text));
    expect(decodeCbor(hex(text))).toEqual({ ok: true, value });
  });

  it('writes plain objects as maps with sorted text keys', () => {
    expect(encodeCbor({ bb: 1, a: 2 })).toEqual(hex('a2616102626262' + '01'));
  });

  it.each([
    ['nothing', ''],
    ['bytes after the item', '0000'],
    ['a long form of a small number', '1800'],
    ['an indefinite list', '9f01ff'],
    ['an indefinite text', '7f6161ff'],
    ['a tag', 'c11a514b67b0'],
    ['undefined', 'f7'],
    ['NaN', 'f97e00'],
    ['infinity', 'f97c00'],
    ['a duplicate key', 'a201020103'],
    ['keys out of order', 'a203040102'],
    ['a text that is not UTF-8', '61ff'],
    ['a cut text', '6261'],
    ['a cut header', '19'],
    ['a count beyond the input', '9affffffff'],
    ['a length beyond the input', '5affffffff'],
    ['a long form of a float', 'fb3ff8000000000000'],
    ['a reserved header', '1c'],
    ['a one-byte simple value', 'f800'],
    ['a list as the key of a map', 'a1810100'],
    ['a map as the key of a map', 'a1a000'],
    ['bytes as the key of a map', 'a1410100'],
    ['true as the key of a map', 'a1f500'],
    ['a float as the key of a map', 'a1f93c0000'],
    ['a list as the second key of a map in a list', '81a20100810200'],
  ])('refuses %s', (_name, text) => {
    expect(decodeCbor(hex(text)).refusal?.code).toBe('REQUEST_MALFORMED');
  });

  it('does not pass off a defect as a refusal', () => {
    expect(() => decodeCbor(new Uint8Array(1_000_000).fill(0x81).fill(0x80, -1), { maxDepth: 2_000_000 })).toThrow(
      // By its name: what a deep stack throws may belong to another realm.
      expect.objectContaining({ name: 'RangeError' }),
    );
  });

  it('refuses a nesting bomb and an item beyond the size limit', () => {
    expect(decodeCbor(new Uint8Array(1_000_000).fill(0x81)).refusal?.detail).toContain('deep');
    expect(decodeCbor(hex('818180'), { maxDepth: 3 }).ok).toBe(true);
    expect(decodeCbor(hex('818180'), { maxDepth: 2 }).refusal?.detail).toContain('deep');
    expect(decodeCbor(utf8('aaaa'), { maxBytes: 3 }).refusal?.detail).toContain('large');
  });
});
