import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** When a DID whose document is served from here was given up. */
export const didWebMigration: Migration = {
  async up(db) {
    await sql`alter table managed_did add column deactivated_at bigint`.execute(db);
  },
  async down(db) {
    await sql`alter table managed_did drop column deactivated_at`.execute(db);
  },
};
