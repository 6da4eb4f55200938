import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readLsbFirst, readMsbFirst, writeLsbFirst, writeMsbFirst } from '../index.js';

describe('list entries', () => {
  it('hold what was written and leave their neighbours alone', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 64 }),
        fc.constantFrom(0, 1, 2, 4, 8),
        fc.nat(),
        fc.nat(),
        (bytes, width, at, value) => {
          const w = Math.max(width, 1);
          const size = (bytes.length * 8) / w;
          const index = at % size;
          const v = value % (1 << w);
          const read = (list: Uint8Array, i: number): number => (width === 0 ? readMsbFirst(list, i) : readLsbFirst(list, i, w));
          const written = width === 0 ? writeMsbFirst(bytes, index, v) : writeLsbFirst(bytes, index, w, v);
          for (let i = 0; i < size; i += 1) expect(read(written, i)).toBe(i === index ? v : read(bytes, i));
        },
      ),
    );
  });

  it('have the bit orders of their specifications', () => {
    expect(writeMsbFirst(new Uint8Array(2), 0, 1)).toEqual(new Uint8Array([0x80, 0]));
    // Token Status List 4.1, first example: sixteen one-bit entries 1001 1101 1100 0101 are b9 a3.
    const statuses = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
    expect(statuses.reduce((list, value, i) => writeLsbFirst(list, i, 1, value), new Uint8Array(2) as Uint8Array)).toEqual(
      new Uint8Array([0xb9, 0xa3]),
    );
    // Second example: two-bit entries 1 2 0 3 0 1 0 1 1 2 3 3 are c9 44 f9.
    const wide = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
    expect(wide.reduce((list, value, i) => writeLsbFirst(list, i, 2, value), new Uint8Array(3) as Uint8Array)).toEqual(
      new Uint8Array([0xc9, 0x44, 0xf9]),
    );
  });
});
