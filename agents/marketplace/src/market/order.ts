import { ok, refuse, type Instant, type JsonObject, type JsonValue, type Outcome } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';

/** Length of a delivery interval in seconds. */
export const INTERVAL_SECONDS = 900;

/** The EIC of a bidding zone, as far as its form goes. */
export const EIC_ZONE = /^[0-9]{2}Y[A-Z0-9-]{12}[A-Z0-9]$/;

const MAX_WH = 1_000_000_000;
const MAX_PRICE = 1_000_000_00;
const MEMBERS = new Set(['side', 'interval', 'energyWh', 'priceCentsPerMwh', 'zone']);

/** What a client sends to place an order. */
export interface OrderRequest {
  readonly side: 'offer' | 'bid';
  readonly interval: Instant;
  readonly energyWh: number;
  readonly priceCentsPerMwh: number;
  readonly zone: string;
}

/** Reads an order from a request body; ORDER_INVALID names every field that is wrong. The interval must start in the future. */
export function parseOrder(body: JsonValue, at: Instant): Outcome<OrderRequest> {
  if (!isJsonObject(body)) return refuse('ORDER_INVALID', 'order', 'the body is not an object');
  // Compared as they are: as text, ["bid"] would read like "bid" in one place and not in the next.
  const [side, zone] = [memberOf(body, 'side'), memberOf(body, 'zone')];
  const wrong = [
    ...Object.keys(body)
      .filter((name) => !MEMBERS.has(name))
      .map(() => 'unknown member'),
    ...(side === 'offer' || side === 'bid' ? [] : ['side']),
    ...(isWhole(body, 'energyWh', 1, MAX_WH) ? [] : ['energyWh']),
    ...(isWhole(body, 'priceCentsPerMwh', -MAX_PRICE, MAX_PRICE) ? [] : ['priceCentsPerMwh']),
    ...(isInterval(memberOf(body, 'interval'), at) ? [] : ['interval']),
    ...(typeof zone === 'string' && EIC_ZONE.test(zone) ? [] : ['zone']),
  ];
  if (wrong.length > 0) return refuse('ORDER_INVALID', 'order', wrong.join(', '));
  return ok({
    side: side === 'bid' ? 'bid' : 'offer',
    interval: Number(memberOf(body, 'interval')) as Instant,
    energyWh: Number(memberOf(body, 'energyWh')),
    priceCentsPerMwh: Number(memberOf(body, 'priceCentsPerMwh')),
    zone: textOf(zone),
  });
}

/** A member whose type was checked before. */
export const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

/** The start of the interval that begins next. */
export function nextInterval(at: Instant): Instant {
  return ((Math.floor(at / INTERVAL_SECONDS) + 1) * INTERVAL_SECONDS) as Instant;
}

function isWhole(body: JsonObject, name: string, least: number, most: number): boolean {
  const value = memberOf(body, name);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
}

function isInterval(value: JsonValue | undefined, at: Instant): boolean {
  const week = 7 * 86_400;
  return typeof value === 'number' && Number.isSafeInteger(value) && value % INTERVAL_SECONDS === 0 && value > at && value <= at + week;
}
