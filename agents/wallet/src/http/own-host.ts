import type { Context, Middleware, Next } from 'koa';
import { refused } from './body.js';

/**
 * Keeps a wallet that lives on the loopback from being reached under a name that somebody else made to point there (DNS
 * rebinding): the page of such a name would be of one origin with the wallet. A public wallet is reached under whatever name
 * its proxy passes on. Refuses NOT_FOUND.
 */
export function createHostCheck(publicOrigin: string): Middleware {
  const guarded = isLoopback(new URL(publicOrigin).hostname);
  return async function checkHost(ctx: Context, next: Next): Promise<void> {
    if (guarded && !isLoopback(hostnameOf(ctx.req.headers.host ?? ''))) throw refused('NOT_FOUND', 'host');
    await next();
  };
}

/** The name in a Host header as a URL spells it; '' for what is none. */
function hostnameOf(host: string): string {
  const url = /^[^/?#@\\\s]+$/.test(host) && URL.canParse(`http://${host}/`) ? new URL(`http://${host}/`) : undefined;
  return url?.hostname ?? '';
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
