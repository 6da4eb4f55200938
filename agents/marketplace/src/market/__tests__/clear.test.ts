import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Instant, Order } from '@gridpass/core';
import { clearOrders } from '../clear.js';

type Clearable = Pick<Order, 'id' | 'side' | 'energyWh' | 'priceCentsPerMwh' | 'placedAt'>;

const order = (id: string, side: 'offer' | 'bid', energyWh: number, priceCentsPerMwh: number, placedAt = 0): Clearable => ({
  id,
  side,
  energyWh,
  priceCentsPerMwh,
  placedAt: placedAt as Instant,
});

describe('clearOrders', () => {
  it('finds one price between the last bid and the last offer that trade', () => {
    const { priceCentsPerMwh, volumeWh, fills } = clearOrders([
      order('o1', 'offer', 1000, 4000),
      order('o2', 'offer', 1000, 6000),
      order('b1', 'bid', 1500, 9000),
      order('b2', 'bid', 1000, 5000),
    ]);
    expect({ priceCentsPerMwh, volumeWh }).toEqual({ priceCentsPerMwh: 7500, volumeWh: 1500 });
    expect([...fills]).toEqual([
      ['b1', 1500],
      ['o1', 1000],
      ['o2', 500],
    ]);
  });

  it('has no price when no bid meets an offer', () => {
    expect(clearOrders([order('o', 'offer', 1, 2), order('b', 'bid', 1, 1)])).toEqual({
      priceCentsPerMwh: undefined,
      volumeWh: 0,
      fills: new Map(),
    });
  });

  it('serves the older of two equal orders first', () => {
    expect(
      clearOrders([order('late', 'offer', 5, 1, 2), order('early', 'offer', 5, 1, 1), order('b', 'bid', 5, 1)]).fills.get('early'),
    ).toBe(5);
  });

  const orders = fc
    .array(
      fc.tuple(
        fc.constantFrom<'offer' | 'bid'>('offer', 'bid'),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: -20, max: 20 }),
        fc.nat(3),
      ),
      { maxLength: 30 },
    )
    .map((rows) => rows.map(([side, wh, price, at], i) => order(`o${i}`, side, wh, price, at)));

  it('balances, respects every limit, leaves nothing tradable, and ignores the order of arrival', () => {
    fc.assert(
      fc.property(orders, fc.infiniteStream(fc.nat()), (book, noise) => {
        const { priceCentsPerMwh: price, volumeWh, fills } = clearOrders(book);
        const sum = (side: string) => book.filter((o) => o.side === side).reduce((wh, o) => wh + (fills.get(o.id) ?? 0), 0);
        expect([sum('bid'), sum('offer')]).toEqual([volumeWh, volumeWh]);
        for (const o of book) {
          const filled = fills.get(o.id) ?? 0;
          expect(filled).toBeLessThanOrEqual(o.energyWh);
          if (filled > 0) expect(o.side === 'bid' ? o.priceCentsPerMwh >= price! : o.priceCentsPerMwh <= price!).toBe(true);
        }
        const left = (side: string) =>
          book.filter((o) => o.side === side && (fills.get(o.id) ?? 0) < o.energyWh).map((o) => o.priceCentsPerMwh);
        expect(Math.max(-Infinity, ...left('bid'))).toBeLessThan(Math.min(Infinity, ...left('offer')));
        const shuffled = book
          .map((o) => [noise.next().value, o] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, o]) => o);
        expect(clearOrders(shuffled)).toEqual({ priceCentsPerMwh: price, volumeWh, fills });
      }),
    );
  });
});
