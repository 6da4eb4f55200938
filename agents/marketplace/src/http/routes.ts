import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { InputError, assertOk } from '@gridpass/core';
import type { Clock, Instant, MarketCalendar, MarketRepository, RequestId, TenantId } from '@gridpass/core';
import { parseJson, randomToken } from '@gridpass/codec';
import { addAuditorRoutes, addOwnDidRoutes, assertOperatorToken, type AuditorRouteParts, type OwnDid } from '@gridpass/program';
import { accessOf, checkQueries, readBody, type Access, type Gate, type QueryTable } from '@gridpass/gate';
import { clearOrders } from '../market/clear.js';
import { keepReading } from '../market/keep-reading.js';
import { INTERVAL_SECONDS, parseOrder, type OrderRequest } from '../market/order.js';

/** What the routes ask of the rest. */
export interface RouteParts {
  readonly tenant: TenantId;
  readonly gate: Gate;
  readonly market: MarketRepository;
  readonly calendar: MarketCalendar;
  readonly clock: Clock;
  /** Trading channels. */
  readonly channels: readonly string[];
  /** The policies of a channel that are in force. */
  readonly policyText: (channel: string) => string;
  readonly zones: Readonly<Record<string, { readonly jurisdiction: string }>>;
  readonly maxOpenOrders: number;
  readonly operatorTokenDigest: string;
  /** The life cycle of the market's own DID, for its operator. */
  readonly ownDid?: OwnDid;
  /** Whoever reads the log and the evidence of decisions; a duty apart from the operator's. */
  readonly auditor?: Pick<AuditorRouteParts, 'auditorTokenDigest' | 'exportLog' | 'evidence' | 'audit'>;
  /** Public facts shown at the root: origin, bounds, addresses. */
  readonly about: Readonly<Record<string, unknown>>;
}

const MAX_BODY = 4096;
const BODY_MS = 5000;
/** Orders shown at once, those of the next intervals first. */
const MAX_SHOWN = 1000;

/** The order book over HTTP. Every route that names a person's or a party's orders stands behind the gate. */
export function createMarketRoutes(parts: RouteParts): Middleware {
  const { tenant, gate, market, clock } = parts;
  const router = new Router({ sensitive: true, strict: true });
  router.use(checkQueries(queriesOf(parts)));
  router.get('/', (ctx) => {
    ctx.body = { ...parts.about, channels: parts.channels, zones: parts.zones };
  });
  for (const channel of parts.channels) {
    router.get(`/channels/${channel}/policy`, (ctx) => {
      ctx.type = 'text/plain';
      ctx.body = parts.policyText(channel);
    });
    router.post(
      `/channels/${channel}/orders`,
      gate.protect({ channel, action: 'place', resource: (ctx) => orderAttributes(parts, ctx) }),
      async (ctx) => {
        const access = accessOf(ctx);
        const order = orderOf(ctx);
        const placed = await market.placeOrder(
          tenant,
          { ...order, id: randomToken(16), channel, owner: access.holderThumbprint, placedAt: access.at, state: 'open', clearedWh: 0 },
          Math.min(parts.maxOpenOrders, admittedOrders(access)),
        );
        ctx.status = 201;
        ctx.body = { order: assertOk(placed), receipt: access.receipt };
      },
    );
    router.get(
      `/channels/${channel}/orders`,
      gate.protect({ channel, action: 'list', resource: (ctx) => zoneAttributes(parts, ctx) }),
      async (ctx) => {
        const { holderThumbprint, at } = accessOf(ctx);
        const zone = zoneOf(parts, ctx);
        // The book is shown without owners: a pseudonym on every order would let anyone follow it through the market.
        const orders = (await market.openOrders(tenant, { channel, zone, from: at, limit: MAX_SHOWN })).map(({ owner, ...order }) => ({
          ...order,
          mine: owner === holderThumbprint,
        }));
        ctx.body = { orders };
      },
    );
    router.delete(
      `/channels/${channel}/orders/:id`,
      gate.protect({ channel, action: 'cancel', resource: (ctx) => zoneAttributes(parts, ctx) }),
      async (ctx) => {
        ctx.body = {
          order: assertOk(await market.cancelOrder(tenant, { id: String(ctx.params['id']), owner: accessOf(ctx).holderThumbprint })),
        };
      },
    );
    router.get(`/channels/${channel}/intervals`, gate.limit(), async (ctx) => {
      ctx.body = { intervals: await market.clearedIntervals(tenant, { channel, limit: 96 }) };
    });
    router.post(`/channels/${channel}/intervals/:zone/:interval/clear`, gate.limit(), async (ctx) => {
      assertOperatorToken(ctx, parts.operatorTokenDigest);
      const zone = knownZone(parts, String(ctx.params['zone']));
      const interval = intervalOf(String(ctx.params['interval']));
      ctx.body = { cleared: await market.clearInterval(tenant, { channel, zone, interval, at: clock.now() }, clearOrders) };
    });
  }
  const { ownDid, operatorTokenDigest } = parts;
  if (ownDid !== undefined)
    addOwnDidRoutes((path, limit, handler) => router.post(path, limit, handler), { gate, ownDid, operatorTokenDigest });
  if (parts.auditor !== undefined)
    addAuditorRoutes((path, limit, handler) => router.get(path, limit, handler), { tenant, gate, clock, ...parts.auditor });
  router.post('/readings', gate.protect({ channel: 'telemetry', action: 'connect' }), async (ctx) => {
    const access = accessOf(ctx);
    const kept = await keepReading(parts, {
      grantId: access.grantId,
      device: access.holderDid,
      facts: access.facts,
      body: await jsonOf(ctx),
      requestId: randomToken(16) as RequestId,
      at: access.at,
    });
    ctx.status = 201;
    ctx.body = { reading: assertOk(kept) };
  });
  return router.routes() as unknown as Middleware;
}

/** What the market's own routes read of their queries. Which zones are traded is said where a zone is read. */
const queriesOf = ({ channels }: Pick<RouteParts, 'channels'>): QueryTable =>
  Object.fromEntries(
    channels.flatMap((channel) => [
      [`GET /channels/${channel}/orders`, { zone: { kind: 'text' } }],
      [`DELETE /channels/${channel}/orders/:id`, { zone: { kind: 'text' } }],
    ]),
  );

/** Reads the order before the policy judges it; the handler finds it in the context, already parsed. */
async function orderAttributes(parts: RouteParts, ctx: Context): Promise<Record<string, string | number>> {
  const order = assertOk(parseOrder(await jsonOf(ctx), parts.clock.now()));
  knownZone(parts, order.zone);
  ctx.state['order'] = order;
  return {
    zone: order.zone,
    orderWh: order.energyWh,
    jurisdiction: parts.zones[order.zone]?.jurisdiction ?? '',
    // What the order could cost its owner, rounded up to a cent.
    requiredSecurityCents: Math.max(0, Math.ceil((order.energyWh * Math.abs(order.priceCentsPerMwh)) / 1_000_000)),
  };
}

function zoneAttributes(parts: RouteParts, ctx: Context): Record<string, string | number> {
  const zone = zoneOf(parts, ctx);
  return { zone, orderWh: 0, jurisdiction: parts.zones[zone]?.jurisdiction ?? '', requiredSecurityCents: 0 };
}

/** How many open orders the shown admission allows; channels without an admission leave that to this market. */
function admittedOrders({ facts }: Access): number {
  const fact = facts.find(({ path }) => path === 'MarketChannelAdmission.maxOpenOrders');
  return fact?.kind === 'value' && typeof fact.value === 'number' ? fact.value : Number.POSITIVE_INFINITY;
}

function orderOf(ctx: Context): OrderRequest {
  return ctx.state['order'] as OrderRequest;
}

async function jsonOf(ctx: Context) {
  return assertOk(parseJson(assertOk(await readBody(ctx, MAX_BODY, BODY_MS))));
}

function zoneOf(parts: RouteParts, ctx: Context): string {
  const zone = ctx.query['zone'];
  return knownZone(parts, typeof zone === 'string' ? zone : '');
}

function knownZone(parts: RouteParts, zone: string): string {
  if (!Object.hasOwn(parts.zones, zone)) throw new InputError('ORDER_INVALID', 'zone: not traded here');
  return zone;
}

function intervalOf(text: string): Instant {
  const interval = Number(text);
  if (!Number.isSafeInteger(interval) || interval <= 0 || interval % INTERVAL_SECONDS !== 0)
    throw new InputError('ORDER_INVALID', 'interval: not the start of one');
  return interval as Instant;
}
