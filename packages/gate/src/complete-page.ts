import { sha256 } from '@gridpass/codec';
import type { Context } from 'koa';

const STYLE = 'body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto 0;padding:0 1rem}';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Presentation accepted</title>
    <style>${STYLE}</style>
  </head>
  <body>
    <main>
      <h1>Presentation accepted</h1>
      <p>Your wallet has shown what was asked for, and it was accepted. You can close this page.</p>
    </main>
  </body>
</html>
`;

// Nothing runs, nothing is fetched, nothing is framed: the one style is named by its hash.
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${Buffer.from(sha256(STYLE)).toString('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Answers with the page a same-device browser ends on (OpenID4VP 1.0 8.2). The response code is in the fragment, which a
 * browser does not send: the page is the same for everybody, and neither it nor a log ever sees a code.
 */
export function showComplete(ctx: Context): void {
  ctx.set('Content-Security-Policy', POLICY);
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = PAGE;
}
