import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** When the personal part of an application was erased; the index finds those that wait for it. */
export const claimsPurgeMigration: Migration = {
  async up(db) {
    await sql`alter table issue_application add column purged_at bigint`.execute(db);
    await sql`create index issue_application_unpurged on issue_application (tenant, submitted_at) where purged_at is null`.execute(db);
  },
  async down(db) {
    await sql`drop index issue_application_unpurged`.execute(db);
    await sql`alter table issue_application drop column purged_at`.execute(db);
  },
};
