import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '@gridpass/core';
import { parseDateTimeStamp, parseJson, parseNumericDate } from '../index.js';

const T = 1_795_801_622;

describe('parseNumericDate', () => {
  it.each([
    [0, 0, 0],
    [T, T, T],
    [T + 0.5, T, T + 1],
    [T + 0.000_001, T, T + 1],
    [T + 0.999_999, T, T + 1],
    [253_402_300_799, 253_402_300_799, 253_402_300_799],
  ])('keeps %d as it is, between %d and %d', (value, down, up) => {
    expect(parseNumericDate(value)).toEqual({ exact: value, down, up });
  });

  it('reads an exponent and a trailing zero as the number they are', () => {
    for (const text of ['1.795801622e9', '1795801622.0', '1795801622.50', '17958016225e-1']) {
      const read = parseJson(text);
      expect(parseNumericDate(read.value)?.down).toBe(T);
    }
  });

  it('knows one zero', () => {
    expect(Object.values(parseNumericDate(-0) ?? {}).map((value) => Object.is(value, 0))).toEqual([true, true, true]);
  });

  it.each<[string, JsonValue | undefined]>([
    ['none', undefined],
    ['null', null],
    ['a text', String(T)],
    ['a date', '2026-11-27T20:00:00Z'],
    ['a truth', true],
    ['a list', [T]],
    ['an object', { seconds: T }],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['1e308', 1e308],
    ['milliseconds', T * 1000],
    ['a negative number', -1],
    ['a negative fraction', -0.5],
    ['the first second of the year 10000', 253_402_300_800],
    ['a fraction after the last second', 253_402_300_799.5],
  ])('has none for %s', (_name, value) => {
    expect(parseNumericDate(value)).toBeUndefined();
  });
});

describe('parseDateTimeStamp', () => {
  it.each([
    ['2026-11-27T20:13:42Z', T + 8_800],
    ['2026-11-27T20:13:42.000Z', T + 8_800],
    ['2026-11-27T21:13:42+01:00', T + 8_800],
    ['2026-11-27T14:43:42-05:30', T + 8_800],
    ['2026-11-28T10:13:42+14:00', T + 8_800],
    ['1970-01-01T00:00:00Z', 0],
    ['2024-02-29T00:00:00Z', 1_709_164_800],
    ['2024-02-28T24:00:00Z', 1_709_164_800],
    ['2024-02-28T24:00:00.00Z', 1_709_164_800],
    ['9999-12-31T23:59:59Z', 253_402_300_799],
  ])('reads %s', (text, seconds) => {
    expect(parseDateTimeStamp(text)).toEqual({ exact: seconds, down: seconds, up: seconds });
  });

  it('is the same moment as the NumericDate with the same digits', () => {
    expect(parseDateTimeStamp('2026-11-27T20:13:42.1Z')).toEqual(parseNumericDate(T + 8_800.1));
    expect(parseDateTimeStamp('2026-11-27T20:13:42.123456Z')).toEqual(parseNumericDate(T + 8_800.123_456));
    expect(parseDateTimeStamp('2026-11-27T20:13:42.5Z')).toMatchObject({ down: T + 8_800, up: T + 8_801 });
  });

  it.each([
    ['no offset', '2026-11-27T20:13:42'],
    ['a date alone', '2026-11-27'],
    ['a day that no February has', '2026-02-30T00:00:00Z'],
    ['29 February of a common year', '2026-02-29T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['month 0', '2026-00-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['second 60', '2026-11-27T20:13:60Z'],
    ['minute 60', '2026-11-27T20:60:00Z'],
    ['24:00:01', '2026-11-27T24:00:01Z'],
    ['a half second after midnight of the day', '2026-11-27T24:00:00.5Z'],
    ['an offset of 15 hours', '2026-11-27T20:13:42+15:00'],
    ['an offset of 14:01', '2026-11-27T20:13:42+14:01'],
    ['an offset without a colon', '2026-11-27T20:13:42+0100'],
    ['small letters', '2026-11-27t20:13:42z'],
    ['a space', '2026-11-27 20:13:42Z'],
    ['a space before', ' 2026-11-27T20:13:42Z'],
    ['a line end', '2026-11-27T20:13:42Z\n'],
    ['other digits', '２０26-11-27T20:13:42Z'],
    ['a fraction without digits', '2026-11-27T20:13:42.Z'],
    ['a fraction without end', `2026-11-27T20:13:42.${'0'.repeat(33)}Z`],
    ['a year of five digits', '12026-11-27T20:13:42Z'],
    ['a moment before 1970', '1969-12-31T23:59:59Z'],
    ['a moment before 1970 by its offset', '1970-01-01T00:59:59+01:00'],
    ['the year 10000 by its offset', '9999-12-31T23:59:59-00:01'],
    ['a year below 100', '0026-11-27T20:13:42Z'],
  ])('has none for %s', (_name, text) => {
    expect(parseDateTimeStamp(text)).toBeUndefined();
  });

  it.each([undefined, null, T, [], {}])('has none for %p, which is no text', (value) => {
    expect(parseDateTimeStamp(value)).toBeUndefined();
  });
});
