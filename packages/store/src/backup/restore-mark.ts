import { sql } from 'kysely';
import type { Executor } from '../database.js';
import type { Store } from '../open.js';
import { hasTable, RESTORE_TABLE } from './catalog.js';

/** How far a restore came: its rows are not all there, or its logs are not known to be those that were signed last. */
export interface RestoreMark {
  /** Which backup: the name that it has in itself. */
  readonly backup: string;
  readonly state: 'loading' | 'logs';
}

const table = sql.table(RESTORE_TABLE);

/** Undefined where no restore is under way: the database may be opened. */
export async function readRestoreMark({ db }: Pick<Store, 'db'>): Promise<RestoreMark | undefined> {
  return (await hasTable(db, RESTORE_TABLE)) ? readMark(db) : undefined;
}

/** Marks the database as one that is being filled; to be done before its first table is made. */
export async function beginRestoreMark({ transaction }: Pick<Store, 'transaction'>, backup: string): Promise<void> {
  await transaction(async (db) => {
    await sql`create table ${table} (one integer primary key check (one = 1), backup text not null, state text not null)`.execute(db);
    await sql`insert into ${table} (one, backup, state) values (1, ${backup}, 'loading')`.execute(db);
  });
}

/** The mark, held against everybody else who restores until the transaction ends. */
export async function lockRestoreMark(db: Executor): Promise<RestoreMark | undefined> {
  await sql`lock table ${table} in exclusive mode`.execute(db);
  return readMark(db);
}

/** In the transaction that brings the rows in: they are all there, or the mark says that they are not. */
export async function markLoaded(db: Executor): Promise<void> {
  await sql`update ${table} set state = 'logs'`.execute(db);
}

/** From now on the program opens the database. */
export async function endRestoreMark({ db }: Pick<Store, 'db'>): Promise<void> {
  await sql`drop table if exists ${table}`.execute(db);
}

async function readMark(db: Executor): Promise<RestoreMark | undefined> {
  const { rows } = await sql<RestoreMark>`select backup, state from ${table}`.execute(db);
  return rows[0];
}
