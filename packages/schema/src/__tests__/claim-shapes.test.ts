import { describe, expect, it } from '@jest/globals';
import { CREDENTIAL_TYPES } from '@gridpass/core';
import { createClaimShapes } from '../index.js';

describe('the shapes of claims', () => {
  const shapes = createClaimShapes();

  it('say what stands in each claim, in groups and in lists', () => {
    expect(shapes('MarketPartyRole')).toMatchObject({
      party: { kind: 'group' },
      'party.scheme': { kind: 'text', codes: ['eic', 'gln', 'lei', 'bic', 'acer', 'bdew', 'dvgw'] },
      roleCodes: { kind: 'texts', codes: ['A12', 'A08', 'A46', 'A47', 'A21', 'A45'] },
      brpDid: { kind: 'text', unit: 'did' },
      financialSecurityCents: { kind: 'number', minimum: 0, maximum: 9_007_199_254_740_991 },
    });
    expect(shapes('MarketOperatorRole')['requestableClaims']).toEqual({ kind: 'no-fact' });
    expect(shapes('CustomerStatus')['active']).toMatchObject({ kind: 'flag' });
    expect(shapes('DeviceCommissioning')['commissioned']).toMatchObject({ kind: 'number', unit: 'epochDay' });
  });

  it('admit what the schema admits, for a list one item', () => {
    const { biddingZoneEic, customerKind } = shapes('CustomerStatus');
    expect([biddingZoneEic?.admits?.('10YNO-0--------C'), biddingZoneEic?.admits?.('10YNO-0--------D')]).toEqual([true, false]);
    expect([customerKind?.admits?.('household'), customerKind?.admits?.('houshold')]).toEqual([true, false]);
    expect(shapes('MarketPartyRole')['jurisdictions']?.admits?.('NO')).toBe(true);
    expect(shapes('DeviceOwnership')['sharePpm']?.admits?.(1_000_001)).toBe(false);
  });

  it('leave no claim of any type without a kind', () => {
    for (const type of CREDENTIAL_TYPES)
      for (const [claim, { kind }] of Object.entries(shapes(type)))
        if (kind === 'no-fact') expect(`${type}.${claim}`).toBe('MarketOperatorRole.requestableClaims');
  });
});
