import { afterAll, beforeAll } from '@jest/globals';
import { sql } from 'kysely';
import { startPostgres } from '@gridpass/testkit';
import type { TestPostgres } from '@gridpass/testkit';
import { openStore } from '../index.js';
import type { Store } from '../index.js';

/** Two replicas on one database of a PostgreSQL, from the first test of a file to its last. */
export interface TwoConnections {
  readonly store: Store;
  /** Another replica, which holds a row. */
  readonly other: Store;
  /** Until at least so many connections wait for a lock, or what should wait is done without. */
  untilWaiting(count: number, isDone: () => boolean): Promise<void>;
}

/** To be called once, outside any test; what it gives can be used inside tests alone. */
export function openTwoConnections(): TwoConnections {
  let postgres: TestPostgres;
  let store: Store;
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
  return {
    get store() {
      return store;
    },
    get other() {
      return other;
    },
    async untilWaiting(count, isDone) {
      for (;;) {
        const { rows } = await sql<{ waiting: number }>`
          select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
          store.db,
        );
        if ((rows[0]?.waiting ?? 0) >= count || isDone()) return;
      }
    },
  };
}
