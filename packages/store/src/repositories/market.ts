import type { Selectable } from 'kysely';
import {
  ok,
  refuse,
  type ClearedInterval,
  type Did,
  type Digest,
  type Instant,
  type MarketRepository,
  type Order,
  type Reading,
  type TenantId,
  type Thumbprint,
} from '@gridpass/core';
import type { StoreTransaction } from '../database.js';
import type { Store } from '../open.js';
import type { MarketTables } from '../tables/market.js';

type OrderRow = Selectable<MarketTables['market_order']>;
type IntervalRow = Selectable<MarketTables['market_interval']>;
type IntervalKey = { readonly channel: string; readonly zone: string; readonly interval: Instant };

/** The order book and readings in SQL. Placing and clearing one interval take turns on the interval's row. */
export function createMarketRepository(store: Pick<Store, 'db' | 'transaction'>): MarketRepository {
  return {
    placeOrder: (tenant, order, maxOpenOrders) =>
      store.transaction(async (tx) => {
        const interval = await lockInterval(tx, tenant, order);
        if (interval.cleared_at !== null) return refuse('CONFLICT', 'market', 'the interval has been cleared');
        const open = await tx
          .selectFrom('market_order')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('tenant', '=', tenant)
          .where('owner', '=', order.owner)
          .where('channel', '=', order.channel)
          .where('state', '=', 'open')
          .executeTakeFirstOrThrow();
        if (Number(open.count) >= maxOpenOrders) return refuse('CONFLICT', 'market', 'the owner has as many open orders as allowed');
        await tx.insertInto('market_order').values(toRow(tenant, order)).execute();
        return ok(order);
      }),

    cancelOrder: (tenant, { id, owner }) =>
      store.transaction(async (tx) => {
        const row = await tx
          .selectFrom('market_order')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('owner', '=', owner)
          .forUpdate()
          .executeTakeFirst();
        if (!row) return refuse('NOT_FOUND', 'market', 'this owner has no such order');
        if (row.state !== 'open') return refuse('CONFLICT', 'market', `the order is ${row.state}`);
        await tx.updateTable('market_order').set({ state: 'cancelled' }).where('tenant', '=', tenant).where('id', '=', id).execute();
        return ok(toOrder({ ...row, state: 'cancelled' }));
      }),

    openOrders: async (tenant, query) => {
      let select = store.db
        .selectFrom('market_order')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('channel', '=', query.channel)
        .where('state', '=', 'open');
      if (query.zone !== undefined) select = select.where('zone', '=', query.zone);
      if (query.interval !== undefined) select = select.where('interval_start', '=', query.interval);
      if (query.from !== undefined) select = select.where('interval_start', '>=', query.from);
      if (query.owner !== undefined) select = select.where('owner', '=', query.owner);
      return (await select.orderBy('interval_start').orderBy('placed_at').orderBy('id').limit(query.limit).execute()).map(toOrder);
    },

    clearInterval: (tenant, query, clear) =>
      store.transaction(async (tx) => {
        const known = await lockInterval(tx, tenant, query);
        if (known.cleared_at !== null) return toInterval(known);
        const rows = await tx
          .selectFrom('market_order')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('channel', '=', query.channel)
          .where('zone', '=', query.zone)
          .where('interval_start', '=', query.interval)
          .where('state', '=', 'open')
          .forUpdate()
          .execute();
        const { priceCentsPerMwh, volumeWh, fills } = clear(rows.map(toOrder));
        for (const { id } of rows) {
          await tx
            .updateTable('market_order')
            .set({ state: 'cleared', cleared_wh: fills.get(id) ?? 0 })
            .where('tenant', '=', tenant)
            .where('id', '=', id)
            .execute();
        }
        const result = await tx
          .updateTable('market_interval')
          .set({ price_cents_per_mwh: priceCentsPerMwh ?? null, volume_wh: volumeWh, cleared_at: query.at })
          .where('tenant', '=', tenant)
          .where('channel', '=', query.channel)
          .where('zone', '=', query.zone)
          .where('interval_start', '=', query.interval)
          .returningAll()
          .executeTakeFirstOrThrow();
        return toInterval(result);
      }),

    clearedIntervals: async (tenant, { channel, limit }) =>
      (
        await store.db
          .selectFrom('market_interval')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('channel', '=', channel)
          .where('cleared_at', 'is not', null)
          .orderBy('interval_start', 'desc')
          .orderBy('zone')
          .limit(limit)
          .execute()
      ).map(toInterval),

    keepReading: async (tenant, reading) => {
      const inserted = await store.db
        .insertInto('market_reading')
        .values(toReadingRow(tenant, reading))
        .onConflict((conflict) => conflict.columns(['tenant', 'device', 'obis', 'interval_start']).doNothing())
        .returning('device')
        .executeTakeFirst();
      if (inserted) return ok('new');
      const known = await store.db
        .selectFrom('market_reading')
        .select('energy_wh')
        .where('tenant', '=', tenant)
        .where('device', '=', reading.device)
        .where('obis', '=', reading.obis)
        .where('interval_start', '=', reading.interval)
        .executeTakeFirstOrThrow();
      return known.energy_wh === reading.energyWh
        ? ok('known')
        : refuse('CONFLICT', 'market', 'another value was accepted for this register and interval');
    },

    readings: async (tenant, { device, limit }) =>
      (
        await store.db
          .selectFrom('market_reading')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('device', '=', device)
          .orderBy('interval_start', 'desc')
          .orderBy('obis')
          .limit(limit)
          .execute()
      ).map((row): Reading => ({
        device: row.device as Did,
        obis: row.obis,
        interval: row.interval_start as Instant,
        energyWh: row.energy_wh,
        meteringPointHash: row.metering_point_hash,
        receivedAt: row.received_at as Instant,
        decisionLeaf: row.decision_leaf as Digest,
      })),
  };
}

async function lockInterval(tx: StoreTransaction, tenant: TenantId, key: IntervalKey): Promise<IntervalRow> {
  await tx
    .insertInto('market_interval')
    .values({
      tenant,
      channel: key.channel,
      zone: key.zone,
      interval_start: key.interval,
      price_cents_per_mwh: null,
      volume_wh: null,
      cleared_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return tx
    .selectFrom('market_interval')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('channel', '=', key.channel)
    .where('zone', '=', key.zone)
    .where('interval_start', '=', key.interval)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

function toRow(tenant: TenantId, order: Order): OrderRow {
  return {
    tenant,
    id: order.id,
    channel: order.channel,
    zone: order.zone,
    side: order.side,
    interval_start: order.interval,
    energy_wh: order.energyWh,
    price_cents_per_mwh: order.priceCentsPerMwh,
    owner: order.owner,
    placed_at: order.placedAt,
    state: order.state,
    cleared_wh: order.clearedWh,
  };
}

function toOrder(row: OrderRow): Order {
  return {
    id: row.id,
    channel: row.channel,
    zone: row.zone,
    side: row.side === 'bid' ? 'bid' : 'offer',
    interval: row.interval_start as Instant,
    energyWh: row.energy_wh,
    priceCentsPerMwh: row.price_cents_per_mwh,
    owner: row.owner as Thumbprint,
    placedAt: row.placed_at as Instant,
    state: row.state as Order['state'],
    clearedWh: row.cleared_wh,
  };
}

function toInterval(row: IntervalRow): ClearedInterval {
  return {
    channel: row.channel,
    zone: row.zone,
    interval: row.interval_start as Instant,
    priceCentsPerMwh: row.price_cents_per_mwh ?? undefined,
    volumeWh: row.volume_wh ?? 0,
    clearedAt: (row.cleared_at ?? 0) as Instant,
  };
}

function toReadingRow(tenant: TenantId, reading: Reading): Selectable<MarketTables['market_reading']> {
  return {
    tenant,
    device: reading.device,
    obis: reading.obis,
    interval_start: reading.interval,
    energy_wh: reading.energyWh,
    metering_point_hash: reading.meteringPointHash,
    received_at: reading.receivedAt,
    decision_leaf: reading.decisionLeaf,
  };
}
