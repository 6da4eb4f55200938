import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Recorded permits on their way to, or behind, an access token. */
export const grantMigration: Migration = {
  async up(db) {
    await sql`
      create table grant_session (
        tenant text not null,
        id text not null,
        holder_did text not null,
        session_thumbprint text not null,
        response_code_digest text not null,
        redeem_by bigint not null,
        expires_at bigint not null,
        redeemed_at bigint,
        ended_at bigint,
        end_reason text,
        body text,
        primary key (tenant, id),
        unique (tenant, response_code_digest),
        check ((ended_at is null) = (body is not null))
      )`.execute(db);
    await sql`create index grant_session_holder on grant_session (tenant, holder_did) where ended_at is null`.execute(db);
    await sql`create index grant_session_expiry on grant_session (tenant, expires_at)`.execute(db);
  },
  async down(db) {
    await sql`drop table grant_session`.execute(db);
  },
};
