import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Events of ERC-1056 registries as read from chains, and how far each index has got. */
export const ethrIndexMigration: Migration = {
  async up(db) {
    await sql`
      create table ethr_index (
        tenant text not null,
        chain_id bigint not null,
        registry text not null,
        source integer not null,
        head_number bigint not null,
        head_hash text not null,
        genesis text not null,
        witnessed bigint not null,
        primary key (tenant, chain_id, registry),
        unique (tenant, source)
      )`.execute(db);
    await sql`
      create table ethr_index_block (
        tenant text not null,
        source integer not null,
        number bigint not null,
        hash text not null,
        primary key (tenant, source, number)
      )`.execute(db);
    await sql`
      create table ethr_index_event (
        tenant text not null,
        source integer not null,
        identity text not null,
        block bigint not null,
        log_index integer not null,
        time bigint not null,
        kind smallint not null,
        previous bigint not null,
        data bytea not null,
        primary key (tenant, source, identity, block, log_index)
      )`.execute(db);
    // For taking back blocks and for comparing ranges with a second node.
    await sql`create index ethr_index_event_block on ethr_index_event (tenant, source, block)`.execute(db);
  },
  async down(db) {
    for (const table of ['ethr_index_event', 'ethr_index_block', 'ethr_index']) await sql`drop table ${sql.table(table)}`.execute(db);
  },
};
