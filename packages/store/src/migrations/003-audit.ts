import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The Merkle log: head, entries, inner nodes, signed checkpoints; salts apart, so that they can be erased. */
export const auditMigration: Migration = {
  async up(db) {
    await sql`
      create table audit_head (
        tenant text primary key,
        size bigint not null check (size >= 0),
        root bytea not null,
        range bytea not null
      )`.execute(db);
    await sql`
      create table audit_entry (
        tenant text not null,
        idx bigint not null check (idx >= 0),
        leaf bytea not null check (length(leaf) = 32),
        entry text not null,
        primary key (tenant, idx)
      )`.execute(db);
    await sql`
      create table audit_node (
        tenant text not null,
        level bigint not null check (level >= 1),
        idx bigint not null check (idx >= 0),
        hash bytea not null check (length(hash) = 32),
        primary key (tenant, level, idx)
      )`.execute(db);
    await sql`
      create table audit_checkpoint (
        tenant text not null,
        size bigint not null check (size >= 0),
        note text not null,
        primary key (tenant, size)
      )`.execute(db);
    await sql`
      create table audit_salt (
        tenant text not null,
        subject_ref text not null,
        salt bytea not null,
        primary key (tenant, subject_ref)
      )`.execute(db);
  },
  async down(db) {
    for (const table of ['audit_salt', 'audit_checkpoint', 'audit_node', 'audit_entry', 'audit_head']) {
      await sql`drop table ${sql.table(table)}`.execute(db);
    }
  },
};
