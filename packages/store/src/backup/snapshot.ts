import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { encodeBase64url } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import type { Executor } from '../database.js';
import type { Store } from '../open.js';
import { listColumns, listMigrations, listTables } from './catalog.js';

/** Rows that are asked for at once: what is held in memory. */
const PAGE = 200;

/**
 * The whole database as lines of JSON, as it was at one moment: what it is (migrations, logs, key-encryption keys), then each table with its
 * rows as text, their number and their digest, the sequences, and an end. Reads in one transaction, in pages. On the embedded store
 * everybody else waits until the last line is taken.
 */
export async function* snapshotLines(store: Pick<Store, 'db'>): AsyncGenerator<string> {
  // Serializable would hold up nobody, and could fail; repeatable read is one snapshot.
  const tx = await store.db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute();
  try {
    yield toLine({ kind: 'database', ...(await describe(tx)) });
    let rows = 0;
    for (const table of await listTables(tx)) {
      const columns = await listColumns(tx, table);
      yield toLine({ kind: 'table', name: table, columns: columns.map(({ name }) => name) });
      const digest = createHash('sha256');
      let count = 0;
      for await (const row of rowsOf(
        tx,
        table,
        columns.map(({ name }) => name),
      )) {
        const line = toLine(row);
        digest.update(`${line}\n`);
        count += 1;
        yield line;
      }
      yield toLine({ kind: 'rows', name: table, rows: count, digest: digest.digest('base64url') });
      rows += count;
    }
    for (const { name, value } of await listSequences(tx)) yield toLine({ kind: 'sequence', name, value });
    yield toLine({ kind: 'end', rows });
  } finally {
    // It only read.
    await tx.rollback().execute();
  }
}

const toLine = (value: JsonValue): string => JSON.stringify(value);

/** What a restore has to know before the first row: which version, whose logs and how long, and what opens the keys. */
async function describe(db: Executor): Promise<JsonObject> {
  const logs = await db
    .selectFrom('vault_key')
    .leftJoin('audit_head', 'audit_head.tenant', 'vault_key.tenant')
    .select(['vault_key.tenant', 'vault_key.public_jwk', 'audit_head.size', 'audit_head.root'])
    .where('vault_key.namespace', '=', 'log')
    .where('vault_key.key_id', '=', 'audit-log')
    .orderBy('vault_key.tenant')
    .execute();
  const keks = await db.selectFrom('vault_key').select('kek_id').distinct().orderBy('kek_id').execute();
  return {
    migrations: await listMigrations(db),
    logs: logs.map(({ tenant, public_jwk: key, size, root }) => ({
      tenant,
      key,
      size: size ?? 0,
      root: root === null ? null : encodeBase64url(root),
    })),
    keyEncryptionKeys: keks.map(({ kek_id: id }) => id),
  };
}

/** Each value as text: both engines spell it in the same way, and either reads it again. */
async function* rowsOf(db: Executor, table: string, columns: readonly string[]): AsyncGenerator<readonly (string | null)[]> {
  const values = columns.map((name, at) => sql`${sql.ref(name)}::text as ${sql.ref(`c${at}`)}`);
  await sql`declare backup no scroll cursor for select ${sql.join(values)} from ${sql.table(table)}`.execute(db);
  for (;;) {
    const { rows } = await sql<Readonly<Record<string, string | null>>>`fetch ${sql.lit(PAGE)} from backup`.execute(db);
    for (const row of rows) yield columns.map((_, at) => row[`c${at}`] ?? null);
    if (rows.length < PAGE) break;
  }
  await sql`close backup`.execute(db);
}

async function listSequences(db: Executor): Promise<readonly { readonly name: string; readonly value: string }[]> {
  const { rows } = await sql<{ name: string; value: string }>`
    select sequencename as name, last_value::text as value from pg_sequences
    where schemaname = current_schema() and last_value is not null order by sequencename`.execute(db);
  return rows;
}
