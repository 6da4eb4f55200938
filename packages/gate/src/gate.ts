import type { NonceSecrets } from '@gridpass/core';
import type { PolicySet } from '@gridpass/policy';
import type { Context, Middleware, Next } from 'koa';
import { createGateCore } from './admit.js';
import type { GateCore } from './admit.js';
import { createErrorMapper, turnAway } from './answer.js';
import { createClientLimit } from './client-limit.js';
import type { ClientLimit } from './client-limit.js';
import { within } from './deadline.js';
import { createProofMemory } from './nonce.js';
import { createProtection } from './protect.js';
import type { ProtectedRoute } from './protect.js';
import { createRoutes } from './routes.js';
import type { RouteParts } from './routes.js';
import { createSessionTokens } from './session-token.js';
import { replacePolicies, resolveSettings } from './settings.js';
import type { GateSettings, ResolvedSettings } from './settings.js';
import { createRequestId } from './transport.js';

/** A gate: its endpoints, the protection of routes, and the core that other transports use. */
export interface Gate extends Pick<
  GateCore,
  'admit' | 'openChallenge' | 'openSession' | 'use' | 'endGrant' | 'endGrantsOf' | 'sweep' | 'counted' | 'count' | 'flush' | 'close'
> {
  /** The buckets of addresses and keys, for transports that are not HTTP: they count in the same. */
  readonly clients: Pick<ClientLimit, 'clientOf' | 'takeClient'>;
  /** Error mapper and endpoints; mount it first, before body parsers and routes. */
  routes(): Middleware;
  /** Counts requests for routes that need no grant, in the same buckets as the gate's own endpoints; RATE_LIMITED beyond them. */
  limit(): Middleware;
  /**
   * Puts other policies in force, at once for all channels that are named. What is being decided ends under those that it began with; grants that
   * stand are judged by the new ones from their next use on, with the facts that were shown for them. Throws InputError CONFIG_INVALID, and changes nothing.
   */
  replacePolicies(policies: Readonly<Record<string, PolicySet>>): void;
  /** Stands before a route's handler; `accessOf(ctx)` then says who asks. */
  protect(route: string | ProtectedRoute): Middleware;
}

/** Makes a gate. Throws InputError CONFIG_INVALID for settings that are no gate: no channel, foreign policies, no origin. */
export function createGate(settings: GateSettings): Gate {
  const resolved = resolveSettings(settings);
  const { signer, publicOrigin, basePath, cacheEntries } = resolved;
  const clients = createClientLimit({ ...resolved, capacity: cacheEntries });
  const core = createGateCore(resolved, clients);
  const parts: RouteParts = {
    settings: resolved,
    core,
    memory: createProofMemory(resolved.nonceSlotSeconds, cacheEntries * 10, boundedSecrets(resolved)),
    tokens: createSessionTokens(signer, publicOrigin, (channel) => `${publicOrigin}${basePath}/channels/${channel}`, cacheEntries),
    clients,
  };
  const mapErrors = createErrorMapper(resolved.log);
  const endpoints = createRoutes(parts);
  return {
    ...core,
    clients,
    routes: () =>
      async function gateAndRoutes(ctx: Context, next: Next): Promise<void> {
        await mapErrors(ctx, async () => {
          await endpoints(ctx, next);
        });
      },
    limit: () =>
      async function limitClient(ctx: Context, next: Next): Promise<void> {
        const taken = parts.clients.takeAddress(ctx, resolved.clock.now());
        if (!taken.ok) throw turnAway(createRequestId(), taken.refusal);
        await next();
      },
    replacePolicies: (policies) => replacePolicies(resolved, policies),
    protect: (route) => createProtection(parts, typeof route === 'string' ? { channel: route } : route),
  };
}

/** A store that hangs holds back nobody for longer than any other port. */
function boundedSecrets({ nonceSecrets, portTimeoutMs }: ResolvedSettings): NonceSecrets {
  return {
    own: nonceSecrets.own,
    readLater: (epoch) => within(portTimeoutMs, 'STORE_UNAVAILABLE', () => nonceSecrets.readLater(epoch)),
  };
}

/** The whole gate as one middleware before everything behind it: endpoints, error mapper, protection of one channel. */
export function gate(settings: GateSettings & ProtectedRoute): Middleware {
  const made = createGate(settings);
  const [routes, protect] = [made.routes(), made.protect(settings)];
  return async function gated(ctx: Context, next: Next): Promise<void> {
    await routes(ctx, async () => {
      await protect(ctx, next);
    });
  };
}
