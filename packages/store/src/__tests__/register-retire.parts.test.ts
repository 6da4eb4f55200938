import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { instant, tenantId } from '@gridpass/core';
import { startPostgres } from '@gridpass/testkit';
import type { TestPostgres } from '@gridpass/testkit';
import { createRegisterRepository, openStore } from '../index.js';
import type { Store } from '../index.js';
import { entryOf } from './register-entry.js';

const TENANT = tenantId('t');
const AT = instant(1_790_000_000);

let postgres: TestPostgres;
let store: Store;
/** Another replica, which holds a row. */
let other: Store;
beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  store = await openStore({ kind: 'postgres', url, maxConnections: 4 });
  other = await openStore({ kind: 'postgres', url, maxConnections: 1 });
  await store.migrate();
});
afterAll(async () => {
  await store.close();
  await other.close();
  await postgres.stop();
});

/** Until so many connections wait for a lock, or what should wait is done without. */
async function untilWaiting(count: number, isDone: () => boolean): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      store.db,
    );
    if (rows[0]?.waiting === count || isDone()) return;
  }
}

it('retires what it counted: another import waits until that is done', async () => {
  const register = createRegisterRepository(store);
  await register.saveEntries(TENANT, ['one', 'two'].map(entryOf), { begun: await register.beginImport(), at: AT });
  const begun = await register.beginImport();
  const later = await register.beginImport();
  let done = 0;
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    done += 1;
    return result;
  };
  const acts = await other.transaction(async (tx) => {
    // One row is held, so that the retirement stops between its count and its change.
    await tx.selectFrom('register_entry').select('code').where('code', '=', 'one').forUpdate().execute();
    const retire = counted(register.retireUnseen(TENANT, { kinds: ['party'], begun, at: AT, mostPpm: 0, confirmed: 2 }));
    await untilWaiting(1, () => done > 0);
    const save = counted(register.saveEntries(TENANT, [entryOf('two')], { begun: later, at: AT }));
    await untilWaiting(2, () => done > 0);
    expect(done).toBe(0);
    return [retire, save] as const;
  });
  expect(await acts[0]).toEqual({ kind: 'retired', vanished: 2 });
  // It comes after the retirement, and so brings back what that took.
  expect(await acts[1]).toMatchObject({ updated: 1 });
});
