import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Router from '@koa/router';
import Koa from 'koa';
import { createErrorMapper } from '../http/answer.js';
import { createRoutes } from '../http/router.js';
import type { HttpParts } from '../http/tenant-runtime.js';

/** What pages of other origins may call. Whatever is not here is closed to them. */
const OPEN = [
  'GET /.well-known/oauth-authorization-server/t/:tenant',
  'GET /.well-known/openid-credential-issuer/t/:tenant',
  'GET /t/:tenant/.well-known/oauth-authorization-server',
  'GET /t/:tenant/.well-known/openid-credential-issuer',
  'GET /t/:tenant/applications/:applicationId',
  'GET /t/:tenant/authority/:digest',
  'GET /t/:tenant/did.json',
  'GET /t/:tenant/status/:listId',
  'POST /t/:tenant/applications',
  'POST /t/:tenant/applications/:applicationId/offer',
  'POST /t/:tenant/credential',
  'POST /t/:tenant/nonce',
  'POST /t/:tenant/token',
];

const CORS = /^access-control-/;

// No route gets as far as its parts: what is asked for is of no tenant.
const parts = {
  config: { publicOrigin: 'https://issuer.example', maxBodyBytes: 1_000 },
  tenants: new Map(),
  clients: { takeAddress: () => ({ ok: true }) },
  clock: { now: () => 1 },
  rotationRoutes: {},
  keyRoutes: { lifecycle: {} },
  didRoutes: {},
} as unknown as HttpParts;

describe('an issuer and pages of other origins', () => {
  const routes = createRoutes(parts) as ReturnType<typeof createRoutes> & { readonly router: Router };
  const table = routes.router.stack.flatMap(({ path, methods }) =>
    methods.filter((method) => method !== 'HEAD' && method !== 'OPTIONS').map((method) => [method, String(path)] as const),
  );
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    const app = new Koa();
    app.use(createErrorMapper(() => undefined));
    app.use(routes);
    const answer = app.callback();
    server = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${origin}${path.replaceAll(/:\w+/g, 'x')}`, {
      method,
      headers: { Origin: 'https://evil.example', Cookie: 'token=x', ...headers },
    });
    await answer.arrayBuffer();
    return { status: answer.status, cors: Object.fromEntries([...answer.headers].filter(([name]) => CORS.test(name))) };
  };

  it('has routes of both kinds, each of the open ones among them', () => {
    const known = table.map(([method, path]) => `${method} ${path}`);
    expect(OPEN.filter((route) => !known.includes(route))).toEqual([]);
    expect(known.filter((route) => route.includes('/admin/')).length).toBeGreaterThan(20);
  });

  it.each(table)('%s %s is open as declared, and to nobody by a cookie', async (method, path) => {
    const isOpen = OPEN.includes(`${method} ${path}`);
    const { cors } = await ask(method, path);
    expect(cors).toEqual(
      isOpen
        ? {
            'access-control-allow-origin': '*',
            'access-control-expose-headers': 'DPoP-Nonce, ETag, Retry-After, WWW-Authenticate',
          }
        : {},
    );
    const preflight = await ask('OPTIONS', path, {
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': 'authorization,content-type,dpop',
    });
    expect(preflight).toEqual(
      isOpen
        ? {
            status: 204,
            cors: {
              'access-control-allow-headers': 'Accept, Authorization, Content-Type, DPoP, If-None-Match',
              'access-control-allow-methods': expect.stringContaining(method),
              'access-control-allow-origin': '*',
              'access-control-expose-headers': 'DPoP-Nonce, ETag, Retry-After, WWW-Authenticate',
              'access-control-max-age': '600',
            },
          }
        : { status: 404, cors: {} },
    );
  });
});
