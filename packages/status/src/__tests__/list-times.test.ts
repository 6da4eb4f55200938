import { describe, expect, it } from '@jest/globals';
import { SIGNED_AGE_BOUNDS, problemOfListTimes } from '../index.js';

const times = { lifeSeconds: 3_600, ttlSeconds: 30, resignSeconds: 120 };

describe('the times of status lists', () => {
  it('are good up to the second before readers take a list for too old', () => {
    const most = SIGNED_AGE_BOUNDS.defaultSeconds - 1 - times.ttlSeconds;
    expect(problemOfListTimes({ ...times, resignSeconds: most })).toBeUndefined();
    expect(problemOfListTimes({ ...times, resignSeconds: most + 1 })).toEqual({
      key: 'resignSeconds',
      says: 'signed anew after 270 s and kept for a ttl of 30 s, a list is up to 300 s old, and readers take none that is 300 s old (their signedAge): lower one of the two',
    });
  });

  it('leave a copy in a cache within its own life, and readers four tries within it', () => {
    expect(problemOfListTimes({ lifeSeconds: 150, ttlSeconds: 30, resignSeconds: 120 })).toBeUndefined();
    expect(problemOfListTimes({ lifeSeconds: 149, ttlSeconds: 30, resignSeconds: 120 })).toMatchObject({ key: 'resignSeconds' });
    expect(problemOfListTimes({ lifeSeconds: 120, ttlSeconds: 30, resignSeconds: 1 })).toBeUndefined();
    expect(problemOfListTimes({ lifeSeconds: 119, ttlSeconds: 30, resignSeconds: 1 })).toEqual({
      key: 'lifeSeconds',
      says: 'at least four times the ttl: 119 is less than 4 × 30 = 120',
    });
  });

  it.each(['lifeSeconds', 'ttlSeconds', 'resignSeconds'] as const)('are whole seconds: %s', (key) => {
    for (const seconds of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(problemOfListTimes({ ...times, [key]: seconds })).toMatchObject({ key });
  });
});
