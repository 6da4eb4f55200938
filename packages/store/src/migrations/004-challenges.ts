import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Outstanding presentation requests. A row is there until it is consumed or swept. */
export const challengeMigration: Migration = {
  async up(db) {
    await sql`
      create table challenge (
        tenant text not null,
        state text not null,
        nonce text not null,
        audience text not null,
        channel text not null,
        session_thumbprint text not null,
        expires_at bigint not null,
        primary key (tenant, state)
      )`.execute(db);
    await sql`create index challenge_expiry on challenge (tenant, expires_at)`.execute(db);
  },
  async down(db) {
    await sql`drop table challenge`.execute(db);
  },
};
