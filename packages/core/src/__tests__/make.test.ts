import { describe, expect, it } from '@jest/globals';
import { endsAfter, instant, isInstant } from '../index.js';

describe('endsAfter', () => {
  it('holds up to the second before the end', () => {
    expect([endsAfter(101, 100), endsAfter(100, 100), endsAfter(99, 100)]).toEqual([true, false, false]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('takes an end of %p for one that has passed', (end) => {
    expect(endsAfter(end, 100)).toBe(false);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('takes every end for passed where the time is %p', (at) => {
    expect(endsAfter(100, at)).toBe(false);
  });
});

describe('isInstant', () => {
  it('knows whole seconds from 1970 to 9999', () => {
    expect([0, 1, 253_402_300_799].every(isInstant)).toBe(true);
    expect([-1, 0.5, 253_402_300_800, Number.NaN, Number.POSITIVE_INFINITY].some(isInstant)).toBe(false);
    expect(() => instant(0.5)).toThrow('whole number');
  });
});
