import type { Order } from '@gridpass/core';

/** Orders as clearing sees them. */
type Clearable = Pick<Order, 'id' | 'side' | 'energyWh' | 'priceCentsPerMwh' | 'placedAt'>;

/** What clearing yields: one price, the volume, and the energy filled per order (orders that got nothing are absent). */
export interface Clearing {
  readonly priceCentsPerMwh: number | undefined;
  readonly volumeWh: number;
  readonly fills: ReadonlyMap<string, number>;
}

/**
 * Clears one interval at one price (a uniform-price double auction). Bids are served from the dearest, offers from the
 * cheapest, equals by time and then by id, so that the result depends on the set of orders alone. The price is the
 * midpoint of the last bid and the last offer that trade, rounded down to a cent: nobody pays more or gets less than
 * their order says.
 */
export function clearOrders(orders: readonly Clearable[]): Clearing {
  const bids = orders.filter((o) => o.side === 'bid').sort((a, b) => b.priceCentsPerMwh - a.priceCentsPerMwh || byAge(a, b));
  const offers = orders.filter((o) => o.side === 'offer').sort((a, b) => a.priceCentsPerMwh - b.priceCentsPerMwh || byAge(a, b));
  const fills = new Map<string, number>();
  let volumeWh = 0;
  let marginal: { readonly bid: number; readonly offer: number } | undefined;
  let b = 0;
  let o = 0;
  for (
    let bid = bids[b], offer = offers[o];
    bid && offer && bid.priceCentsPerMwh >= offer.priceCentsPerMwh;
    bid = bids[b], offer = offers[o]
  ) {
    const bidLeft = bid.energyWh - (fills.get(bid.id) ?? 0);
    const offerLeft = offer.energyWh - (fills.get(offer.id) ?? 0);
    const traded = Math.min(bidLeft, offerLeft);
    fills.set(bid.id, (fills.get(bid.id) ?? 0) + traded);
    fills.set(offer.id, (fills.get(offer.id) ?? 0) + traded);
    volumeWh += traded;
    marginal = { bid: bid.priceCentsPerMwh, offer: offer.priceCentsPerMwh };
    if (traded === bidLeft) b += 1;
    if (traded === offerLeft) o += 1;
  }
  return { priceCentsPerMwh: marginal && Math.floor((marginal.bid + marginal.offer) / 2), volumeWh, fills };
}

function byAge(a: Clearable, b: Clearable): number {
  return a.placedAt - b.placedAt || (a.id < b.id ? -1 : 1);
}
