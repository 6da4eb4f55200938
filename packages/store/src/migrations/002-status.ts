import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Status lists with their bits and last publication, and the indices handed out. */
export const statusMigration: Migration = {
  async up(db) {
    await sql`
      create table status_list (
        tenant text not null,
        list_id text not null,
        kind text not null check (kind in ('revocation', 'suspension', 'token')),
        size bigint not null check (size >= 131072),
        used bigint not null default 0 check (used >= 0 and used <= size),
        open boolean not null default true,
        version bigint not null default 1,
        bits bytea not null,
        published_version bigint,
        published_at bigint,
        expires_at bigint,
        body text,
        primary key (tenant, list_id)
      )`.execute(db);
    // At most one open list for each kind, whoever creates it first.
    await sql`create unique index status_list_open on status_list (tenant, kind) where open`.execute(db);
    await sql`
      create table status_entry (
        tenant text not null,
        list_id text not null,
        idx bigint not null check (idx >= 0),
        primary key (tenant, list_id, idx),
        foreign key (tenant, list_id) references status_list (tenant, list_id)
      )`.execute(db);
  },
  async down(db) {
    await sql`drop table status_entry`.execute(db);
    await sql`drop table status_list`.execute(db);
  },
};
