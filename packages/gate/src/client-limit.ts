import type { IncomingMessage, ServerResponse } from 'node:http';
import { InputError } from '@gridpass/core';
import type { Instant, Outcome } from '@gridpass/core';
import { createClientAddress } from './client-address.js';
import type { ProxySettings } from './client-address.js';
import { createRateLimiter } from './rate-limit.js';
import type { RateLimit } from './rate-limit.js';

/** What strangers may ask of a program, and who stands in front of it. */
export interface ClientLimitSettings extends ProxySettings {
  /** For each client address (an IPv6 /64 counts as one), and for each key where a client has proven one. */
  readonly rateLimit: RateLimit;
  /** For everybody together. */
  readonly rateLimitTogether: RateLimit;
  /** How many addresses and keys are remembered; beyond it the longest unused are forgotten. */
  readonly capacity: number;
}

/** One exchange over HTTP, as Koa's context has it. */
export interface HttpExchange {
  readonly req: Pick<IncomingMessage, 'headers' | 'socket'>;
  readonly res: Pick<ServerResponse, 'setHeader'>;
}

/** Counts requests by client. The first two refuse RATE_LIMITED and then set `Retry-After` (RFC 9110 10.2.3) to the seconds it takes. */
export interface ClientLimit {
  takeAddress(exchange: HttpExchange, at: Instant): Outcome<true>;
  takeKey(exchange: HttpExchange, thumbprint: string, at: Instant): Outcome<true>;
  /** The name that the client of a request is counted under, for what outlives the request or counts for more than one. */
  clientOf(request: HttpExchange['req']): string;
  /** The name that a proven key is counted under. */
  nameOfKey(thumbprint: string): string;
  /** Takes `count` at once, or nothing, in the name of `clientOf` or `nameOfKey`. Refuses RATE_LIMITED and tells nobody. */
  takeClient(client: string, at: Instant, count: number): Outcome<true>;
  /** Whole seconds until something can be taken again in the name of `clientOf`, at least one: the value of `Retry-After`. */
  waitSeconds(client: string, at: Instant): number;
}

/** Makes a counter in memory of this process. Throws InputError CONFIG_INVALID for limits that would let nobody or everybody pass. */
export function createClientLimit(settings: ClientLimitSettings): ClientLimit {
  for (const name of ['rateLimit', 'rateLimitTogether'] as const) {
    const { burst, perMinute } = settings[name];
    if (!(Number.isFinite(burst) && burst >= 1 && Number.isFinite(perMinute) && perMinute > 0))
      throw new InputError('CONFIG_INVALID', `${name}: burst at least one, perMinute above zero`);
  }
  const limiter = createRateLimiter(settings.rateLimit, settings.rateLimitTogether, settings.capacity);
  const clientAddress = createClientAddress(settings);
  const take = ({ res }: HttpExchange, key: string, at: Instant): Outcome<true> => {
    const taken = limiter.take(key, at);
    if (!taken.ok) res.setHeader('Retry-After', String(limiter.waitSeconds(key, at)));
    return taken;
  };
  const clientOf: ClientLimit['clientOf'] = (request) => `address:${clientAddress(request)}`;
  const nameOfKey = (thumbprint: string): string => `key:${thumbprint}`;
  return {
    clientOf,
    nameOfKey,
    takeClient: (client, at, count) => limiter.take(client, at, count),
    waitSeconds: (client, at) => limiter.waitSeconds(client, at),
    takeAddress: (exchange, at) => take(exchange, clientOf(exchange.req), at),
    takeKey: (exchange, thumbprint, at) => take(exchange, nameOfKey(thumbprint), at),
  };
}
