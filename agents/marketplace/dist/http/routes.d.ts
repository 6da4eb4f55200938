import type { Middleware } from 'koa';
import { type Clock, type MarketRepository, type TenantId } from '@gridpass/core';
import { type Gate } from '@gridpass/gate';
/** What the routes ask of the rest. */
export interface RouteParts {
    readonly tenant: TenantId;
    readonly gate: Gate;
    readonly market: MarketRepository;
    readonly clock: Clock;
    /** Trading channels with the text of their policies. */
    readonly channels: ReadonlyMap<string, string>;
    readonly zones: Readonly<Record<string, {
        readonly jurisdiction: string;
    }>>;
    readonly maxOpenOrders: number;
    readonly operatorTokenDigest: string;
    /** Public facts shown at the root: origin, bounds, addresses. */
    readonly about: Readonly<Record<string, unknown>>;
}
/** The order book over HTTP. Every route that names a person's or a party's orders stands behind the gate. */
export declare function createMarketRoutes(parts: RouteParts): Middleware;
//# sourceMappingURL=routes.d.ts.map