// Attacks on running wallets of two households over their loopback port: other owners' things, pages of other origins and
// names made to point here, addresses that lead the wallet elsewhere, and bodies meant to exhaust it.
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import type { Did, DidSigner, DidUrl, JsonObject, JsonValue, Nonce } from '@gridpass/core';
import { createDidResolver } from '@gridpass/did';
import { clientIdOf, createPresentationRequest } from '@gridpass/exchange';
import { createSigner, generatePrivateJwk, openKeyVault } from '@gridpass/keys';
import { createGuardedFetch, type GuardedFetch } from '@gridpass/net';
import { createKeyRepository, type Store } from '@gridpass/store';
import { createFakeClock, createParty, freePort, openTestStore } from '@gridpass/testkit';
import { composeWallet, walletsConfig, type Wallet } from '../../agents/wallet/src/index.js';
import { sendRaw } from './raw-http.js';

const OWNERS = { anna: 'token-of-anna-0123456789', bo: 'token-of-bo-0123456789' };
const OWNED: readonly (readonly [string, string, JsonValue?])[] = [
  ['GET', ''],
  ['POST', '/offers', { offer: 'openid-credential-offer://?credential_offer=%7B%7D' }],
  ['GET', '/credentials'],
  ['POST', '/credentials/refresh', {}],
  ['DELETE', '/credentials/x'],
  ['POST', '/applications', { issuer: 'http://127.0.0.1:1/t/dso', type: 'CustomerStatus', claims: {} }],
  ['GET', '/applications'],
  ['POST', '/applications/refresh', {}],
  ['DELETE', '/applications/x'],
  ['POST', '/proposals', { request: 'openid4vp://?client_id=x' }],
  ['POST', '/proposals/x', {}],
  ['DELETE', '/proposals/x'],
  ['POST', '/present', { request: 'openid4vp://?client_id=x' }],
  ['POST', '/access', { url: 'http://127.0.0.1:1/' }],
  ['GET', '/disclosures'],
  ['GET', '/disclosures.ndjson'],
  ['DELETE', '/disclosures'],
  ['POST', '/export', { passphrase: 'a long enough passphrase' }],
  ['POST', '/import', { archive: 'x', passphrase: 'a long enough passphrase' }],
  ['POST', '/leave', {}],
];

describe('running wallets under attack', () => {
  const clock = createFakeClock();
  let store: Store;
  let wallet: Wallet;
  let guarded: GuardedFetch;
  let inner: Server;
  let innerOrigin = '';
  let allowed = '';
  /** Requests that reached a service inside which no wallet has any business with. */
  const reached: string[] = [];
  const events: unknown[] = [];

  beforeAll(async () => {
    inner = createServer((request, response) => {
      reached.push(request.url ?? '');
      response.end('{}');
    });
    innerOrigin = await originOf(inner);
    const origin = `http://127.0.0.1:${await freePort()}`;
    allowed = `http://127.0.0.1:${await freePort()}`;
    store = await openTestStore();
    guarded = createGuardedFetch({ allow: [allowed], allowPrivate: true, maxRedirects: 0, clock });
    const config = walletsConfig.parse({
      http: { port: Number(new URL(origin).port) },
      publicOrigin: origin,
      maxBodyBytes: 65_536,
      wallets: Object.entries(OWNERS).map(([tenant, token]) => ({
        tenant,
        displayName: tenant,
        kind: 'household',
        tokenDigest: digestOf(token),
        spareFaces: 1,
      })),
    });
    wallet = await composeWallet(config, {
      store,
      clock,
      fetch: guarded,
      vault: openKeyVault({ repository: createKeyRepository(store), keks: [{ id: 'k', bytes: new Uint8Array(32).fill(1) }], clock }),
      resolver: createDidResolver({ methods: ['jwk', 'key', 'web'], chains: [], fetch: guarded, clock, cacheSeconds: 60, maxEntries: 100 }),
      anchors: [{ did: createParty('root').did, mayIssue: ['RegulatorAccreditation'] }],
      identities: {},
      log: (event) => events.push(event),
    });
  });
  afterAll(async () => {
    await wallet.close();
    await guarded.close();
    await new Promise<void>((resolve) => inner.close(() => resolve()));
    await store.close();
  });

  const ask = (
    tenant: string,
    [method, path, json]: (typeof OWNED)[number],
    options: { readonly token?: string; readonly headers?: readonly string[]; readonly type?: string } = {},
  ) =>
    sendRaw(wallet.url, {
      method,
      path: `/wallets/${tenant}${path}`,
      headers: [
        ...(options.token === undefined ? [] : [`Authorization: Bearer ${options.token}`]),
        ...(json === undefined ? [] : [`Content-Type: ${options.type ?? 'application/json'}`]),
        ...(options.headers ?? []),
      ],
      ...(json === undefined ? {} : { body: typeof json === 'string' ? json : JSON.stringify(json) }),
    });

  it.each(OWNED)("attack 26: %s %s is closed to another wallet's owner, and to nobody's", async (...route) => {
    for (const token of [OWNERS.bo, '', 'x'.repeat(30), undefined]) {
      const options = token === undefined ? {} : { token };
      expect(await ask('anna', route, options)).toMatchObject({ status: 401, code: 'ADMIN_TOKEN_INVALID' });
    }
    // Whether a wallet is there at all is nobody's business either.
    expect(await ask('nobody', route, { token: OWNERS.anna })).toMatchObject({ status: 401, code: 'ADMIN_TOKEN_INVALID' });
  });

  describe('attack 27: a page of another origin', () => {
    it.each([
      'evil.example',
      'evil.example:80',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      'x@127.0.0.1',
      '127.0.0.1@evil.example',
      '0.0.0.0',
      '[::ffff:10.0.0.1]',
      '',
    ])('reaches nothing under the name %j, not even the page or the list of wallets', async (host) => {
      for (const path of ['/', '/wallet.css', '/wallet.js', '/wallets/anna/credentials']) {
        const reply = await sendRaw(wallet.url, { path, headers: [`Host: ${host}`, `Authorization: Bearer ${OWNERS.anna}`] });
        expect([400, 404]).toContain(reply.status);
        expect(reply.body).not.toMatch(/(?<![\w-])anna(?![\w-])/);
      }
    });

    it('reaches the wallet under the names of the loopback', async () => {
      const { port } = new URL(wallet.url);
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'LOCALHOST'])
        expect((await sendRaw(wallet.url, { path: '/', headers: [`Host: ${host}`] })).status).toBe(200);
    });

    it('is never told that it may ask, and asks nothing without the token a page cannot have', async () => {
      const headers = [
        'Origin: https://evil.example',
        'Access-Control-Request-Method: POST',
        'Access-Control-Request-Private-Network: true',
      ];
      for (const route of OWNED) {
        const preflight = await ask('anna', ['OPTIONS', route[1]], { headers });
        expect(preflight.head).not.toMatch(/access-control-allow|^HTTP\/1\.1 2/im);
        // What a form can post without asking first.
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
          const posted = await ask('anna', route, { headers: [...headers, `Cookie: token=${OWNERS.anna}`], type });
          expect(posted).toMatchObject({ status: 401, code: 'ADMIN_TOKEN_INVALID' });
        }
      }
    });

    it('may not be framed, and brings no script of its own', async () => {
      const { head } = await sendRaw(wallet.url, { path: '/' });
      expect(head).toMatch(/frame-ancestors 'none'/);
      expect(head).toMatch(/script-src 'self'/);
      expect(head).not.toMatch(/set-cookie|unsafe-inline/i);
    });
  });

  describe('attack 14: an address that leads elsewhere', () => {
    const places = (): readonly string[] => [
      `${innerOrigin}/inner`,
      'http://127.0.0.1:6379/',
      'http://localhost:6379/',
      'http://[::1]:6379/',
      'http://2130706433/',
      'http://0177.0.0.1/',
      'http://169.254.169.254/latest/meta-data/',
      'https://10.0.0.1/',
      'https://evil.example/',
      `${allowed.replace('http://', 'http://user:pass@')}/`,
      `${allowed}.evil.example/`,
      'file:///etc/passwd',
      'data:application/json,{}',
      'gopher://127.0.0.1:6379/_FLUSHALL',
    ];
    const refused = ['URL_NOT_ALLOWED', 'REQUEST_MALFORMED', 'DID_NOT_FOUND', 'DID_MALFORMED', 'REMOTE_UNAVAILABLE', 'REQUEST_NOT_TRUSTED'];

    it.each([
      [
        'an offer by reference',
        '/offers',
        (url: string) => ({ offer: `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(url)}` }),
      ],
      [
        'an issuer named in an offer',
        '/offers',
        (url: string) => ({
          offer: `openid-credential-offer://?credential_offer=${encodeURIComponent(
            JSON.stringify({
              credential_issuer: url,
              credential_configuration_ids: ['x'],
              grants: { 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': 'x' } },
            }),
          )}`,
        }),
      ],
      [
        'a request by reference',
        '/present',
        (url: string) => ({
          request: `openid4vp://?client_id=decentralized_identifier%3Adid%3Aweb%3Aevil.example&request_uri=${encodeURIComponent(url)}`,
        }),
      ],
      [
        'a request to look at',
        '/proposals',
        (url: string) => ({
          request: `openid4vp://?client_id=decentralized_identifier%3Adid%3Aweb%3Aevil.example&request_uri=${encodeURIComponent(url)}`,
        }),
      ],
      ['a resource', '/access', (url: string) => ({ url })],
      [
        'an issuer to apply at',
        '/applications',
        (issuer: string) => ({
          ...{ issuer, type: 'CustomerStatus' },
          claims: { customerKind: 'household', active: true, jurisdiction: 'DK', biddingZoneEic: '10YDK-1--------W' },
        }),
      ],
    ] as const)('is refused in %s before anything is sent there', async (_what, path, body) => {
      for (const url of places()) {
        const reply = await ask('anna', ['POST', path, body(url)], { token: OWNERS.anna });
        expect([url, refused.includes(reply.code ?? ''), reply.status >= 400]).toEqual([url, true, true]);
      }
      expect(reached).toEqual([]);
    });
  });

  describe('a refusal that a setting of the wallet caused', () => {
    const offerOf = (issuer: string) =>
      `openid-credential-offer://?credential_offer=${encodeURIComponent(
        JSON.stringify({
          credential_issuer: issuer,
          credential_configuration_ids: ['x'],
          grants: { 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': 'x' } },
        }),
      )}`;
    // The one place that this wallet may ask.
    let served = '';
    const verifier = createServer((_request, response) => {
      response.setHeader('content-type', 'application/oauth-authz-req+jwt').end(served);
    });
    beforeAll(() => new Promise<void>((resolve) => verifier.listen(Number(new URL(allowed).port), '127.0.0.1', () => resolve())));
    afterAll(async () => {
      verifier.closeAllConnections();
      await new Promise<void>((resolve) => verifier.close(() => resolve()));
    });
    const requestOf = async (did: string): Promise<JsonObject> => {
      const signer: DidSigner = { ...createSigner(generatePrivateJwk('ES256')), did: did as Did, kid: `${did}#key` as DidUrl };
      const { requestObject } = await createPresentationRequest({
        clientId: clientIdOf(signer.did),
        signer,
        nonce: 'n'.repeat(43) as Nonce,
        state: 's'.repeat(43),
        dcql: { credentials: [{ id: 'c', format: 'dc+sd-jwt', meta: { vct_values: ['x'] } }] },
        responseUri: `${allowed}/response`,
        at: clock.now(),
        lifeSeconds: 300,
      });
      served = requestObject;
      const address = encodeURIComponent(`${allowed}/request`);
      return { request: `openid4vp://?client_id=${encodeURIComponent(clientIdOf(signer.did))}&request_uri=${address}` };
    };

    it.each([
      ['a market on another port', '/access', async () => ({ url: 'http://127.0.0.1:8080/' }), 'URL_NOT_ALLOWED', 'fetch.allow'],
      ['an issuer on another port', '/offers', async () => ({ offer: offerOf('http://127.0.0.1:8080') }), 'URL_NOT_ALLOWED', 'fetch.allow'],
      [
        'a request on another port',
        '/present',
        async () => ({
          request: 'openid4vp://?client_id=decentralized_identifier%3Adid%3Aweb%3Ax.example&request_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fr',
        }),
        'URL_NOT_ALLOWED',
        'fetch.allow',
      ],
      [
        'a did:web of a host that may not be asked',
        '/present',
        () => requestOf('did:web:verifier.example'),
        'DID_NOT_FOUND',
        'fetch.allow',
      ],
      [
        'a did:ethr without its chain',
        '/present',
        () => requestOf(`did:ethr:0x7a69:0x${'1'.repeat(40)}`),
        'DID_METHOD_UNSUPPORTED',
        'chains',
      ],
      ['a body that is too long', '/present', async () => ({ request: 'x'.repeat(70_000) }), 'BODY_TOO_LARGE', 'maxBodyBytes'],
    ] as const)('names the setting to the owner, and to nobody else: %s', async (_what, path, bodyOf, code, setting) => {
      const body = await bodyOf();
      const reply = await ask('anna', ['POST', path, body], { token: OWNERS.anna });
      expect({ code: reply.code, body: reply.body }).toEqual({ code, body: expect.stringContaining(setting) });
      expect(reply.body).toContain('"because"');
      const stranger = await ask('anna', ['POST', path, body]);
      expect(stranger).toMatchObject({ status: 401, code: 'ADMIN_TOKEN_INVALID' });
      expect(stranger.body).not.toMatch(/because|fetch\.|chains|maxBody/);
    });
  });

  describe('attack 13, 26: bodies meant to exhaust or to pollute', () => {
    it.each(
      OWNED.filter(([method, , json]) => method === 'POST' && json !== undefined)
        .map(([, path]) => path)
        .filter((path) => !/refresh|leave|proposals\/x/.test(path)),
    )('are refused by POST %s', async (path) => {
      // Each is a try at an archive, and so are those of the path before.
      clock.advance(60);
      const post = (body: string, type = 'application/json') => ask('bo', ['POST', path, body], { token: OWNERS.bo, type });
      expect(await post(`{"offer":"${'x'.repeat(100_000)}"}`)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
      expect(await post('{}', 'text/plain')).toMatchObject({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' });
      for (const body of [
        `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
        '{"request":"a","request":"b"}',
        '{"__proto__":{"offer":"x"}}',
        '{"offer":1,"request":1,"url":1,"passphrase":1,"archive":1}',
        '[]',
        'null',
      ])
        expect(await post(body)).toMatchObject({ status: 400, code: 'REQUEST_MALFORMED' });
    });

    it.each([
      ['announced', 'Content-Length: 41943040', (pieces: string) => pieces],
      ['in chunks', 'Transfer-Encoding: chunked', (piece: string) => `${piece.length.toString(16)}\r\n${piece}\r\n0\r\n\r\n`],
    ] as const)('are told what they are when they are 40 MiB long: %s', async (_how, header, framed) => {
      const headers = ['Content-Type: application/json', header];
      const send = (token: string) =>
        sendRaw(wallet.url, {
          method: 'POST',
          path: '/wallets/anna/offers',
          headers: [...headers, `Authorization: Bearer ${token}`],
          body: framed('x'.repeat(41_943_040)),
        });
      expect(await send(OWNERS.anna)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
      expect(await send(OWNERS.bo)).toMatchObject({ status: 401, code: 'ADMIN_TOKEN_INVALID' });
    });

    it('takes nothing that is no credential id for one', async () => {
      for (const id of ["'%20or%201%3D1", '..%2f..', '%00', '*', '%25'])
        expect((await ask('bo', ['DELETE', `/credentials/${id}`], { token: OWNERS.bo })).code).toMatch(/^(?:NOT_FOUND|REQUEST_MALFORMED)$/);
    });
  });

  it('leaves no token, no request and no line break of anybody in its log', async () => {
    await sendRaw(wallet.url, { path: '/x%0d%0a{"status":200}%1b[2J', headers: ['X-Injected: a'] });
    for (const event of events) expect(JSON.stringify(event)).not.toMatch(/[\n\r\u001b]/);
    expect(JSON.stringify(events)).not.toMatch(/token-of|credential_offer|openid4vp|passphrase|FLUSHALL/);
    // Whose wallet it is may be somebody's name; the pattern of the route stands in place of the path.
    expect(JSON.stringify(events)).not.toMatch(/anna|"bo"|\/bo\b/);
    expect(JSON.stringify(events)).toMatch(/"tenant":"household-[0-9a-f]{12}","actor":"owner"/);
  });
});

async function originOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
