import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toLines, type LineRules } from '../lines.js';
import { utf8 } from '../utf8.js';

/** Cut into pieces of that many bytes, each of a new buffer. */
async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.slice(from, from + size);
}
async function read(input: string | Uint8Array, rules?: LineRules, size = 1_000): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of toLines(cut(typeof input === 'string' ? utf8(input) : input, size), rules)) lines.push(line);
  return lines;
}

describe('lines end at a line feed and nowhere else', () => {
  it.each([
    ['U+2028', '\u2028'],
    ['U+2029', '\u2029'],
    ['U+0085', '\u0085'],
    ['a vertical tab', '\v'],
    ['a form feed', '\f'],
    ['a carriage return', '\r'],
  ])('and not at %s', async (_what, character) => {
    const line = `{"text":"a${character}b"}`;
    expect(await read(`${line}\n${line}\n`)).toEqual([line, line]);
    expect(await read(`${line}\n${line}\n`, { crlf: true })).toEqual([line, line]);
  });

  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\n', ['a', '']],
    ['a\nb', ['a', 'b']],
    ['\na', ['', 'a']],
  ])('%j', async (text, lines) => {
    expect(await read(text)).toEqual(lines);
  });

  it('reads a text in whatever pieces it comes, also within a character', async () => {
    const lines = ['ä€😀\u2028', '', '😀'];
    for (const size of [1, 2, 3, 5]) expect(await read(lines.join('\n'), {}, size)).toEqual(lines);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' })), fc.integer({ min: 1, max: 9 }), async (texts, size) => {
        const whole = texts.join('\n');
        expect(await read(`${whole}\n`, {}, size)).toEqual(whole.split('\n'));
      }),
    );
  });
});

describe('a carriage return before a line feed', () => {
  it('is a part of the line unless the format says otherwise', async () => {
    expect(await read('a\r\nb\r\n')).toEqual(['a\r', 'b\r']);
    for (const size of [1, 2, 3]) expect(await read('a\r\nb\r\n\r\n', { crlf: true }, size)).toEqual(['a', 'b', '']);
    expect(await read('a\r', { crlf: true })).toEqual(['a\r']);
  });
});

describe('what is no line is named by its number', () => {
  const long = { code: 'REQUEST_MALFORMED', message: 'line 2: longer than 4 bytes' };
  it('one byte longer than is taken, before its end is there', async () => {
    for (const crlf of [false, true]) {
      for (const size of [1, 3, 100]) {
        expect(await read('ab\n1234\n', { maxBytes: 4, crlf }, size)).toEqual(['ab', '1234']);
        await expect(read('ab\n12345\n', { maxBytes: 4, crlf }, size)).rejects.toMatchObject(long);
        await expect(read('ab\n123456', { maxBytes: 4, crlf }, size)).rejects.toMatchObject(long);
      }
    }
    expect(await read('ab\n1234\r\n', { maxBytes: 4, crlf: true }, 1)).toEqual(['ab', '1234']);
  });

  it('bytes that are no UTF-8, and a character that ends in the middle', async () => {
    for (const bytes of [
      [0x61, 0x0a, 0xff],
      [0x61, 0x0a, 0xe2, 0x80, 0x0a, 0xa8],
      [0x61, 0x0a, 0xe2, 0x80],
    ])
      await expect(read(new Uint8Array(bytes))).rejects.toMatchObject({ code: 'REQUEST_MALFORMED', message: 'line 2: not UTF-8' });
  });
});
