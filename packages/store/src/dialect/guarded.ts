import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult, TransactionSettings } from 'kysely';
import { toStoreError } from '../faults.js';

async function guarded<T>(where: 'connect' | 'query', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error, where);
  }
}

class GuardedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  constructor(inner: DatabaseConnection) {
    this.inner = inner;
  }
  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return guarded('query', () => this.inner.executeQuery<R>(query));
  }
  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

const innerOf = (connection: DatabaseConnection): DatabaseConnection =>
  connection instanceof GuardedConnection ? connection.inner : connection;

/** The same dialect, with every lost connection turned into Fault STORE_UNAVAILABLE. `beforeAcquire` may refuse. */
export function guardDialect(dialect: Dialect, beforeAcquire: () => void): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createDriver: () => guardDriver(dialect.createDriver(), beforeAcquire),
  };
}

function guardDriver(driver: Driver, beforeAcquire: () => void): Driver {
  return {
    init: () => guarded('connect', () => driver.init()),
    acquireConnection: () =>
      guarded('connect', async () => {
        beforeAcquire();
        return new GuardedConnection(await driver.acquireConnection());
      }),
    beginTransaction: (connection, settings: TransactionSettings) =>
      guarded('query', () => driver.beginTransaction(innerOf(connection), settings)),
    commitTransaction: (connection) => guarded('query', () => driver.commitTransaction(innerOf(connection))),
    rollbackTransaction: (connection) => guarded('query', () => driver.rollbackTransaction(innerOf(connection))),
    releaseConnection: (connection) => driver.releaseConnection(innerOf(connection)),
    destroy: () => driver.destroy(),
  };
}
