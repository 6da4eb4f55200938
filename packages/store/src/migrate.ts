import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Kysely } from 'kysely';
import { isError } from '@gridpass/core';
import type { Database } from './database.js';
import { MIGRATIONS } from './migrations/index.js';

// Any fixed number will do; it names the lock that two starting processes meet at.
const MIGRATION_LOCK = 7_203_441_906;

/** Brings the schema up to date. Safe beside other processes doing the same: one migrates, the others wait and find it done. */
export async function migrateUp(db: Kysely<Database>): Promise<readonly string[]> {
  return withMigrator(db, async (migrator) => {
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) throw toError(error);
    return (results ?? []).map((result) => result.migrationName);
  });
}

/** Brings an empty database to the migration of that name, where an older version stood. */
export async function migrateTo(db: Kysely<Database>, name: string): Promise<void> {
  await withMigrator(db, async (migrator) => {
    const { error } = await migrator.migrateTo(name);
    if (error !== undefined) throw toError(error);
  });
}

/** Takes back the last `count` migrations, newest first, with their data. */
export async function migrateDown(db: Kysely<Database>, count: number): Promise<readonly string[]> {
  return withMigrator(db, async (migrator) => {
    const undone: string[] = [];
    for (let step = 0; step < count; step += 1) {
      const { error, results } = await migrator.migrateDown();
      if (error !== undefined) throw toError(error);
      if (results === undefined || results.length === 0) break;
      undone.push(...results.map((result) => result.migrationName));
    }
    return undone;
  });
}

/** The migrator hands over what was thrown as unknown. */
const toError = (thrown: unknown): Error => (isError(thrown) ? thrown : new Error('a migration failed', { cause: thrown }));

async function withMigrator<T>(db: Kysely<Database>, work: (migrator: Migrator) => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    // Kysely's own lock begins after its tables exist; this one covers their creation too.
    await sql`select pg_advisory_lock(${sql.lit(MIGRATION_LOCK)})`.execute(connection);
    try {
      return await work(new Migrator({ db: connection, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } }));
    } finally {
      await sql`select pg_advisory_unlock(${sql.lit(MIGRATION_LOCK)})`.execute(connection);
    }
  });
}
