import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Applications of strangers, of which only so many may wait, and offers that applicants asked for by themselves. */
export const applyingFromOutsideMigration: Migration = {
  async up(db) {
    await sql`alter table issue_application add column stranger boolean not null default false`.execute(db);
    await sql`create index issue_application_strangers on issue_application (tenant) where stranger and state = 'pending'`.execute(db);
    await sql`alter table exchange_offer add column own boolean not null default false`.execute(db);
  },
  async down(db) {
    await sql`alter table exchange_offer drop column own`.execute(db);
    await sql`drop index issue_application_strangers`.execute(db);
    await sql`alter table issue_application drop column stranger`.execute(db);
  },
};
