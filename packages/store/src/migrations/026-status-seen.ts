import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The newest publication seen of each foreign list; and no more entries out of own lists that are larger than readers take. */
export const statusSeenMigration: Migration = {
  async up(db) {
    await sql`
      create table status_seen (
        tenant text not null,
        kind text not null check (kind in ('bitstring', 'token')),
        issuer text not null,
        uri text not null,
        issued_at bigint not null,
        version bigint not null,
        primary key (tenant, kind, issuer, uri)
      )`.execute(db);
    await sql`create index status_seen_age on status_seen (tenant, issued_at)`.execute(db);
    await sql`update status_list set open = false where open and size > 2097152`.execute(db);
  },
  async down(db) {
    await sql`drop table status_seen`.execute(db);
  },
};
