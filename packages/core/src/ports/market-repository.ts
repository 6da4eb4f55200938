import type { Outcome } from '../outcome.js';
import type { Did, Digest, Instant, TenantId, Thumbprint } from '../nouns.js';

/** One order of the book. Energy in Wh, price in euro cents per MWh: integers, so that clearing has no rounding of its own. */
export interface Order {
  readonly id: string;
  readonly channel: string;
  readonly zone: string;
  readonly side: 'offer' | 'bid';
  /** Start of the 15-minute interval of delivery. */
  readonly interval: Instant;
  readonly energyWh: number;
  readonly priceCentsPerMwh: number;
  /** The holder key behind the grant: a pseudonym, and all that the book knows of its owner. */
  readonly owner: Thumbprint;
  readonly placedAt: Instant;
  readonly state: 'open' | 'cancelled' | 'cleared';
  readonly clearedWh: number;
}

/** The one price at which an interval was cleared. */
export interface ClearedInterval {
  readonly channel: string;
  readonly zone: string;
  readonly interval: Instant;
  /** Absent when no bid met an offer. */
  readonly priceCentsPerMwh: number | undefined;
  readonly volumeWh: number;
  readonly clearedAt: Instant;
}

/** One meter reading. The device DID is the device's own; no person is named. */
export interface Reading {
  readonly device: Did;
  readonly meteringPointHash: string;
  readonly obis: string;
  readonly interval: Instant;
  readonly energyWh: number;
  readonly receivedAt: Instant;
  /** Leaf hash of the audited decision that let it in. */
  readonly decisionLeaf: Digest;
}

/** The order book and the readings of one market operator. */
export interface MarketRepository {
  /** Keeps a new order; CONFLICT when its interval is cleared already, or the owner has `maxOpenOrders` open ones. */
  placeOrder(tenant: TenantId, order: Order, maxOpenOrders: number): Promise<Outcome<Order>>;
  /** Cancels an open order of this owner; NOT_FOUND for a stranger's, CONFLICT when it is not open. */
  cancelOrder(tenant: TenantId, query: { readonly id: string; readonly owner: Thumbprint }): Promise<Outcome<Order>>;
  /** Open orders by interval, then age; at most `limit` of them, of intervals that start at `from` or later. */
  openOrders(
    tenant: TenantId,
    query: {
      readonly channel: string;
      readonly zone?: string;
      readonly interval?: Instant;
      readonly from?: Instant;
      readonly owner?: Thumbprint;
      readonly limit: number;
    },
  ): Promise<readonly Order[]>;
  /**
   * Clears an interval exactly once: locks its open orders, lets `clear` fill them, writes price and fills in the same
   * transaction. A second call returns what the first one wrote.
   */
  clearInterval(
    tenant: TenantId,
    query: { readonly channel: string; readonly zone: string; readonly interval: Instant; readonly at: Instant },
    clear: (orders: readonly Order[]) => {
      readonly priceCentsPerMwh: number | undefined;
      readonly volumeWh: number;
      readonly fills: ReadonlyMap<string, number>;
    },
  ): Promise<ClearedInterval>;
  clearedIntervals(tenant: TenantId, query: { readonly channel: string; readonly limit: number }): Promise<readonly ClearedInterval[]>;
  /** Keeps a reading once per device, register and interval; the first one stands and CONFLICT is told for a different value. */
  keepReading(tenant: TenantId, reading: Reading): Promise<Outcome<'new' | 'known'>>;
  readings(tenant: TenantId, query: { readonly device: Did; readonly limit: number }): Promise<readonly Reading[]>;
}
