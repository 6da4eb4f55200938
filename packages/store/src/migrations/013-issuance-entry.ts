import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Where in a tenant's audit log the issuance of each credential stands, so that it can be shown by the digest alone. */
export const issuanceEntryMigration: Migration = {
  async up(db) {
    await sql`
      create table issuance_entry (
        tenant text not null,
        digest text not null,
        idx bigint not null check (idx >= 0),
        primary key (tenant, digest)
      )`.execute(db);
  },
  async down(db) {
    await sql`drop table issuance_entry`.execute(db);
  },
};
