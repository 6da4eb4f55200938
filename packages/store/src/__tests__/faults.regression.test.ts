// A path or body that spells U+0000 used to end as a failure of ours (500): PostgreSQL holds no such character.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenantId } from '@gridpass/core';
import { createIssuanceRepository, createMarketRepository, type Store } from '../index.js';
import { openTestStore } from '@gridpass/testkit';

describe('text that no column can hold', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('is the mistake of whoever sent it', async () => {
    const tenant = tenantId('dso');
    const read = createIssuanceRepository(store).readApplication(tenant, 'a\u0000');
    await expect(read).rejects.toMatchObject({ name: 'InputError', code: 'REQUEST_MALFORMED' });
    const cancelled = createMarketRepository(store).cancelOrder(tenant, { id: '\u0000', owner: 'x' as never });
    await expect(cancelled).rejects.toMatchObject({ name: 'InputError', code: 'REQUEST_MALFORMED' });
  });
});
