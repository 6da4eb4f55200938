import type { Migration } from 'kysely';
import { statusMigration } from './002-status.js';
import { auditMigration } from './003-audit.js';
import { marketMigration } from './009-market.js';

/** All migrations by name; they run in the order of their numbers. One line each. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '002-status': statusMigration,
  '003-audit': auditMigration,
  '009-market': marketMigration,
};
