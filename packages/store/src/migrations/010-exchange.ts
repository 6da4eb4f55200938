import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Offers, access tokens, the right to issue once, nonces: the sessions of OpenID4VCI. Secrets are digests. */
export const exchangeMigration: Migration = {
  async up(db) {
    await sql`
      create table exchange_offer (
        tenant text not null,
        code_digest text not null,
        offer_id text not null,
        tx_code_digest text,
        configuration_ids text not null,
        reference text not null,
        attempts_left bigint not null check (attempts_left >= 0),
        expires_at bigint not null,
        redeemed_at bigint,
        primary key (tenant, code_digest),
        unique (tenant, offer_id)
      )`.execute(db);
    await sql`
      create table exchange_token (
        tenant text not null,
        token_digest text not null,
        offer_id text not null,
        thumbprint text,
        expires_at bigint not null,
        primary key (tenant, token_digest),
        foreign key (tenant, offer_id) references exchange_offer (tenant, offer_id) on delete cascade
      )`.execute(db);
    await sql`
      create table exchange_issuance (
        tenant text not null,
        offer_id text not null,
        configuration_id text not null,
        claimed_at bigint not null,
        primary key (tenant, offer_id, configuration_id),
        foreign key (tenant, offer_id) references exchange_offer (tenant, offer_id) on delete cascade
      )`.execute(db);
    await sql`
      create table exchange_nonce (
        tenant text not null,
        kind text not null check (kind in ('nonce', 'seen')),
        digest text not null,
        expires_at bigint not null,
        primary key (tenant, kind, digest)
      )`.execute(db);
  },
  async down(db) {
    for (const table of ['exchange_nonce', 'exchange_issuance', 'exchange_token', 'exchange_offer']) {
      await sql`drop table ${sql.table(table)}`.execute(db);
    }
  },
};
