import { sql } from 'kysely';
import type { Executor } from '../index.js';

/** Names of tables that have no primary key or one that does not begin with `tenant`; Kysely's own are left out. */
export async function keysNotBeginningWithTenant(db: Executor): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string; first: string | null }>`
    select c.relname as name, a.attname as first
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    left join pg_index i on i.indrelid = c.oid and i.indisprimary
    left join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
    where c.relkind in ('r', 'p') and c.relname not in ('kysely_migration', 'kysely_migration_lock')
    order by c.relname`.execute(db);
  return rows.filter((row) => row.first !== 'tenant').map((row) => row.name);
}
