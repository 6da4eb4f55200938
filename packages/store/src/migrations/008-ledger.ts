import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which accounts should stand on the chain, and where the contracts are. */
export const ledgerMigration: Migration = {
  async up(db) {
    await sql`
      create table ledger_admission (
        tenant text not null,
        chain_id bigint not null,
        channel text not null,
        account text not null,
        holder_did text not null,
        receipt text not null,
        until_at bigint not null,
        not_after bigint not null,
        checked_at bigint not null,
        evidence text,
        ended_at bigint,
        end_reason text,
        primary key (tenant, chain_id, channel, account),
        check (until_at <= not_after),
        check ((ended_at is null) = (evidence is not null))
      )`.execute(db);
    await sql`create index ledger_admission_holder on ledger_admission (tenant, chain_id, channel, holder_did) where ended_at is null`.execute(
      db,
    );
    await sql`
      create table ledger_contract (
        tenant text not null,
        chain_id bigint not null,
        name text not null,
        address text not null,
        primary key (tenant, chain_id, name)
      )`.execute(db);
  },
  async down(db) {
    await sql`drop table ledger_contract`.execute(db);
    await sql`drop table ledger_admission`.execute(db);
  },
};
