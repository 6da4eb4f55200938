import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { utf8 } from '@gridpass/codec';
import { createRecordSeals } from '../index.js';
import type { RecordName } from '../index.js';

const kek = (id: string, fill: number) => ({ id, bytes: new Uint8Array(32).fill(fill) });
const NAME: RecordName = ['topic', 'tenant', 'a'];
const unavailable = expect.objectContaining({ code: 'KEY_UNAVAILABLE' });

describe('seals of records', () => {
  const seals = createRecordSeals([kek('one', 1)]);
  const record = seals.sealRecord(NAME, utf8('what a person showed'));

  it('open what they sealed, under its own name and no other', () => {
    expect(seals.openRecord(NAME, record)).toEqual(utf8('what a person showed'));
    const names: readonly RecordName[] = [
      ['topic', 'tenant', 'b'],
      ['topic', 'other', 'a'],
      ['other', 'tenant', 'a'],
      ['topic', 'tenanta'],
    ];
    for (const name of names) expect(() => seals.openRecord(name, record)).toThrow(unavailable);
  });

  it('do not open with the data key of another record', () => {
    const other = seals.sealRecord(NAME, utf8('something else'));
    expect(() => seals.openRecord(NAME, { ...record, wrappedDataKey: other.wrappedDataKey })).toThrow(unavailable);
  });

  it('do not open when any bit of them is touched', () => {
    fc.assert(
      fc.property(fc.constantFrom('wrappedDataKey' as const, 'sealed' as const), fc.nat(), fc.nat(7), (part, at, bit) => {
        const touched = record[part].slice();
        const index = at % touched.length;
        touched[index] = (touched[index] ?? 0) ^ (1 << bit);
        expect(() => seals.openRecord(NAME, { ...record, [part]: touched })).toThrow(unavailable);
      }),
    );
  });

  it('are wrapped anew under the first key-encryption key, and then no longer need the old one', () => {
    const both = createRecordSeals([kek('two', 2), kek('one', 1)]);
    const rewrapped = { ...record, ...both.rewrapRecord(NAME, record) };
    expect(rewrapped).toMatchObject({ kekId: 'two', sealed: record.sealed });
    expect(createRecordSeals([kek('two', 2)]).openRecord(NAME, rewrapped)).toEqual(utf8('what a person showed'));
    expect(() => seals.openRecord(NAME, rewrapped)).toThrow(unavailable);
  });

  it('print nothing, and need at least one key of 32 bytes', () => {
    expect(inspect(seals)).toBe('RecordSeals { sealed }');
    expect(() => createRecordSeals([])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => createRecordSeals([{ id: 'x', bytes: new Uint8Array(31) }])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
