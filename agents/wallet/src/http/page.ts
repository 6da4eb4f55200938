import { readFileSync } from 'node:fs';
import { noteRequest } from '@gridpass/gate';
import type { Context, Middleware, Next } from 'koa';

const FILES: Readonly<Record<string, readonly [string, string]>> = {
  '/': ['index.html', 'text/html'],
  '/wallet.js': ['wallet.js', 'text/javascript'],
  '/wallet.css': ['wallet.css', 'text/css'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

/** Serves the page for people: four files, read once, nothing from elsewhere, no cookie. */
export function createPage(): Middleware {
  const files = new Map(
    Object.entries(FILES).map(([path, [name, type]]) => [
      path,
      { type, text: readFileSync(new URL(`../../page/${name}`, import.meta.url), 'utf8') },
    ]),
  );
  return async function servePage(ctx: Context, next: Next): Promise<void> {
    const file = ctx.method === 'GET' || ctx.method === 'HEAD' ? files.get(ctx.path) : undefined;
    if (file === undefined) {
      await next();
      return;
    }
    noteRequest(ctx.req, { route: ctx.path });
    ctx.set(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.type = file.type;
    ctx.body = file.text;
  };
}
