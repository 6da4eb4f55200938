import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Sealed private keys, and the DIDs that tenants control with them. */
export const keysMigration: Migration = {
  async up(db) {
    await sql`
      create table vault_key (
        tenant text not null,
        key_id text not null,
        alg text not null check (alg in ('ES256', 'EdDSA', 'ES256K')),
        public_jwk text not null,
        label text not null,
        kek_id text not null,
        wrapped_data_key bytea not null,
        sealed_private_key bytea not null,
        created_at bigint not null,
        primary key (tenant, key_id)
      )`.execute(db);
    await sql`create index vault_key_kek on vault_key (kek_id)`.execute(db);
    await sql`
      create table managed_did (
        tenant text not null,
        did text not null,
        alias text not null,
        provider text not null,
        controller_key_id text not null,
        key_ids text not null,
        services text not null,
        created_at bigint not null,
        primary key (tenant, did)
      )`.execute(db);
    await sql`create unique index managed_did_alias on managed_did (tenant, alias) where alias <> ''`.execute(db);
  },
  async down(db) {
    for (const table of ['managed_did', 'vault_key']) await sql`drop table ${sql.table(table)}`.execute(db);
  },
};
