import { describe, expect, it } from '@jest/globals';
import { nameNeeds } from '../index.js';

describe('the ids of what is asked for', () => {
  it('are the type, numbered from the second of a type on, and one for the same claims in another order', () => {
    const named = nameNeeds([
      [
        { type: 'CustomerStatus', claims: ['active', 'jurisdiction'] },
        { type: 'DeviceCommissioning', claims: [] },
      ],
      [{ type: 'CustomerStatus', claims: ['jurisdiction', 'active', 'active'] }],
      [{ type: 'CustomerStatus', claims: ['active'] }],
    ]);
    expect(named.credentials).toEqual([
      { id: 'CustomerStatus', type: 'CustomerStatus', claims: ['active', 'jurisdiction'] },
      { id: 'DeviceCommissioning', type: 'DeviceCommissioning', claims: [] },
      { id: 'CustomerStatus_2', type: 'CustomerStatus', claims: ['active'] },
    ]);
    expect(named.alternatives).toEqual([['CustomerStatus', 'DeviceCommissioning'], ['CustomerStatus'], ['CustomerStatus_2']]);
  });
});
