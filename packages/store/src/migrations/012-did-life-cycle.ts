import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Signed calls on their way to an ERC-1056 registry, and DIDs on their way to another owner. */
export const didLifeCycleMigration: Migration = {
  async up(db) {
    await sql`
      create table relay_request (
        tenant text not null,
        id text not null,
        chain_id bigint not null,
        registry text not null,
        did text not null,
        owner text not null,
        nonce bigint not null,
        data text not null,
        state text not null check (state in ('queued', 'submitted', 'mined', 'failed')),
        version bigint not null,
        account text not null,
        account_nonce bigint,
        transactions text not null,
        mined_hash text not null,
        mined_block bigint not null,
        reason text not null,
        created_at bigint not null,
        changed_at bigint not null,
        primary key (tenant, id),
        check ((state = 'submitted') = (account_nonce is not null))
      )`.execute(db);
    // Two open calls with one nonce of the registry: one of them could never take effect.
    await sql`create unique index relay_request_nonce on relay_request (tenant, chain_id, registry, owner, nonce) where state in ('queued', 'submitted')`.execute(
      db,
    );
    // Two open transactions with one nonce of an account: one would push the other out. Across tenants, for one account pays for all.
    await sql`create unique index relay_request_account on relay_request (chain_id, account, account_nonce) where state = 'submitted'`.execute(
      db,
    );
    await sql`
      create table did_transfer (
        tenant text not null,
        transfer_id text not null,
        did text not null,
        to_tenant text not null,
        state text not null check (state in ('offered', 'accepted', 'moved', 'confirmed', 'rejected', 'cancelled', 'expired')),
        version bigint not null,
        new_key_id text not null,
        confirmer text not null,
        offered_at bigint not null,
        expires_at bigint not null,
        changed_at bigint not null,
        primary key (tenant, transfer_id)
      )`.execute(db);
    await sql`create unique index did_transfer_open on did_transfer (tenant, did) where state in ('offered', 'accepted')`.execute(db);
    await sql`create index did_transfer_to on did_transfer (to_tenant)`.execute(db);
  },
  async down(db) {
    await sql`drop table did_transfer`.execute(db);
    await sql`drop table relay_request`.execute(db);
  },
};
