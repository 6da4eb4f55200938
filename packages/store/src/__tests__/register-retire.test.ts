import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { createRegisterRepository } from '../index.js';
import type { Store } from '../index.js';
import { entryOf } from './register-entry.js';

const TENANT = tenantId('t');
const AT = instant(1_790_000_000);

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
  await store.migrate();
});
afterAll(() => store.close());

const vanished = async () => {
  const rows = await store.db.selectFrom('register_entry').select('code').where('vanished_at', 'is not', null).orderBy('code').execute();
  return rows.map(({ code }) => code);
};

it('retires what no import saw since this one began, of two at once too', async () => {
  const register = createRegisterRepository(store);
  await register.saveEntries(TENANT, ['one', 'two', 'three'].map(entryOf), { begun: await register.beginImport(), at: AT });
  const begun = await register.beginImport();
  await register.saveEntries(TENANT, ['one', 'two'].map(entryOf), { begun, at: AT });
  // Another import sees one of them again in between. It is in the file of this one all the same.
  await register.saveEntries(TENANT, [entryOf('two')], { begun: await register.beginImport(), at: AT });
  expect(await register.retireUnseen(TENANT, { kinds: ['party'], begun, at: AT, mostPpm: 0 })).toEqual({ kind: 'retired', vanished: 1 });
  expect(await vanished()).toEqual(['three']);
});
