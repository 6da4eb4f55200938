import { type Instant, type JsonValue, type Outcome } from '@gridpass/core';
/** Length of a delivery interval in seconds. */
export declare const INTERVAL_SECONDS = 900;
/** The EIC of a bidding zone, as far as its form goes. */
export declare const EIC_ZONE: RegExp;
/** What a client sends to place an order. */
export interface OrderRequest {
    readonly side: 'offer' | 'bid';
    readonly interval: Instant;
    readonly energyWh: number;
    readonly priceCentsPerMwh: number;
    readonly zone: string;
}
/** Reads an order from a request body; ORDER_INVALID names every field that is wrong. The interval must start in the future. */
export declare function parseOrder(body: JsonValue, at: Instant): Outcome<OrderRequest>;
/** The start of the interval that begins next. */
export declare function nextInterval(at: Instant): Instant;
//# sourceMappingURL=order.d.ts.map