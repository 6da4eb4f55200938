import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Router from '@koa/router';
import { digestOf } from '@gridpass/codec';
import Koa, { type Middleware } from 'koa';
import { addAdminRoutes } from '../http/admin-routes.js';
import { createErrorMapper } from '../http/answer.js';
import { addDidRoutes } from '../http/did-routes.js';
import { addKeyRoutes } from '../http/key-routes.js';
import { addOfferRoutes } from '../http/offer-routes.js';
import { addRotationRoutes } from '../http/rotation-routes.js';
import { createRoutes } from '../http/router.js';
import { addTransferRoutes } from '../http/transfer-routes.js';

const TOKEN = 'token-of-an-operator-0123456789';

/** The tables of routes alone: what they call is not there, so that whoever gets past the query gets an error of another kind. */
function operatorRoutes(): Router {
  const router = new Router({ sensitive: true, strict: true });
  const parts = { engine: {}, config: { maxRegisterBytes: 1_000, maxBodyBytes: 1_000 }, clock: {}, origin: '' };
  const runtime = { tenant: 't', config: { operators: [{ name: 'o', tokenDigest: digestOf(TOKEN), duties: [] }] }, audit: {}, signer: {} };
  type Add = (to: Router, made: never, tenantOf: () => never) => void;
  const adding = [addAdminRoutes, addOfferRoutes, addRotationRoutes, addKeyRoutes, addDidRoutes, addTransferRoutes] as readonly Add[];
  for (const add of adding) add(router, parts as never, () => runtime as never);
  return router;
}

const router = operatorRoutes();
const routes = router.stack
  .filter(({ path }) => String(path).startsWith('/t/:tenant/admin/'))
  .flatMap(({ methods, path }) => methods.filter((method) => method !== 'HEAD').map((method) => [method, String(path)] as const));

describe("the queries of an issuer's operators", () => {
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    const app = new Koa();
    app.use(createErrorMapper(() => undefined));
    app.use(router.routes() as Middleware);
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

  async function ask(
    method: string,
    path: string,
    token = TOKEN,
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const response = await fetch(`${origin}${path.replace(/:\w+/g, 'x')}`, { method, headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it('stand in tables of more than 20 routes', () => {
    expect(routes.length).toBeGreaterThan(20);
  });

  it.each(routes)('refuse ?zone=DK1 and say so: %s %s', async (method, path) => {
    const { status, body } = await ask(method, `${path}?zone=DK1`);
    expect({ status, ...body }).toMatchObject({
      status: 400,
      code: 'REQUEST_MALFORMED',
      detail: expect.stringMatching(/^zone: not read here; /),
    });
  });

  it.each(routes)('say nothing of it to a stranger: %s %s', async (method, path) => {
    const { status, body } = await ask(method, `${path}?zone=DK1`, 'somebody-elses-token-0123456789');
    expect({ status, code: body['code'], detail: body['detail'] }).toEqual({ status: 401, code: 'ADMIN_TOKEN_INVALID', detail: undefined });
  });

  it.each([
    ['GET', 'applications?limit=201', 'limit: a whole number from 1 to 200'],
    ['GET', 'credentials?limit=9999', 'limit: a whole number from 1 to 200'],
    ['GET', 'offers?limit=0', 'limit: a whole number from 1 to 200'],
    ['GET', 'credentials?state=all&state=all', 'state: given 2 times'],
    ['GET', 'credentials?state=expiring&days=10000', 'days: a whole number from 0 to 9999'],
    ['GET', 'applications?state=gone', 'state: one of pending, approved, rejected, issued, closed'],
    ['POST', 'applications?state=pending', 'state: not read here; this route reads no query'],
    ['POST', 'register?mayVanish=1e3', 'mayVanish: a whole number from 0 to 999999999'],
  ])('name the parameter and its bounds: %s %s', async (method, path, detail) => {
    expect((await ask(method, `/t/x/admin/${path}`)).body).toMatchObject({ code: 'REQUEST_MALFORMED', detail });
  });
});

/** Endpoints of OAuth, OpenID4VCI, did:web, the status lists and what verifiers fetch by a signed address: what they do not know is ignored. */
const OF_STANDARDS = [
  'GET /.well-known/oauth-authorization-server/t/:tenant',
  'GET /.well-known/openid-credential-issuer/t/:tenant',
  'GET /t/:tenant/.well-known/oauth-authorization-server',
  'GET /t/:tenant/.well-known/openid-credential-issuer',
  'GET /t/:tenant/authority/:digest',
  'GET /t/:tenant/did.json',
  'GET /t/:tenant/status/:listId',
  'POST /t/:tenant/credential',
  'POST /t/:tenant/nonce',
  'POST /t/:tenant/token',
];

describe('the queries of an issuer that anybody asks', () => {
  const takeAddress = () => ({ ok: true });
  const routes = createRoutes({
    config: { publicOrigin: 'https://issuer.example', maxBodyBytes: 1_000 },
    engine: {},
    tenants: new Map([['x', { tenant: 'x', config: { operators: [] } }]]),
    clients: { takeAddress },
    strangers: { takeAddress },
    clock: { now: () => 1 },
    accreditations: new Map(),
    rotationRoutes: {},
    keyRoutes: { lifecycle: {} },
    didRoutes: {},
  } as never) as ReturnType<typeof createRoutes> & { readonly router: Router };
  const all = routes.router.stack.flatMap(({ path, methods }) =>
    methods.filter((method) => method !== 'HEAD' && method !== 'OPTIONS').map((method) => `${method} ${String(path)}`),
  );
  const answer = new Koa()
    .use(createErrorMapper(() => undefined))
    .use(routes)
    .callback();
  const ask = async (route: string): Promise<{ readonly status: number; readonly body: unknown }> => {
    const [method = '', path = ''] = route.replace(/:\w+/g, 'x').split(' ');
    const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const response = await fetch(`http://127.0.0.1:${port}${path}?zone=DK1`, { method });
    const body: unknown = await response.json();
    server.closeAllConnections();
    server.close();
    return { status: response.status, body };
  };

  it('knows each of the routes that are left to their standards', () => {
    expect(OF_STANDARDS.filter((route) => !all.includes(route))).toEqual([]);
  });

  it.each(all.filter((route) => !OF_STANDARDS.includes(route)))('refuse ?zone=DK1, or whoever has no token: %s', async (route) => {
    expect(await ask(route)).toMatchObject(
      route.includes('/admin/')
        ? { status: 401, body: { code: 'ADMIN_TOKEN_INVALID' } }
        : { status: 400, body: { code: 'REQUEST_MALFORMED', detail: 'zone: not read here; this route reads no query' } },
    );
  });

  it.each(OF_STANDARDS)('are ignored as the standard has it: %s', async (route) => {
    expect(JSON.stringify(await ask(route))).not.toContain('not read here');
  });
});
