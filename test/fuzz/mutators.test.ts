import { describe, expect, it } from '@jest/globals';
import { mutate } from './mutators.js';
import { createRandom } from './random.js';

describe('a change of two inputs at their longest', () => {
  it('is made whole, however many bytes that is', () => {
    const long = new Uint8Array(262_144).fill(97);
    const random = createRandom(1);
    const lengths = Array.from({ length: 60 }, () => mutate('bytes', long, random, [long]).length);
    expect(Math.max(...lengths)).toBeGreaterThan(262_144 + 64);
  });
});
