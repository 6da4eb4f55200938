import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What wallets applied for by themselves. */
export const walletApplicationsMigration: Migration = {
  async up(db) {
    await sql`
      create table wallet_application (
        tenant text not null,
        id text not null,
        relation_id text not null,
        issuer text not null,
        endpoint text not null,
        application_id text not null,
        type text not null,
        state text not null,
        reason text not null,
        submitted_at bigint not null,
        checked_at bigint not null,
        received_at bigint,
        problem text not null,
        turn_at bigint,
        primary key (tenant, id),
        unique (tenant, endpoint, application_id),
        foreign key (tenant, relation_id) references wallet_relation (tenant, relation_id)
      )`.execute(db);
  },
  async down(db) {
    await sql`drop table wallet_application`.execute(db);
  },
};
