import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What a wallet received and could not prove yet. */
export const unprovenCredentialsMigration: Migration = {
  async up(db) {
    await sql`alter table wallet_application add column unproven text`.execute(db);
  },
  async down(db) {
    await sql`alter table wallet_application drop column unproven`.execute(db);
  },
};
