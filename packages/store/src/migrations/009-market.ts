import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The order book, the intervals it was cleared for, and the meter readings. */
export const marketMigration: Migration = {
  async up(db) {
    // The row of an interval is what placing and clearing lock against each other.
    await sql`
      create table market_interval (
        tenant text not null,
        channel text not null,
        zone text not null,
        interval_start bigint not null check (interval_start % 900 = 0),
        price_cents_per_mwh bigint,
        volume_wh bigint,
        cleared_at bigint,
        primary key (tenant, channel, zone, interval_start)
      )`.execute(db);
    await sql`
      create table market_order (
        tenant text not null,
        id text not null,
        channel text not null,
        zone text not null,
        side text not null check (side in ('offer', 'bid')),
        interval_start bigint not null,
        energy_wh bigint not null check (energy_wh > 0),
        price_cents_per_mwh bigint not null,
        owner text not null,
        placed_at bigint not null,
        state text not null check (state in ('open', 'cancelled', 'cleared')),
        cleared_wh bigint not null check (cleared_wh between 0 and energy_wh),
        primary key (tenant, id),
        foreign key (tenant, channel, zone, interval_start) references market_interval
      )`.execute(db);
    await sql`create index market_order_open on market_order (tenant, channel, zone, interval_start) where state = 'open'`.execute(db);
    await sql`create index market_order_owner on market_order (tenant, owner, channel) where state = 'open'`.execute(db);
    await sql`
      create table market_reading (
        tenant text not null,
        device text not null,
        obis text not null,
        interval_start bigint not null check (interval_start % 900 = 0),
        energy_wh bigint not null check (energy_wh >= 0),
        metering_point_hash text not null,
        received_at bigint not null,
        decision_leaf text not null,
        primary key (tenant, device, obis, interval_start)
      )`.execute(db);
  },
  async down(db) {
    for (const table of ['market_reading', 'market_order', 'market_interval']) await sql`drop table ${sql.table(table)}`.execute(db);
  },
};
