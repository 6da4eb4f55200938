import type { Kysely, Transaction } from 'kysely';
import type { AuditTables } from './tables/audit.js';
import type { MarketTables } from './tables/market.js';
import type { StatusTables } from './tables/status.js';

/** All tables. Each topic states its own in `tables/<topic>.ts` and is added here in a line of its own. */
export type Database =
  & StatusTables
  & AuditTables
  & MarketTables;

/** What a repository runs its statements on: the store's pool or an open transaction. */
export type Executor = Kysely<Database>;
/** An open transaction; fits core's `TransactionHandle`. */
export type StoreTransaction = Transaction<Database>;
