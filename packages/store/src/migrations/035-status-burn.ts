import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Whose status lists are to be burnt before anything of the tenant is opened: its log is brought up to an export that knows more than the lists. */
export const statusBurnMigration: Migration = {
  async up(db) {
    await sql`create table status_burn_owed (tenant text primary key)`.execute(db);
  },
  async down(db) {
    await sql`drop table status_burn_owed`.execute(db);
  },
};
