import { PostgresDialect } from 'kysely';
import type { Dialect } from 'kysely';
import pg from 'pg';

const INT8 = 20;
const BYTEA = 17;

const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.slice(2), 'hex'));

/** Kysely on a pool of connections to a PostgreSQL server; bigint comes back as number and bytea as Uint8Array, as from PGlite. */
export function postgresDialect(url: string, maxConnections: number): Dialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) => {
        if (oid === INT8) return Number;
        if (oid === BYTEA && format !== 'binary') return toBytes;
        return pg.types.getTypeParser(oid, format ?? 'text');
      },
    },
  });
  // An idle connection that breaks is dropped by the pool; the next query gets a new one or the fault.
  pool.on('error', () => undefined);
  return new PostgresDialect({ pool });
}
