import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenantId, type Did, type Digest, type Instant, type Order, type Reading, type Thumbprint } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { createMarketRepository, type Store } from '../index.js';

const here = tenantId('market');
const there = tenantId('other-market');
const interval = 900_000 as Instant;
const channel = 'behind_the_meter';
const zone = '10YDK-1--------W';
const order = (id: string, overrides: Partial<Order> = {}): Order => ({
  id,
  channel,
  zone,
  side: 'offer',
  interval,
  energyWh: 1000,
  priceCentsPerMwh: 5000,
  owner: 'owner-a' as Thumbprint,
  placedAt: 1 as Instant,
  state: 'open',
  clearedWh: 0,
  ...overrides,
});

describe('the market repository', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('keeps orders of tenants apart', async () => {
    const market = createMarketRepository(store);
    await market.placeOrder(here, order('one'), 5);
    expect(await market.openOrders(there, { channel, limit: 10 })).toEqual([]);
    expect(await market.openOrders(here, { channel, limit: 10 })).toEqual([order('one')]);
    expect(await market.openOrders(here, { channel, limit: 10, from: (interval + 1) as Instant })).toEqual([]);
    expect(await market.openOrders(here, { channel, limit: 0 })).toEqual([]);
  });

  it("lets nobody cancel a stranger's order, and its owner once", async () => {
    const market = createMarketRepository(store);
    const stranger = await market.cancelOrder(here, { id: 'one', owner: 'owner-b' as Thumbprint });
    expect(stranger.refusal?.code).toBe('NOT_FOUND');
    expect((await market.cancelOrder(here, { id: 'one', owner: 'owner-a' as Thumbprint })).value?.state).toBe('cancelled');
    expect((await market.cancelOrder(here, { id: 'one', owner: 'owner-a' as Thumbprint })).refusal?.code).toBe('CONFLICT');
  });

  it('bounds open orders per owner', async () => {
    const market = createMarketRepository(store);
    const placed = await Promise.all(
      ['a', 'b', 'c'].map((id) => market.placeOrder(here, order(`bound-${id}`, { owner: 'bounded' as Thumbprint }), 2)),
    );
    expect(placed.filter((p) => p.ok)).toHaveLength(2);
    expect(placed.find((p) => !p.ok)?.refusal?.code).toBe('CONFLICT');
  });

  it('clears an interval once, and takes no order for it afterwards', async () => {
    const market = createMarketRepository(store);
    const at = 2 as Instant;
    let calls = 0;
    const clear = (orders: readonly Order[]) => {
      calls += 1;
      return { priceCentsPerMwh: 4200, volumeWh: 7, fills: new Map(orders.slice(0, 1).map((o) => [o.id, 7])) };
    };
    const both = await Promise.all([1, 2].map(() => market.clearInterval(here, { channel, zone, interval, at }, clear)));
    expect(both[0]).toEqual({ channel, zone, interval, priceCentsPerMwh: 4200, volumeWh: 7, clearedAt: at });
    expect(both[1]).toEqual(both[0]);
    expect(calls).toBe(1);
    expect((await market.placeOrder(here, order('late'), 5)).refusal?.code).toBe('CONFLICT');
    expect(await market.openOrders(here, { channel, interval, limit: 10 })).toEqual([]);
    expect(await market.clearedIntervals(here, { channel, limit: 5 })).toEqual([both[0]]);
  });

  it('keeps the first reading of a register and interval', async () => {
    const market = createMarketRepository(store);
    const reading: Reading = {
      device: 'did:jwk:meter' as Did,
      meteringPointHash: 'hash',
      obis: '1-0:2.8.0*255',
      interval,
      energyWh: 250,
      receivedAt: 3 as Instant,
      decisionLeaf: 'd' as Digest,
    };
    expect(await market.keepReading(here, reading)).toEqual({ ok: true, value: 'new' });
    expect(await market.keepReading(here, reading)).toEqual({ ok: true, value: 'known' });
    expect((await market.keepReading(here, { ...reading, energyWh: 251 })).refusal?.code).toBe('CONFLICT');
    expect(await market.readings(here, { device: reading.device, limit: 9 })).toEqual([reading]);
    expect(await market.readings(there, { device: reading.device, limit: 9 })).toEqual([]);
  });
});
