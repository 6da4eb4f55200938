import { describe, expect, it } from '@jest/globals';
import { isSuccess } from '../index.js';

describe('isSuccess', () => {
  it.each([200, 201, 203, 206, 299])('is so of %i', (status) => {
    expect(isSuccess(status)).toBe(true);
  });

  it.each([0, 100, 199, 300, 304, 404, 500, Number.NaN])('is not so of %d', (status) => {
    expect(isSuccess(status)).toBe(false);
  });
});
