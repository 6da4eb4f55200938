import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What an issuer remembers of its own accreditations: where each came from, and the work on them. */
export const accreditationsMigration: Migration = {
  async up(db) {
    await sql`
      create table accreditation_origin (
        tenant text not null,
        digest text not null,
        issuer text not null,
        primary key (tenant, digest)
      )`.execute(db);
    await sql`
      create table accreditation_task (
        tenant text not null,
        task text not null,
        failures integer not null,
        due_at bigint not null,
        problem text not null,
        application text not null,
        primary key (tenant, task)
      )`.execute(db);
  },
  async down(db) {
    await sql`drop table accreditation_task`.execute(db);
    await sql`drop table accreditation_origin`.execute(db);
  },
};
