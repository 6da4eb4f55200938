import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Router from '@koa/router';
import { digestOf } from '@gridpass/codec';
import Koa from 'koa';
import { createErrorMapper } from '../http/answer.js';
import { createWalletRoutes } from '../http/wallet-routes.js';

const TOKEN = 'token-of-an-owner-0123456789';
// The table of routes alone: what they call is not there.
const table = createWalletRoutes({
  wallets: new Map([['house', { config: { tokenDigest: digestOf(TOKEN) } }]]),
  maxBodyBytes: 1_000,
} as never);
const { router } = table as unknown as { readonly router: Router };
const routes = router.stack
  .filter(({ path }) => String(path).startsWith('/wallets/:tenant'))
  .flatMap(({ methods, path }) => methods.filter((method) => method !== 'HEAD').map((method) => [method, String(path)] as const));

describe("the queries of a wallet's owner", () => {
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    const app = new Koa();
    app.use(createErrorMapper(() => undefined));
    app.use(table);
    const answer = app.callback();
    server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function ask(method: string, path: string, token: string): Promise<object> {
    const url = `${origin}${path.replace(':tenant', 'house').replace(/:\w+/g, 'x')}?zone=DK1`;
    const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } });
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, code: body['code'], because: body['because'] };
  }

  it('stand in a table of more than 15 routes', () => {
    expect(routes.length).toBeGreaterThan(15);
  });

  it.each(routes)('refuse ?zone=DK1 and say so to the owner alone: %s %s', async (method, path) => {
    expect(await ask(method, path, TOKEN)).toEqual({
      status: 400,
      code: 'REQUEST_MALFORMED',
      because: ['zone: not read here', 'this route reads no query'],
    });
    expect(await ask(method, path, 'somebody-elses-token-0123456789')).toEqual({
      status: 401,
      code: 'ADMIN_TOKEN_INVALID',
      because: undefined,
    });
  });
});
