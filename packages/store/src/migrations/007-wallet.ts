import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The faces of a wallet, what it holds, and whom it showed what. */
export const walletMigration: Migration = {
  async up(db) {
    await sql`
      create table wallet_relation (
        tenant text not null,
        relation_id text not null,
        key_id text not null,
        did text not null,
        thumbprint text not null,
        audience text,
        created_at bigint not null,
        primary key (tenant, relation_id),
        unique (tenant, thumbprint),
        unique (tenant, audience)
      )`.execute(db);
    await sql`
      create table wallet_credential (
        tenant text not null,
        credential_id text not null,
        relation_id text not null,
        type text not null,
        format text not null,
        issuer text not null,
        digest text not null,
        compact text not null,
        valid_from bigint not null,
        valid_until bigint not null,
        received_at bigint not null,
        state text not null check (state in ('valid', 'revoked', 'suspended', 'unknown')),
        state_at bigint not null,
        primary key (tenant, credential_id),
        foreign key (tenant, relation_id) references wallet_relation (tenant, relation_id)
      )`.execute(db);
    // No foreign key: the log of disclosures outlives what was disclosed.
    await sql`
      create table wallet_disclosure (
        tenant text not null,
        disclosure_id text not null,
        at bigint not null,
        relation_id text not null,
        verifier text not null,
        response_uri text not null,
        shown text not null,
        answer text not null check (answer in ('sent', 'accepted', 'refused')),
        primary key (tenant, disclosure_id)
      )`.execute(db);
  },
  async down(db) {
    for (const table of ['wallet_disclosure', 'wallet_credential', 'wallet_relation']) {
      await sql`drop table ${sql.table(table)}`.execute(db);
    }
  },
};
