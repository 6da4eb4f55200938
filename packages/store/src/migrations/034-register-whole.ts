import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The place of the last whole register of each kind, so that an import that began before it takes nothing of it back. */
export const registerWholeMigration: Migration = {
  async up(db) {
    await sql`
      create table register_whole (
        tenant text not null,
        kind text not null check (kind in ('party', 'area')),
        begun bigint not null,
        primary key (tenant, kind)
      )`.execute(db);
  },
  async down(db) {
    await sql`drop table register_whole`.execute(db);
  },
};
