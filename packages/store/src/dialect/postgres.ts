import { PostgresDialect } from 'kysely';
import type { Dialect, PostgresCursor, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { Fault } from '@gridpass/core';
import { toStoreError } from '../faults.js';

const INT8: number = 20;
const BYTEA: number = 17;

const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.slice(2), 'hex'));

/** Kysely on a pool of connections to a PostgreSQL server; bigint comes back as number and bytea as Uint8Array, as from PGlite. */
export function postgresDialect(
  url: string,
  maxConnections: number,
): { readonly dialect: Dialect; readonly connections: () => { readonly open: number; readonly idle: number; readonly waiting: number } } {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    types: {
      getTypeParser: (oid: number, format: 'text' | 'binary' = 'text'): ((text: string) => unknown) => {
        if (oid === INT8) return Number;
        if (oid === BYTEA && format === 'text') return toBytes;
        return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
      },
    },
  });
  // A connection that breaks says so by an event, too; without a listener Node would end the program.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    dialect: new PostgresDialect({
      pool: { connect: async () => lend(await pool.connect()), end: () => pool.end(), options: pool.options },
    }),
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  };
}

/** A pooled connection that is dropped, not given back, once a query on it found the connection lost. */
function lend(client: pg.PoolClient): PostgresPoolClient {
  let lost = false;
  const run = async <R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> => {
    try {
      const { command, rowCount, rows } = await client.query<R & pg.QueryResultRow>({ text, values: [...parameters] });
      return { command: toCommand(command), rowCount: rowCount ?? 0, rows };
    } catch (error) {
      lost ||= toStoreError(error, 'query') instanceof Fault;
      throw error;
    }
  };
  function query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query<R>(
    textOrCursor: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof textOrCursor !== 'string') throw new TypeError('no cursors are configured; read in pages');
    return run<R>(textOrCursor, parameters);
  }
  return { query, release: () => client.release(lost) };
}

// Kysely counts affected rows for the first four, and sees in ROLLBACK that a commit was none; it asks nothing of the others.
const TOLD = ['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COMMIT', 'ROLLBACK'] as const;
function toCommand(command: string): PostgresQueryResult<unknown>['command'] {
  return TOLD.find((known) => known === command) ?? 'SELECT';
}
