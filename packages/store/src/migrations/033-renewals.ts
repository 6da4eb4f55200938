import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which applications renew a credential is asked whenever its family is locked. */
export const renewalsMigration: Migration = {
  async up(db) {
    await sql`create index issue_application_renews on issue_application (tenant, renews) where renews is not null`.execute(db);
  },
  async down(db) {
    await sql`drop index issue_application_renews`.execute(db);
  },
};
