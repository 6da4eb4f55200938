import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Secrets of the nonces of gates, sealed: one for each start of a replica. */
export const nonceSecretsMigration: Migration = {
  async up(db) {
    await sql`create sequence nonce_epoch as bigint`.execute(db);
    await sql`
      create table nonce_secret (
        tenant text not null,
        epoch bigint not null,
        kek_id text not null,
        wrapped_data_key bytea not null,
        sealed bytea not null,
        made_at bigint not null,
        primary key (tenant, epoch)
      )`.execute(db);
  },
  async down(db) {
    await sql`drop table nonce_secret`.execute(db);
    await sql`drop sequence nonce_epoch`.execute(db);
  },
};
