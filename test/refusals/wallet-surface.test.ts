// Attacks on running wallets of two households over their loopback port: other owners' things, pages of other origins and
// names made to point here, addresses that lead the wallet elsewhere, and bodies meant to exhaust it. Then an organisation's wallet,
// in one program with its issuer: what its token reaches of the keys that are not the wallet's own.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkLogExport } from '@gridpass/audit';
import { digestOf } from '@gridpass/codec';
import { KEY_NAMESPACES, assertOk, tenantId } from '@gridpass/core';
import type { Did, DidSigner, DidUrl, JsonObject, JsonValue, Nonce, TenantId } from '@gridpass/core';
import { createDidResolver } from '@gridpass/did';
import { clientIdOf, createPresentationRequest } from '@gridpass/exchange';
import { sampleRegister } from '@gridpass/issue';
import { createSigner, generatePrivateJwk, openKeyVault, parsePublicJwk, thumbprintOf } from '@gridpass/keys';
import { createGuardedFetch, type GuardedFetch } from '@gridpass/net';
import { createKeyRepository, type Store } from '@gridpass/store';
import { createFakeClock, createParty, freePort, openTestStore, seedStoreDirectory } from '@gridpass/testkit';
import {
  CHAIN_CLAIMS,
  TOKENS,
  startIssuer,
  type IssuerPlace,
  type RunningIssuer,
} from '../../agents/issuer/src/__tests__/running-issuer.js';
import { composeWallet, walletsConfig, type Wallet } from '../../agents/wallet/src/index.js';
import { openArchive, sealArchive } from '../../packages/hold/src/archive-seal.js';
import { sendRaw } from './raw-http.js';

const OWNERS = { anna: 'token-of-anna-0123456789', bo: 'token-of-bo-0123456789' };
const OWNED: readonly (readonly [string, string, JsonValue?])[] = [
  ['GET', ''],
  ['POST', '/offers', { offer: 'openid-credential-offer://?credential_offer=%7B%7D' }],
  ['GET', '/credentials'],
  ['POST', '/credentials/refresh', {}],
  ['DELETE', '/credentials/x'],
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
      for (const path of ['/', '/healthz', '/wallet.js', '/wallets/anna/credentials']) {
        const reply = await sendRaw(wallet.url, { path, headers: [`Host: ${host}`, `Authorization: Bearer ${OWNERS.anna}`] });
        expect([400, 404]).toContain(reply.status);
        expect(reply.body).not.toMatch(/(?<![\w-])anna(?![\w-])/);
      }
    });

    it('reaches the wallet under the names of the loopback', async () => {
      const { port } = new URL(wallet.url);
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'LOCALHOST'])
        expect((await sendRaw(wallet.url, { path: '/healthz', headers: [`Host: ${host}`] })).status).toBe(200);
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

    it('takes nothing that is no credential id for one', async () => {
      for (const id of ["'%20or%201%3D1", '..%2f..', '%00', '*', '%25'])
        expect((await ask('bo', ['DELETE', `/credentials/${id}`], { token: OWNERS.bo })).code).toMatch(/^(?:NOT_FOUND|REQUEST_MALFORMED)$/);
    });
  });

  it('leaves no token, no request and no line break of anybody in its log', async () => {
    await sendRaw(wallet.url, { path: '/x%0d%0a{"status":200}%1b[2J', headers: ['X-Injected: a'] });
    for (const event of events) expect(JSON.stringify(event)).not.toMatch(/[\n\r\u001b]/);
    expect(JSON.stringify(events)).not.toMatch(/token-of|credential_offer|openid4vp|passphrase|FLUSHALL/);
  });
});

describe('attack 26: an organisation that issues and holds under one DID, and its wallet token alone', () => {
  const TOKEN = 'token-of-the-regulator-0123456789';
  const PASSPHRASE = 'a long enough passphrase';
  const REGULATOR = tenantId('regulator');
  const clock = createFakeClock();
  let place: IssuerPlace;
  let running: RunningIssuer;
  let wallet: Wallet;

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gridpass-keys-'));
    await seedStoreDirectory(join(directory, 'data'));
    place = { directory, port: await freePort(), clock };
    await open();
    const headers = { 'content-type': 'text/csv' };
    await running.ask('/t/regulator/admin/register', { token: TOKENS.regulator, headers, body: sampleRegister() });
    expect((await running.accredit('root', 'regulator', 'RegulatorAccreditation', CHAIN_CLAIMS.regulator)).status).toBe(200);
    expect((await accreditDso()).status).toBe(200);
  });
  afterAll(async () => {
    await close();
    await rm(place.directory, { recursive: true, force: true });
  });

  /** The program with its issuers and its wallets; the second time on what the first left. */
  async function open(): Promise<void> {
    running = await startIssuer({ place });
    const port = await freePort();
    const { store, vault, resolver, fetch } = running.program;
    const { did } = running.identities['regulator']?.signer ?? {};
    const config = walletsConfig.parse({
      http: { port },
      publicOrigin: `http://127.0.0.1:${port}`,
      wallets: [
        { tenant: 'regulator', displayName: 'Regulator', kind: 'organisation', provider: 'did:web', tokenDigest: digestOf(TOKEN) },
        { tenant: 'anna', displayName: 'Anna', kind: 'household', tokenDigest: digestOf(OWNERS.anna), spareFaces: 2 },
      ],
    });
    wallet = await composeWallet(config, {
      store,
      vault,
      resolver,
      fetch,
      clock,
      anchors: [{ did: running.identities['root']?.signer.did ?? createParty('nobody').did, mayIssue: ['RegulatorAccreditation'] }],
      identities: { regulator: await running.rotation.liveSigner(REGULATOR, did ?? createParty('nobody').did) },
      rotation: running.rotation,
      log: () => undefined,
    });
  }
  const close = async (): Promise<void> => {
    await wallet.close();
    await running.close();
  };

  const accreditDso = () => running.accredit('regulator', 'dso', 'SystemOperatorRole', CHAIN_CLAIMS.dso);
  const call = async (tenant: 'regulator' | 'anna', path: string, json?: JsonObject, method = 'POST') => {
    const response = await fetch(`${wallet.url}/wallets/${tenant}${path}`, {
      method,
      headers: { authorization: `Bearer ${tenant === 'anna' ? OWNERS.anna : TOKEN}`, 'content-type': 'application/json' },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
  const held = async (tenant: 'regulator' | 'anna') =>
    (await call(tenant, '/credentials', undefined, 'GET')).body['credentials'] as readonly unknown[];
  /** All keys of a tenant, by what they are for. */
  const keysOf = async (tenant: TenantId) =>
    Promise.all(
      KEY_NAMESPACES.map(async (namespace) => [
        namespace,
        (await running.program.vault.keysOf(tenant, namespace).listKeys()).map(
          ({ keyId, publicJwk }) => `${keyId} ${thumbprintOf(publicJwk)}`,
        ),
      ]),
    );
  /** The content of an archive, which whoever knows the passphrase can write again. */
  const exported = async (tenant: 'regulator' | 'anna') => {
    const archive = String((await call(tenant, '/export', { passphrase: PASSPHRASE })).body['archive']);
    return { archive, content: assertOk(await openArchive(archive, PASSPHRASE)) };
  };
  const imported = async (tenant: 'regulator' | 'anna', content: JsonObject) =>
    call(tenant, '/import', { archive: await sealArchive(content, PASSPHRASE), passphrase: PASSPHRASE });
  const facesOf = (content: JsonObject) => content['relations'] as readonly JsonObject[];

  async function receive(): Promise<void> {
    const subject = running.identities['regulator']?.signer.did ?? '';
    const { offerUri } = await running.offer('root', 'RegulatorAccreditation', CHAIN_CLAIMS.regulator, { subject });
    expect(await call('regulator', '/offers', { offer: offerUri })).toMatchObject({ status: 201 });
  }

  /** What must be so whatever a wallet did: its issuer issues under the DID it had, and its log is signed by the key it had. */
  async function expectIssuerAndLog(auditKey: JsonValue | undefined, methods: JsonValue | undefined): Promise<void> {
    expect((await running.ask('/t/regulator/audit/key')).body['publicJwk']).toEqual(auditKey);
    expect((await running.ask('/t/regulator/did.json')).body['verificationMethod']).toEqual(methods);
    expect((await accreditDso()).status).toBe(200);
    const { text } = await running.ask('/t/regulator/admin/audit/export', { token: TOKENS.regulator });
    const checkpoint = (await running.ask('/t/regulator/audit/checkpoint')).text;
    const publicJwk = assertOk(parsePublicJwk(auditKey ?? null));
    expect((await checkLogExport(text.trim().split('\n'), { publicJwk, checkpoints: [checkpoint] })).ok).toBe(true);
  }

  it('reaches neither the key it issues with nor that of its log: by export, leave or an import that names them, before and after a start', async () => {
    await receive();
    const auditKey = (await running.ask('/t/regulator/audit/key')).body['publicJwk'];
    const methods = (await running.ask('/t/regulator/did.json')).body['verificationMethod'];
    const keys = await keysOf(REGULATOR);
    const [issuing] = await running.program.vault.keysOf(REGULATOR, 'issuing').listKeys();
    const { content } = await exported('regulator');
    expect(JSON.stringify(content)).not.toMatch(/privateJwk|"d":/);
    expect(facesOf(content).length).toBeGreaterThan(0);

    const own = generatePrivateJwk('ES256');
    const log = generatePrivateJwk('EdDSA');
    const faces = (change: (face: JsonObject) => JsonObject, credentials: JsonValue = []): JsonObject => ({
      ...content,
      credentials,
      relations: facesOf(content).map(change),
    });
    const asOwn = ({ thumbprint: _, ...face }: JsonObject): JsonObject => face;
    const archives: readonly JsonObject[] = [
      faces((face) => ({ ...face, keyId: 'audit-log' }), content['credentials']),
      faces((face) => ({ ...asOwn(face), keyId: 'audit-log', privateJwk: { ...log } })),
      faces((face) => ({ ...asOwn(face), keyId: issuing?.keyId ?? '', privateJwk: { ...own } })),
      faces((face) => ({ ...face, keyId: issuing?.keyId ?? '', privateJwk: { ...own } })),
      faces((face) => ({ ...asOwn(face), did: 'did:web:evil.example', keyId: 'audit-log', privateJwk: { ...own } })),
      faces((face) => ({ ...face, namespace: 'log', keyId: 'audit-log', privateJwk: { ...log } })),
      { ...faces((face) => ({ ...asOwn(face), audience: 'https://a.example', privateJwk: { ...own } })), identity: 'pairwise' },
    ];
    for (const archive of archives) {
      expect((await call('regulator', '/leave', {})).status).toBe(204);
      expect((await imported('regulator', archive)).status).toBeLessThan(500);
      expect(await keysOf(REGULATOR)).toEqual(keys);
    }
    await expectIssuerAndLog(auditKey, methods);

    await close();
    clock.advance(60);
    await open();
    expect(await keysOf(REGULATOR)).toEqual(keys);
    await expectIssuerAndLog(auditKey, methods);
    expect((await call('regulator', '/leave', {})).status).toBe(204);
    await receive();
    expect((await held('regulator')).length).toBeGreaterThan(0);
    await expectIssuerAndLog(auditKey, methods);
  });

  it('leaves nothing of an archive whose last face, credential or line of the log is bad', async () => {
    const anna = tenantId('anna');
    const { offerUri } = await running.offer('dso', 'MeteringPointEntitlement', CHAIN_CLAIMS.entitlement);
    expect(await call('anna', '/offers', { offer: offerUri })).toMatchObject({ status: 201 });
    const { archive, content } = await exported('anna');
    const faces = facesOf(content);
    const credentials = content['credentials'] as readonly JsonObject[];
    const last = <T extends JsonValue>(items: readonly T[], change: (item: T) => JsonValue): JsonValue => [
      ...items.slice(0, -1),
      ...items.slice(-1).map(change),
    ];
    const foreign = generatePrivateJwk('ES256');
    const bad: readonly JsonObject[] = [
      { ...content, relations: last(faces, (face) => ({ ...face, privateJwk: { ...foreign } })) },
      { ...content, relations: last(faces, (face) => ({ ...face, did: 'did:jwk:e30' })) },
      { ...content, relations: last(faces, () => ({ ...faces[0] })) },
      { ...content, relations: last(faces, ({ privateJwk: _, ...face }) => face) },
      { ...content, credentials: last(credentials, (one) => ({ ...one, compact: 'x' })) },
      { ...content, credentials: last(credentials, (one) => ({ ...one, relationId: 'nobody' })) },
      { ...content, disclosures: [{ disclosureId: 'x' }] },
    ];
    expect((await call('anna', '/leave', {})).status).toBe(204);
    const empty = await keysOf(anna);
    for (const one of bad) {
      expect((await imported('anna', one)).body).toMatchObject({ code: 'ARCHIVE_INVALID' });
      expect([await held('anna'), await keysOf(anna)]).toEqual([[], empty]);
    }
    expect((await call('anna', '/import', { archive, passphrase: PASSPHRASE })).body).toMatchObject({ credentials: credentials.length });
    // A wallet that is not empty takes none of it, not even what it has not.
    const full = await keysOf(anna);
    expect((await call('anna', '/import', { archive, passphrase: PASSPHRASE })).body).toMatchObject({ code: 'CONFLICT' });
    expect(await keysOf(anna)).toEqual(full);
  });
});

async function originOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
