import { describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import { findWeakSalts, issueSdJwtVc, parseSdJwtVc } from '../index.js';
import { sdInput } from './fixtures.js';

const of = (...salts: readonly (readonly [string, string?])[]) =>
  findWeakSalts(salts.map(([salt, name]) => ({ encoded: '', salt, value: 1, ...(name === undefined ? {} : { name }) })));

describe('findWeakSalts', () => {
  it('finds a salt of 21 characters and not one of 22', () => {
    expect(of(['a'.repeat(21), 'x'], ['b'.repeat(22), 'y'])).toEqual([{ claim: 'x', weakness: 'short' }]);
  });

  it('finds a salt that is used twice, at each of its uses', () => {
    expect(of(['a'.repeat(22), 'x'], ['a'.repeat(22), 'y'], ['b'.repeat(22), 'z'])).toEqual([
      { claim: 'x', weakness: 'repeated' },
      { claim: 'y', weakness: 'repeated' },
    ]);
  });

  it('names no claim for an array element', () => {
    expect(of(['a'])).toEqual([{ weakness: 'short' }]);
  });

  it('finds none in what is issued here', async () => {
    expect(findWeakSalts(assertOk(parseSdJwtVc((await issueSdJwtVc(sdInput())).compact)).disclosures)).toEqual([]);
  });
});
