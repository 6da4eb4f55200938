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
export declare function clearOrders(orders: readonly Clearable[]): Clearing;
export {};
//# sourceMappingURL=clear.d.ts.map