import { sql, type Kysely } from 'kysely';
import type { Database } from './database.js';
import type { Store } from './open.js';

// Any fixed number will do; it names the lock at which processes on one database wait for each other.
const TURN_LOCK = 7_203_441_907;

const turns = new WeakMap<Kysely<Database>, Promise<unknown>>();

/**
 * Does `work` while no other process on this database does the like: what a program makes at its first start is made once, by whichever
 * replica comes first, and a restore is alone. The others wait. A turn within a turn would wait for itself. On PostgreSQL it holds a
 * connection of its own; the embedded store has no other process.
 */
export async function takeTurn<T>({ db, kind }: Pick<Store, 'db' | 'kind'>, work: () => Promise<T>): Promise<T> {
  // One at a time in this process as well: those that wait must not hold the connections that the work needs.
  const before = turns.get(db) ?? Promise.resolve();
  const turn = before.then(() => (kind === 'postgres' ? alone(db, work) : work()));
  const over = turn.then(
    () => undefined,
    () => undefined,
  );
  turns.set(db, over);
  return turn;
}

async function alone<T>(db: Kysely<Database>, work: () => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${sql.lit(TURN_LOCK)})`.execute(connection);
    try {
      return await work();
    } finally {
      await sql`select pg_advisory_unlock(${sql.lit(TURN_LOCK)})`.execute(connection);
    }
  });
}
