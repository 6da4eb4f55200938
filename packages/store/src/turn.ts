import { Fault } from '@gridpass/core';
import { sql, type Kysely } from 'kysely';
import type { Database } from './database.js';
import { errorCode } from './faults.js';
import type { Store } from './open.js';

// Any fixed number will do; it names the lock at which processes on one database wait for each other.
const TURN_LOCK = 7_203_441_907;

/** How long one waits for the others, in milliseconds. */
const WAIT_MS = 60_000;

// INVARIANT: one queue for each database of this process, whoever asks: those who take turns know the store alone, and not each other. It ends with its database.
const turns = new WeakMap<Kysely<Database>, Promise<unknown>>();

/**
 * Does `work` while no other process on this database does the like: what a program makes at its first start is made once, by whichever
 * replica comes first, and a restore is alone. The others wait for a minute at most, then Fault STORE_UNAVAILABLE. A turn within a turn would wait for itself. On PostgreSQL it holds a
 * connection of its own; the embedded store has no other process. `waitMs` is for tests of the bound.
 */
export async function takeTurn<T>({ db, kind }: Pick<Store, 'db' | 'kind'>, work: () => Promise<T>, waitMs = WAIT_MS): Promise<T> {
  // One at a time in this process as well: those that wait must not hold the connections that the work needs.
  const before = turns.get(db) ?? Promise.resolve();
  const turn = before.then(() => (kind === 'postgres' ? alone(db, work, waitMs) : work()));
  const over = turn.then(
    () => undefined,
    () => undefined,
  );
  turns.set(db, over);
  return turn;
}

async function alone<T>(db: Kysely<Database>, work: () => Promise<T>, waitMs: number): Promise<T> {
  return db.connection().execute(async (connection) => {
    await lock(connection, waitMs);
    try {
      return await work();
    } finally {
      await sql`select pg_advisory_unlock(${sql.lit(TURN_LOCK)})`.execute(connection);
    }
  });
}

// SQLSTATE lock_not_available: `lock_timeout` is over (PostgreSQL documentation, appendix A).
const LOCK_NOT_AVAILABLE = '55P03';

async function lock(connection: Kysely<Database>, waitMs: number): Promise<void> {
  await sql`set lock_timeout = ${sql.lit(waitMs)}`.execute(connection);
  let cause: unknown;
  try {
    await sql`select pg_advisory_lock(${sql.lit(TURN_LOCK)})`.execute(connection);
  } catch (error) {
    if (errorCode(error) !== LOCK_NOT_AVAILABLE) throw error;
    cause = error;
  }
  // The connection goes back to the others, which know no bound.
  await sql`reset lock_timeout`.execute(connection);
  if (cause !== undefined)
    throw new Fault(
      'STORE_UNAVAILABLE',
      `for ${waitMs / 1_000} seconds another process has had its turn at this database, a first start or a restore; start again once that is over`,
      { cause },
    );
}
