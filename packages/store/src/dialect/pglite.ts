import type { PGlite } from '@electric-sql/pglite';
import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';

// PGlite is PostgreSQL in one process with one session. Kysely may ask for several connections, so a queue hands the
// session to one asker at a time: INVARIANT: between begin and commit no statement of another asker runs.
class Turnstile {
  #tail: Promise<void> = Promise.resolve();
  async enter(): Promise<() => void> {
    const before = this.#tail;
    let leave = (): void => undefined;
    this.#tail = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    return leave;
  }
}

class PgliteConnection implements DatabaseConnection {
  readonly #engine: PGlite;
  readonly leave: () => void;
  constructor(engine: PGlite, leave: () => void) {
    this.#engine = engine;
    this.leave = leave;
  }
  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.#engine.query<R>(query.sql, [...query.parameters]);
    return { rows: result.rows, ...(result.affectedRows === undefined ? {} : { numAffectedRows: BigInt(result.affectedRows) }) };
  }
  /** A statement without parameters and rows: one message instead of five. */
  async executeSimple(text: string): Promise<void> {
    await this.#engine.exec(text);
  }
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new TypeError('PGlite has no cursors; read in pages');
  }
}

class PgliteDriver implements Driver {
  readonly #engine: PGlite;
  readonly #turnstile = new Turnstile();
  constructor(engine: PGlite) {
    this.#engine = engine;
  }
  async init(): Promise<void> {
    await this.#engine.waitReady;
  }
  async acquireConnection(): Promise<PgliteConnection> {
    return new PgliteConnection(this.#engine, await this.#turnstile.enter());
  }
  async beginTransaction(connection: PgliteConnection): Promise<void> {
    await connection.executeSimple('begin');
  }
  async commitTransaction(connection: PgliteConnection): Promise<void> {
    await connection.executeSimple('commit');
  }
  async rollbackTransaction(connection: PgliteConnection): Promise<void> {
    await connection.executeSimple('rollback');
  }
  async releaseConnection(connection: PgliteConnection): Promise<void> {
    connection.leave();
  }
  async destroy(): Promise<void> {
    // Kysely skips this when no query ever ran; whoever created the engine closes it.
  }
}

/** Kysely on an embedded PGlite. The dialect that Kysely brings takes no turns: what another asks runs inside an open transaction. */
export function pgliteDialect(engine: PGlite): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createDriver: () => new PgliteDriver(engine),
  };
}
