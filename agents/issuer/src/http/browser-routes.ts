import type Router from '@koa/router';
import { openToBrowsers } from '@gridpass/gate';
import type { Context } from 'koa';

type Handler = (ctx: Context) => Promise<void> | void;

/** Declares routes that pages of other origins may call; OPTIONS is answered for each of their paths. */
export function browserRoutes(router: Router): { get(path: string, handler: Handler): void; post(path: string, handler: Handler): void } {
  const methods = new Map<string, string[]>();
  const add = (method: 'GET' | 'POST', path: string, handler: Handler): void => {
    const known = methods.get(path);
    const open = known ?? [];
    open.push(method);
    methods.set(path, open);
    if (known === undefined) router.options(path, (ctx) => void openToBrowsers(ctx, open));
    router[method === 'GET' ? 'get' : 'post'](path, async (ctx) => {
      openToBrowsers(ctx, open);
      await handler(ctx);
    });
  };
  return { get: (path, handler) => add('GET', path, handler), post: (path, handler) => add('POST', path, handler) };
}
