import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * When an import saw an entry last, by one sequence: of two imports at once each tells what neither saw. Which entries vanished without
 * anybody confirming it: they count against what may vanish unasked. What vanished before was looked at under the rule of then.
 */
export const registerSeenMigration: Migration = {
  async up(db) {
    await sql`create sequence register_order as bigint`.execute(db);
    await sql`
      alter table register_entry
        drop column seen_by,
        add column seen_order bigint not null default 0,
        add column vanish_confirmed boolean not null default false`.execute(db);
    await sql`update register_entry set vanish_confirmed = true where vanished_at is not null`.execute(db);
  },
  async down(db) {
    await sql`
      alter table register_entry
        drop column vanish_confirmed,
        drop column seen_order,
        add column seen_by text not null default ''`.execute(db);
    await sql`drop sequence register_order`.execute(db);
  },
};
