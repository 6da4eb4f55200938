import { describe, expect, it } from '@jest/globals';
import { toPartialSchema } from '../partial.js';

describe('toPartialSchema', () => {
  it('drops what the top and `then` require, keeps `if` and nested objects, and takes an id of its own', () => {
    const nested = { type: 'object', required: ['x'] };
    const selects = { required: ['kind'] };
    const document = {
      $id: 'urn:a',
      required: ['kind'],
      properties: { nested },
      allOf: [{ if: selects, then: { required: ['more'], properties: {} } }, { properties: {} }, true],
    };
    expect(toPartialSchema(document)).toEqual({
      $id: 'urn:a:partial',
      properties: { nested },
      allOf: [{ if: selects, then: { properties: {} } }, { properties: {} }, true],
    });
    expect(document.required).toEqual(['kind']);
  });
});
