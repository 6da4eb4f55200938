import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** By which import a register entry was seen last, and when a whole register came without it. */
export const registerVanishedMigration: Migration = {
  async up(db) {
    await sql`
      alter table register_entry
        add column seen_by text not null default '',
        add column vanished_at bigint`.execute(db);
  },
  async down(db) {
    await sql`alter table register_entry drop column seen_by, drop column vanished_at`.execute(db);
  },
};
