import { describe, expect, it } from '@jest/globals';
import { parseJson, utf8 } from '../index.js';

const detailOf = (input: string | Uint8Array, limits = {}): string => {
  const outcome = parseJson(input, limits);
  expect(outcome.ok).toBe(false);
  expect(outcome.refusal?.code).toBe('REQUEST_MALFORMED');
  return outcome.refusal?.detail ?? '';
};

describe('parseJson', () => {
  it.each([
    'true',
    'false',
    'null',
    '0',
    '-0.5',
    '1e3',
    '9007199254740991.0',
    '90071992547409910e-1',
    '5e-324',
    '0e-400',
    '0.000e5',
    '1795801621.9999',
    '-0.1',
    '1E-2',
    '""',
    '[]',
    '{}',
    ' [ 1 , 2 ]\n',
    '{"a":{"b":[1,"x",null]},"c":false}',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"',
    '"é😀"',
    '9007199254740991',
    '{"toString":1,"hasOwnProperty":2}',
  ])('reads %s as the native parser does', (text) => {
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    expect(parseJson(utf8(text))).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it.each([
    ['{"a":1,"a":2}', 'duplicate'],
    ['{"a":1,"\\u0061":2}', 'duplicate'],
    ['{"x":{"__proto__":{}}}', 'forbidden'],
    ['{"\\u005f_proto__":1}', 'forbidden'],
    ['{"constructor":1}', 'forbidden'],
    ['{"prototype":1}', 'forbidden'],
    ['9007199254740992', 'range'],
    ['-9007199254740993', 'range'],
    ['1e999', 'range'],
    ['9007199254740992e0', 'range'],
    ['9007199254740992.0', 'range'],
    ['90071992547409920e-1', 'range'],
    ['1e22', 'range'],
    ['1e-400', 'range'],
    ['-1e-400', 'range'],
    ['0.99999999999999999', 'range'],
    ['1795801621.99999999999', 'range'],
    ['"\\ud800"', 'lone surrogate'],
    ['"\ud800"', 'lone surrogate'],
    ['"\\x"', 'escape'],
    ['"\\u12g4"', 'escape'],
    ['"\\', 'escape'],
    ['"abc', 'no end'],
    ['"a\nb"', 'control'],
    ['1 2', 'after the value'],
    ['01', 'after the value'],
    ['1.', 'after the value'],
    ['+1', 'no value'],
    ['NaN', 'no value'],
    ['', 'no value'],
    ['\ufeff{}', 'no value'],
    ['\u00a0{}', 'no value'],
    ['[1,]', 'no value'],
    ['[1', 'does not end'],
    ['{"a":1', 'does not end'],
    ['{"a":1,}', 'no member name'],
    ['{a:1}', 'no member name'],
    ["{'a':1}", 'no member name'],
    ['{"a" 1}', 'no colon'],
    ['// x\n1', 'no value'],
  ])('refuses %j because of %s', (text, reason) => {
    expect(detailOf(text)).toContain(reason);
  });

  it.each(['1e-400', '-1E-400', '2e-324', '0.1e-399', `0.${'0'.repeat(400)}1`, '{"a":[1e-400]}', '1e-999999999999999999999'])(
    'reads no number as nothing: %s',
    (text) => {
      expect(detailOf(text)).toContain('range');
    },
  );

  it.each(['0', '-0', '0e-400', '0.000', '5e-324', '-0.0E+5'])('reads what is nothing, and the least that is something: %s', (text) => {
    expect(parseJson(text)).toEqual({ ok: true, value: Number(text) });
  });

  it('refuses bytes that are not UTF-8, and a byte order mark', () => {
    expect(detailOf(Uint8Array.of(0x22, 0xff, 0x22))).toContain('UTF-8');
    expect(detailOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31))).toContain('no value');
  });

  it('allows the depth limit exactly and refuses one level more', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(parseJson(nested(32)).ok).toBe(true);
    expect(detailOf(nested(33))).toContain('deep');
    expect(detailOf(nested(500_000))).toContain('deep');
    expect(detailOf('{"a":{"a":1}}', { maxDepth: 1 })).toContain('deep');
  });

  it('does not pass off a defect as a refusal', () => {
    expect(() => parseJson('['.repeat(500_000), { maxDepth: 1_000_000 })).toThrow(RangeError);
  });

  it('counts bytes, not characters, against the size limit', () => {
    expect(parseJson('"é"', { maxBytes: 4 }).ok).toBe(true);
    expect(detailOf('"é"', { maxBytes: 3 })).toContain('large');
    expect(detailOf('"aaaaaaa"', { maxBytes: 3 })).toContain('large');
    expect(detailOf(utf8('"é"'), { maxBytes: 3 })).toContain('large');
  });

  it('keeps the text out of the refusal', () => {
    expect(detailOf('{"secret-name":1,"secret-name":2}')).not.toContain('secret');
  });
});
