import type { Context } from 'koa';

/** Request headers that wallets send and that a page may not send unasked. */
const ALLOWED = 'Accept, Authorization, Content-Type, DPoP, If-None-Match';
/** Answer headers that a page could not read otherwise. */
const EXPOSED = 'DPoP-Nonce, ETag, Retry-After, WWW-Authenticate';
const PREFLIGHT_SECONDS = '600';

/**
 * Lets pages of any origin read an answer (Fetch 3.3), for routes that declare themselves for them: what is public, or opened by a proof or
 * token that the page itself holds. Never for a route that a cookie or an operator's token opens. There is one origin, `*`, which browsers
 * accept for requests without cookies alone, and no credentials are ever allowed. Returns whether this was a preflight, which is answered then.
 */
export function openToBrowsers(ctx: Context, methods: readonly string[]): boolean {
  ctx.set('Access-Control-Allow-Origin', '*');
  ctx.set('Access-Control-Expose-Headers', EXPOSED);
  if (ctx.method !== 'OPTIONS') return false;
  ctx.set('Access-Control-Allow-Methods', methods.join(', '));
  ctx.set('Access-Control-Allow-Headers', ALLOWED);
  ctx.set('Access-Control-Max-Age', PREFLIGHT_SECONDS);
  ctx.status = 204;
  return true;
}
