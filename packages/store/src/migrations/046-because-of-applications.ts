import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What the last problem with an application was about, and what to do: for its owner. */
export const becauseOfApplicationsMigration: Migration = {
  async up(db) {
    await sql`alter table wallet_application add column because text`.execute(db);
  },
  async down(db) {
    await sql`alter table wallet_application drop column because`.execute(db);
  },
};
