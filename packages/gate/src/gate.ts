import type { Context, Middleware, Next } from 'koa';
import { createGateCore } from './admit.js';
import type { GateCore } from './admit.js';
import { createErrorMapper } from './answer.js';
import { createProofMemory } from './nonce.js';
import { createProtection } from './protect.js';
import type { ProtectedRoute } from './protect.js';
import { createRateLimiter } from './rate-limit.js';
import { createRoutes } from './routes.js';
import type { RouteParts } from './routes.js';
import { createSessionTokens } from './session-token.js';
import { resolveSettings } from './settings.js';
import type { GateSettings } from './settings.js';

/** A gate: its endpoints, the protection of routes, and the core that other transports use. */
export interface Gate extends Pick<
  GateCore,
  'admit' | 'openChallenge' | 'openSession' | 'use' | 'endGrant' | 'endGrantsOf' | 'sweep' | 'counted'
> {
  /** Error mapper and endpoints; mount it first, before body parsers and routes. */
  routes(): Middleware;
  /** Stands before a route's handler; `accessOf(ctx)` then says who asks. */
  protect(route: string | ProtectedRoute): Middleware;
}

/** Makes a gate. Throws InputError CONFIG_INVALID for settings that are no gate: no channel, foreign policies, no origin. */
export function createGate(settings: GateSettings): Gate {
  const resolved = resolveSettings(settings);
  const { signer, publicOrigin, basePath, cacheEntries } = resolved;
  const core = createGateCore(resolved);
  const parts: RouteParts = {
    settings: resolved,
    core,
    memory: createProofMemory(resolved.nonceSlotSeconds, cacheEntries * 10),
    tokens: createSessionTokens(signer, publicOrigin, (channel) => `${publicOrigin}${basePath}/channels/${channel}`, cacheEntries),
    limiter: createRateLimiter(resolved.rateLimit, resolved.rateLimitTogether, cacheEntries),
  };
  const mapErrors = createErrorMapper(resolved.log);
  const endpoints = createRoutes(parts);
  return {
    ...core,
    routes: () =>
      async function gateAndRoutes(ctx: Context, next: Next): Promise<void> {
        await mapErrors(ctx, async () => {
          await endpoints(ctx, next);
        });
      },
    protect: (route) => createProtection(parts, typeof route === 'string' ? { channel: route } : route),
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
