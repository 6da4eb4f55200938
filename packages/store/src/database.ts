import type { Kysely, Transaction } from 'kysely';
import type { ChallengeTables } from './tables/challenges.js';
import type { GrantTables } from './tables/grants.js';
import type { AuditTables } from './tables/audit.js';
import type { IssuanceTables } from './tables/issuance.js';
import type { KeyTables } from './tables/keys.js';
import type { LedgerTables } from './tables/ledger.js';
import type { MarketTables } from './tables/market.js';
import type { EthrIndexTables } from './tables/ethr-index.js';
import type { DecisionEvidenceTables } from './tables/decision-evidence.js';
import type { NonceSecretTables } from './tables/nonce-secrets.js';
import type { ExchangeTables } from './tables/exchange.js';
import type { LifeCycleTables } from './tables/did-life-cycle.js';
import type { AccreditationTables } from './tables/accreditations.js';
import type { WatchTables } from './tables/prerequisite-watch.js';
import type { StatusTables } from './tables/status.js';
import type { WalletTables } from './tables/wallet.js';

/** All tables. Each topic states its own in `tables/<topic>.ts` and is added here in a line of its own. */
export type Database = KeyTables &
  StatusTables &
  ChallengeTables &
  GrantTables &
  EthrIndexTables &
  ExchangeTables &
  WalletTables &
  AccreditationTables &
  WatchTables &
  AuditTables &
  DecisionEvidenceTables &
  NonceSecretTables &
  IssuanceTables &
  LedgerTables &
  LifeCycleTables &
  MarketTables;

/** What a repository runs its statements on: the store's pool or an open transaction. */
export type Executor = Kysely<Database>;
/** An open transaction; fits core's `TransactionHandle`. */
export type StoreTransaction = Transaction<Database>;
