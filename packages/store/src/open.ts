import { AsyncLocalStorage } from 'node:async_hooks';
import { join } from 'node:path';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { Kysely, Transaction, sql } from 'kysely';
import type { Dialect } from 'kysely';
import { prepareWasmHost } from '@gridpass/codec';
import { Fault, assertNever } from '@gridpass/core';
import type { TransactionHandle } from '@gridpass/core';
import type { Database, Executor, StoreTransaction } from './database.js';
import { guardDialect } from './dialect/guarded.js';
import { pgliteDialect } from './dialect/pglite.js';
import { postgresDialect } from './dialect/postgres.js';
import { lockDirectory } from './directory-lock.js';
import { migrateDown, migrateUp } from './migrate.js';

/** Where the data lives: a PostgreSQL server, or PGlite in a directory of this process's own (in memory without one). */
export type StoreSettings =
  | { readonly kind: 'postgres'; readonly url: string; readonly maxConnections?: number }
  | { readonly kind: 'pglite'; readonly directory?: string }
  /** On an engine of the caller's, from `createEngine`, which closing the store leaves open. One open store at a time. */
  | { readonly kind: 'pglite'; readonly engine: PGlite };

/** An open store. Close it once, at the end of the program. */
export interface Store {
  readonly kind: StoreSettings['kind'];
  readonly db: Kysely<Database>;
  /** Brings the schema up to date and returns the names of the migrations that ran. */
  migrate(): Promise<readonly string[]>;
  /** Takes back the last `count` migrations with their data. */
  migrateDown(count: number): Promise<readonly string[]>;
  /** Runs `fn` in one transaction; inside it only `tx` may be used, never `db`: that is a Fault INTERNAL, not a deadlock. */
  transaction<T>(fn: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  /** Connections to the server now, open ones, idle ones, and questions that wait for one; undefined for the embedded database, which has none. */
  connections(): { readonly open: number; readonly idle: number; readonly waiting: number } | undefined;
  /** Asks the database one thing that costs it nothing; throws Fault STORE_UNAVAILABLE. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store; throws Fault STORE_UNAVAILABLE or InputError CONFLICT (directory in use). The caller migrates. */
export async function openStore(settings: StoreSettings): Promise<Store> {
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  const { dialect, afterClose, connections } = await openDialect(settings);
  let closing: Promise<void> | undefined;
  const db = new Kysely<Database>({
    dialect: guardDialect(dialect, () => {
      // Kysely itself refuses only where a query ran before.
      if (closing !== undefined) throw new Fault('STORE_UNAVAILABLE', 'the store is closed');
      // On PGlite this would wait for itself forever, on a busy pool too.
      if (inside.getStore()?.open === true)
        throw new Fault('INTERNAL', 'inside a transaction the store is used through the transaction alone');
    }),
  });
  const close = async (): Promise<void> => {
    await db.destroy();
    await afterClose();
  };
  return {
    kind: settings.kind,
    db,
    migrate: () => migrateUp(db),
    migrateDown: (count) => migrateDown(db, count),
    transaction: (fn) =>
      db.transaction().execute(async (tx) => {
        const mark = { open: true };
        try {
          return await inside.run(mark, () => fn(tx));
        } finally {
          mark.open = false;
        }
      }),
    connections: () => connections?.(),
    ping: async () => void (await sql`select 1`.execute(db)),
    close: () => (closing ??= close()),
  };
}

/** The executor for a repository call: the transaction the caller holds, or the store's pool. */
export function executorOf(store: Pick<Store, 'db'>, tx?: TransactionHandle): Executor {
  if (tx === undefined) return store.db;
  if (isStoreTransaction(tx)) return tx;
  throw new TypeError('this is not a transaction of the store');
}

const isStoreTransaction = (tx: TransactionHandle): tx is StoreTransaction => tx instanceof Transaction;

interface Opened {
  readonly dialect: Dialect;
  readonly afterClose: () => Promise<void>;
  readonly connections?: Store['connections'];
}

async function openDialect(settings: StoreSettings): Promise<Opened> {
  switch (settings.kind) {
    case 'postgres':
      // A turn (`takeTurn`) holds one while its work needs another.
      return { ...postgresDialect(settings.url, Math.max(2, settings.maxConnections ?? 10)), afterClose: async () => undefined };
    case 'pglite': {
      prepareWasmHost();
      if ('engine' in settings) return { dialect: pgliteDialect(settings.engine), afterClose: async () => undefined };
      const { directory } = settings;
      if (directory === undefined) {
        const engine = await startEngine({});
        return { dialect: pgliteDialect(engine), afterClose: () => engine.close() };
      }
      const lock = await lockDirectory(directory);
      try {
        const engine = await startEngine({ dataDir: join(directory, 'pg') });
        return { dialect: pgliteDialect(engine), afterClose: () => engine.close().finally(() => lock.release()) };
      } catch (error) {
        await lock.release();
        throw new Fault('STORE_UNAVAILABLE', `the data directory ${directory} cannot be opened`, { cause: error });
      }
    }
    default:
      return assertNever(settings);
  }
}

const INT8 = 20;
const BYTEA = 17;

function startEngine(from: Pick<PGliteOptions, 'dataDir' | 'loadDataDir'>): Promise<PGlite> {
  return PGlite.create({
    ...from,
    parsers: { [INT8]: Number, [BYTEA]: (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')) },
    // Bytes as they are go over in binary, which PGlite's types do not say. Its own way spells them in hex, one by one, in both directions.
    serializers: { [BYTEA]: (bytes: Uint8Array) => bytes as unknown as string },
  });
}

/** PGlite in memory, begun from what `createStoreImage` made. */
export function createEngine(image: Uint8Array): Promise<PGlite> {
  prepareWasmHost();
  return startEngine({ loadDataDir: new Blob([new Uint8Array(image)]) });
}
