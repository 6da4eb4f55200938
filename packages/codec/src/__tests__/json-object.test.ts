import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { textsIn, textsOf } from '../index.js';

describe('texts of a member', () => {
  it.each<readonly [string, JsonValue | undefined, readonly string[], readonly string[] | undefined]>([
    ['one text', 'A08', ['A08'], undefined],
    ['a list of texts', ['A08', 'A12'], ['A08', 'A12'], ['A08', 'A12']],
    ['an empty list', [], [], []],
    ['a list with one thing else', ['A08', 7], [], undefined],
    ['a list with null', [null, 'A08'], [], undefined],
    ['a list in a list', [['A08']], [], undefined],
    ['a number', 8, [], undefined],
    ['null', null, [], undefined],
    ['an object with places', { 0: 'A08', length: 1 }, [], undefined],
    ['nothing', undefined, [], undefined],
  ])('are read whole or not at all: %s', (_name, value, texts, list) => {
    expect(textsIn(value === undefined ? {} : { roles: value }, 'roles')).toEqual(texts);
    expect(textsOf(value)).toEqual(list);
  });

  it('are those of the object itself', () => {
    expect(textsIn(Object.create({ roles: ['A08'] }) as JsonObject, 'roles')).toEqual([]);
  });
});
