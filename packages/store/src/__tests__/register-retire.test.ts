import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { instant, tenantId } from '@gridpass/core';
import type { Digest, RegisterEntry } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { createRegisterRepository } from '../index.js';
import type { Store } from '../index.js';

const TENANT = tenantId('t');
const AT = instant(1_790_000_000);
const entryOf = (value: string): { entry: RegisterEntry; digest: Digest } => ({
  entry: {
    ...{ code: { scheme: 'eic', value }, kind: 'party', displayName: value, longName: value, status: 'active', country: 'DK' },
    ...{ responsibleParty: '', functions: [], roleCodes: [] },
  },
  digest: `digest of ${value}` as Digest,
});

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
  await store.migrate();
});
afterAll(() => store.close());

it('retires as many as were counted, or none', async () => {
  const register = createRegisterRepository(store);
  await register.saveEntries(TENANT, ['one', 'two', 'three'].map(entryOf), AT, 'first');
  const retire = () => register.retireUnseen(TENANT, { kinds: ['party'], importId: 'second', at: AT, mostPpm: 0, confirmed: 3 });
  const vanished = async () => {
    const rows = await store.db.selectFrom('register_entry').select('code').where('vanished_at', 'is not', null).execute();
    return rows.length;
  };
  // One of them is taken out between the count and the change, as another import would.
  await sql`create function keep_two() returns trigger language plpgsql as
    $$ begin if old.code = 'two' then return null; end if; return new; end $$`.execute(store.db);
  await sql`create trigger keep_two before update on register_entry for each row execute function keep_two()`.execute(store.db);
  await expect(retire()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(await vanished()).toBe(0);
  await sql`drop trigger keep_two on register_entry`.execute(store.db);
  expect(await retire()).toEqual({ kind: 'retired', vanished: 3 });
  expect(await vanished()).toBe(3);
});
