import { sql } from 'kysely';
import { InputError } from '@gridpass/core';
import type { Executor } from '../database.js';

/** Left behind by a restore that is not through; no migration makes it, since it is there before the first one. */
export const RESTORE_TABLE = 'gridpass_restore';

/** A column as the server describes it. */
export interface Column {
  readonly name: string;
  /** As SQL spells it: `bigint`, `text`, `bytea`. */
  readonly type: string;
}

/** The tables that hold something of the program, referenced ones before those that refer to them. */
export async function listTables(db: Executor): Promise<readonly string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relkind in ('r', 'p') and c.relname not like 'kysely\\_%' and c.relname <> ${RESTORE_TABLE}
    order by c.relname`.execute(db);
  const { rows: references } = await sql<{ name: string; to: string }>`
    select c.relname as name, r.relname as "to" from pg_constraint k
    join pg_class c on c.oid = k.conrelid join pg_class r on r.oid = k.confrelid join pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'f' and n.nspname = current_schema()`.execute(db);
  const ordered: string[] = [];
  let left = tables.map(({ name }) => name);
  while (left.length > 0) {
    const free = left.filter((name) => references.every((one) => one.name !== name || one.to === name || ordered.includes(one.to)));
    if (free.length === 0) throw new InputError('CONFLICT', `the tables ${left.join(', ')} refer to each other in a circle`);
    ordered.push(...free);
    left = left.filter((name) => !free.includes(name));
  }
  return ordered;
}

/** The columns of a table, in their order. */
export async function listColumns(db: Executor, table: string): Promise<readonly Column[]> {
  const { rows } = await sql<Column>`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relname = ${table} and a.attnum > 0 and not a.attisdropped
    order by a.attnum`.execute(db);
  return rows;
}

/** The migrations that the database has had, in their order; none where it is new. */
export async function listMigrations(db: Executor): Promise<readonly string[]> {
  if (!(await hasTable(db, 'kysely_migration'))) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}

/** Lets nobody else write into any of them until the transaction ends; they may be read. */
export async function lockTables(tx: Executor): Promise<void> {
  const tables = await listTables(tx);
  if (tables.length === 0) return;
  await sql`lock table ${sql.join(tables.map((table) => sql.table(table)))} in share row exclusive mode`.execute(tx);
}

/** The tables that hold a row. */
export async function tablesWithRows(db: Executor): Promise<readonly string[]> {
  const filled: string[] = [];
  for (const table of await listTables(db)) {
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db);
    if (rows.length > 0) filled.push(table);
  }
  return filled;
}

export async function hasTable(db: Executor, table: string): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`
    select exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = current_schema() and c.relname = ${table}) as there`.execute(db);
  return rows[0]?.there === true;
}
