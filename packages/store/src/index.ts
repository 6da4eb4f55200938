// openStore connects to PostgreSQL or to its embedded twin PGlite and returns a Store: Kysely over all tables, the
// migrations, and transactions. Repositories behind core's ports live in repositories/, one file a topic, and take the
// store as their argument; inside a transaction they take its handle. Lost connections leave here as Fault
// STORE_UNAVAILABLE, told by their codes. Every table's key begins with the tenant. Nothing else imports a driver.
export { createEngine, executorOf, openStore } from './open.js';
export { createStoreImage } from './image.js';
export { prepareRestore } from './backup/empty-store.js';
export { loadSnapshot } from './backup/load.js';
export type { Loaded } from './backup/load.js';
export { endRestoreMark, readRestoreMark } from './backup/restore-mark.js';
export { snapshotLines } from './backup/snapshot.js';
export type { Store, StoreSettings } from './open.js';
export { takeTurn } from './turn.js';
export type { Database, Executor, StoreTransaction } from './database.js';
export { errorCode, isRetryable, isUniqueViolation } from './faults.js';
export { MIGRATIONS } from './migrations/index.js';
export { createChallengeRepository } from './repositories/challenges.js';
export type { ChallengeRepository } from './repositories/challenges.js';
export { createGrantRepository } from './repositories/grants.js';
export { createDidRepository } from './repositories/dids.js';
export { createEthrEventRepository } from './repositories/ethr-index.js';
export { createKeyRepository } from './repositories/keys.js';
export { createMarketRepository } from './repositories/market.js';
export { createExchangeSessionRepository } from './repositories/exchange-session.js';
export { createWalletRepository } from './repositories/wallet.js';
export { createAccreditationRepository } from './repositories/accreditations.js';
export { createIssuanceRepository } from './repositories/issuance.js';
export { createRegisterRepository } from './repositories/register.js';
export { createStatusRepository } from './repositories/status.js';
export { createSeenStatusLists } from './repositories/seen-status.js';
export { createLedgerRepository } from './repositories/ledger.js';
export { createEvidenceRepository } from './repositories/decision-evidence.js';
export { createNonceSecretRepository } from './repositories/nonce-secrets.js';
export { createAuditRepository } from './repositories/audit.js';
export { createBacklogRepository } from './repositories/backlog.js';
export { createRelayRepository } from './repositories/relay.js';
export { createTransferRepository } from './repositories/transfer.js';
