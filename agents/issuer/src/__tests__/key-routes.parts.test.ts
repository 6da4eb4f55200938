import Router from '@koa/router';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { assertOk, instant, ok, tenantId } from '@gridpass/core';
import type { AuditPort, AuditRecord, Did, JsonObject, JsonValue, TenantId } from '@gridpass/core';
import { createDidLifecycle, createDidResolver, createRegistryReader, createWebDidVerbs, parseDid } from '@gridpass/did';
import { generatePrivateJwk, openKeyVault, toPublicJwk } from '@gridpass/keys';
import { accountFromPrivateKey, connectChain, createRelayer, deployContracts } from '@gridpass/ledger';
import { createGuardedFetch } from '@gridpass/net';
import { listen } from '@gridpass/program';
import type { KeyRotation } from '@gridpass/program';
import { createDidRepository, createKeyRepository, createRelayRepository } from '@gridpass/store';
import { DEVELOPMENT_KEYS, openTestStore, startAnvil } from '@gridpass/testkit';
import Koa from 'koa';
import { createErrorMapper } from '../http/answer.js';
import { addKeyRoutes } from '../http/key-routes.js';
import { addRotationRoutes } from '../http/rotation-routes.js';
import type { TenantRuntime } from '../http/tenant-runtime.js';

const TOKENS = {
  a: 'keys-operator-of-tenant-a',
  b: 'keys-operator-of-tenant-b',
  reader: 'reader-of-tenant-a-000',
  decider: 'decider-of-tenant-a-00',
};
const ACCOUNT = `0x${'ab'.repeat(20)}`;
const YEAR = 31_536_000;
const other = toPublicJwk(generatePrivateJwk('ES256K'));

/** Every verb with a body that is good for a DID. */
const verbs = (did: string): readonly (readonly [string, JsonObject])[] => [
  ['did/rotate', { did }],
  ['did/delegates/add', { did, account: ACCOUNT, type: 'veriKey', validSeconds: YEAR }],
  ['did/delegates/remove', { did, account: ACCOUNT, type: 'veriKey' }],
  ['did/keys/add', { did, publicJwk: { ...other }, use: 'assertion', validSeconds: YEAR }],
  ['did/keys/remove', { did, publicJwk: { ...other }, use: 'assertion' }],
  ['did/services/add', { did, type: 'Exchange', endpoint: 'https://a.example/exchange', validSeconds: YEAR }],
  ['did/services/remove', { did, type: 'Exchange', endpoint: 'https://a.example/exchange' }],
  ['did/owner', { did, newOwner: ACCOUNT }],
  ['did/deactivate', { did }],
];

describe('the verbs on DIDs, by operators, on a real registry', () => {
  let parts: Awaited<ReturnType<typeof start>>;
  let log: { readonly tenant: TenantId; readonly record: AuditRecord }[] = [];
  let anchored: TenantId[] = [];
  const own: Record<string, string> = {};

  async function start() {
    const node = await startAnvil();
    const chain = connectChain({ rpcUrl: node.rpcUrl, chainId: node.chainId });
    const admin = accountFromPrivateKey(DEVELOPMENT_KEYS[0]);
    const { DidRegistry: registry } = await deployContracts({ chain, deployer: admin, gate: admin.account, channels: [] });
    const store = await openTestStore();
    const clock = { now: () => instant(Math.floor(Date.now() / 1000)) };
    const ethr = { chainId: node.chainId, rpcUrl: node.rpcUrl, registry };
    const fetch = createGuardedFetch({ allow: [node.rpcUrl], allowPrivate: true, maxRedirects: 0, clock });
    const relay = createRelayer({
      repository: createRelayRepository(store),
      chain,
      signer: accountFromPrivateKey(DEVELOPMENT_KEYS[1]),
      registry,
      clock,
      settings: { pollMs: 10, waitSeconds: 240 },
    });
    const dids = createDidRepository(store);
    const resolver = createDidResolver({ methods: ['ethr', 'key'], chains: [ethr], fetch, clock, cacheSeconds: 0, maxEntries: 10 });
    const vault = openKeyVault({ repository: createKeyRepository(store), keks: [{ id: 'k', bytes: new Uint8Array(32).fill(7) }], clock });
    const audit: AuditPort = {
      appendRecord: async (tenant, record) => {
        log.push({ tenant, record });
        return { origin: '', index: 0, leafHash: '', treeSize: 1, rootHash: '' } as never;
      },
    };
    const lifecycle = createDidLifecycle({
      chain: ethr,
      registry: createRegistryReader(ethr, fetch),
      relay,
      vault,
      dids,
      resolver,
      audit,
      clock,
    });
    const runtimes = Object.fromEntries(
      (['a', 'b'] as const).map((tenant) => [
        tenant,
        {
          tenant: tenantId(tenant),
          signer: {
            get did() {
              return own[tenant] as Did;
            },
          },
          config: {
            tenant,
            operators: [
              { name: `keys of ${tenant}`, tokenDigest: digestOf(TOKENS[tenant]), duties: ['keys', 'read'] },
              ...(tenant === 'a' ? [{ name: 'reader', tokenDigest: digestOf(TOKENS.reader), duties: ['read'] }] : []),
              ...(tenant === 'a'
                ? [{ name: 'decider', tokenDigest: digestOf(TOKENS.decider), duties: ['import', 'decide', 'status'] }]
                : []),
            ],
          },
        } as unknown as TenantRuntime,
      ]),
    );
    const router = new Router();
    const tenantOf = (ctx: unknown): TenantRuntime =>
      runtimes[String((ctx as { readonly params: Record<string, string> }).params['tenant'])]!;
    addKeyRoutes(
      router,
      {
        lifecycle,
        web: createWebDidVerbs({ repository: dids, vault, audit, clock }),
        listDids: (tenant: TenantId) => dids.listDids(tenant),
        checkFree: async () => ok(true),
        maxBodyBytes: 4_096,
      },
      tenantOf,
    );
    addRotationRoutes(
      router,
      {
        rotation: { rotateKey: lifecycle.rotateKey } as KeyRotation,
        guard: async ({ tenant }) => {
          anchored.push(tenant);
          return ok(true);
        },
        maxBodyBytes: 4_096,
      },
      tenantOf,
    );
    const app = new Koa();
    app.use(createErrorMapper(() => undefined));
    app.use(router.routes() as Koa.Middleware);
    const answer = app.callback();
    const server = await listen((request, response) => void answer(request, response), { host: '127.0.0.1', port: 0 });
    return {
      resolver,
      dids,
      port: server.port,
      stop: async () => {
        await server.close();
        await relay.close();
        chain.close();
        await fetch.close();
        await store.close();
        await node.stop();
      },
    };
  }

  const ask = async (
    tenant: string,
    path: string,
    token: string | undefined,
    json?: JsonValue,
  ): Promise<{ status: number; body: JsonObject }> => {
    const response = await fetch(`http://127.0.0.1:${parts.port}/t/${tenant}/admin/${path}`, {
      method: json === undefined ? 'GET' : 'POST',
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    return { status: response.status, body: (await response.json()) as JsonObject };
  };
  const asA = async (path: string, json: JsonValue): Promise<JsonObject> => {
    const { status, body } = await ask('a', path, TOKENS.a, json);
    expect([path, status, body]).toEqual([path, path === 'dids' ? 201 : 200, expect.anything()]);
    return body;
  };
  const create = async (alias: string): Promise<Did> => assertOk(parseDid(textOf((await asA('dids', { alias }))['did'])));
  const document = async (did: Did) => assertOk(await parts.resolver.resolveDid(did, { fresh: true }));
  const actions = () => log.map(({ tenant, record }) => `${tenant} ${record.actor} ${record.action}`);

  beforeAll(async () => {
    parts = await start();
    for (const tenant of ['a', 'b'] as const)
      own[tenant] = textOf((await ask(tenant, 'dids', TOKENS[tenant], { alias: 'organisation' })).body['did']);
  });
  afterAll(() => parts.stop());
  beforeEach(() => {
    log = [];
    anchored = [];
  });

  it('make, change and end a DID, with who did it in the log of the tenant', async () => {
    const did = await create('meter-1');
    const bound = verbs(did).filter(([path]) => /add|remove/u.test(path));
    for (const [path, body] of bound.filter(([name]) => name.endsWith('add'))) expect(await asA(path, body)).toMatchObject({ did });
    const full = await document(did);
    expect(full.services.map(({ types, endpoints }) => [types, endpoints])).toEqual([[['Exchange'], ['https://a.example/exchange']]]);
    expect(full.keys.filter(({ publicJwk }) => publicJwk.x === other.x).map(({ relationships }) => relationships)).toEqual([
      ['assertionMethod'],
    ]);
    const delegates = (await parts.resolver.resolver.resolve(did)).didDocument?.verificationMethod?.map(
      (method) => method.blockchainAccountId ?? '',
    );
    expect(delegates?.some((account) => account.toLowerCase().endsWith(ACCOUNT))).toBe(true);
    for (const [path, body] of bound.filter(([name]) => name.endsWith('remove'))) await asA(path, body);
    const bare = await document(did);
    expect([bare.services, bare.keys.length]).toEqual([[], 1]);

    const rotated = await asA('did/rotate', { did });
    expect((await document(did)).keys.map(({ id }) => id)).toEqual([rotated['kid']]);
    expect(anchored).toEqual([]);
    await asA('did/deactivate', { did });
    expect(await parts.resolver.resolveDid(did, { fresh: true })).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
    expect(await ask('a', 'did/rotate', TOKENS.a, { did })).toMatchObject({ status: 410, body: { code: 'DID_DEACTIVATED' } });
    expect(new Set(actions())).toEqual(
      new Set(
        [
          'create',
          'delegate.add',
          'key.add',
          'service.add',
          'delegate.remove',
          'key.remove',
          'service.remove',
          'rotate',
          'deactivate',
        ].flatMap((name) => [`a keys of a did.${name}`, ...(name === 'create' ? [] : [`a keys of a did.${name}.done`])]),
      ),
    );
  });

  it('give a DID away, and the tenant manages it no longer', async () => {
    const did = await create('meter-2');
    await asA('did/owner', { did, newOwner: ACCOUNT });
    expect((await ask('a', 'did/rotate', TOKENS.a, { did })).body['code']).toBe('NOT_FOUND');
    expect((await document(did)).keys).toEqual([]);
  });

  it('anchor before the key of the tenant itself goes, never give its DID away, and end it only when told that it is the one', async () => {
    const did = String(own['a']);
    await asA('did/rotate', {});
    expect(anchored).toEqual(['a']);
    for (const [path, json] of [
      ['did/owner', { did, newOwner: ACCOUNT }],
      ['did/deactivate', { did }],
      ['did/deactivate', { did, own: false }],
    ] as const)
      expect((await ask('a', path, TOKENS.a, json)).body['code']).toBe('CONFLICT');
    const spare = await create('spare');
    expect((await ask('a', 'did/deactivate', TOKENS.a, { did: spare, own: true })).body['code']).toBe('CONFLICT');
    expect((await document(did as Did)).keys).toHaveLength(1);
  });

  it('show the DIDs of the tenant alone', async () => {
    await create('listed');
    const rows = async (tenant: 'a' | 'b') => (await ask(tenant, 'dids', TOKENS[tenant])).body['rows'] as readonly JsonObject[];
    expect(await rows('b')).toMatchObject([{ did: own['b'], own: true, alias: 'organisation' }]);
    expect((await rows('a')).map(({ alias, own: isOwn }) => [alias, isOwn])).toEqual(
      expect.arrayContaining([
        ['organisation', true],
        ['listed', false],
      ]),
    );
    expect((await ask('a', 'dids', TOKENS.a, { alias: 'listed' })).body['code']).toBe('CONFLICT');
  });

  it('are closed to whoever has not the duty, whoever is of another tenant, and nobody', async () => {
    const did = await create('closed');
    log = [];
    for (const [path, json] of [...verbs(did), ['dids', {}] as const]) {
      for (const token of [TOKENS.reader, TOKENS.decider]) {
        expect([path, (await ask('a', path, token, json)).body['code']]).toEqual([path, 'POLICY_DENIED']);
      }
      for (const token of [TOKENS.b, undefined]) {
        expect([path, (await ask('a', path, token, json)).body['code']]).toEqual([path, 'ADMIN_TOKEN_INVALID']);
      }
    }
    expect((await ask('a', 'dids', TOKENS.decider)).body['code']).toBe('POLICY_DENIED');
    expect(log).toEqual([]);
  });

  it("reach no DID of another tenant under one's own, and leave nothing behind in its log", async () => {
    const did = await create('victim');
    const before = await document(did);
    log = [];
    for (const [path, json] of verbs(did))
      expect([path, await ask('b', path, TOKENS.b, json)]).toMatchObject([path, { status: 404, body: { code: 'NOT_FOUND' } }]);
    expect((await document(did)).documentDigest).toBe(before.documentDigest);
    expect(log).toEqual([]);
  });

  it('refuse what is no body of theirs before anything is signed', async () => {
    const did = await create('strict');
    log = [];
    const [, add] = verbs(did).find(([path]) => path === 'did/delegates/add')!;
    const [, service] = verbs(did).find(([path]) => path === 'did/services/add')!;
    const [, key] = verbs(did).find(([path]) => path === 'did/keys/add')!;
    const { validSeconds: _forEver, ...endless } = add;
    for (const [path, json, code] of [
      ...verbs(did).map(([name, body]) => [name, { ...body, more: 1 }, 'REQUEST_MALFORMED'] as const),
      ...verbs(did).map(([name, body]) => [name, { ...body, did: 'did:nobody' }, 'DID_MALFORMED'] as const),
      ...verbs(did).map(([name, body]) => [name, { ...body, did: 7 }, 'REQUEST_MALFORMED'] as const),
      ['did/delegates/add', endless, 'REQUEST_MALFORMED'],
      ...[0, -1, 1.5, '60', 630_720_001, null].map(
        (validSeconds) => ['did/delegates/add', { ...add, validSeconds }, 'REQUEST_MALFORMED'] as const,
      ),
      ['did/delegates/add', { ...add, account: ACCOUNT.toUpperCase() }, 'REQUEST_MALFORMED'],
      ['did/delegates/add', { ...add, type: 'enc' }, 'REQUEST_MALFORMED'],
      ['did/services/add', { ...service, type: 'two words' }, 'REQUEST_MALFORMED'],
      ['did/services/add', { ...service, endpoint: 'javascript:alert(1)' }, 'REQUEST_MALFORMED'],
      ['did/services/add', { ...service, endpoint: '/relative' }, 'REQUEST_MALFORMED'],
      ['did/services/add', { ...service, endpoint: 'https://user:secret@a.example' }, 'REQUEST_MALFORMED'],
      ['did/keys/add', { ...key, publicJwk: { ...generatePrivateJwk('ES256K') } }, 'REQUEST_MALFORMED'],
      ['did/keys/add', { ...key, publicJwk: { ...toPublicJwk(generatePrivateJwk('ES256')) } }, 'REQUEST_MALFORMED'],
      ['did/owner', { did, newOwner: `0x${'00'.repeat(20)}` }, 'REQUEST_MALFORMED'],
      ['dids', { alias: '../x' }, 'REQUEST_MALFORMED'],
      ['did/rotate', { did: 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK' }, 'DID_METHOD_UNSUPPORTED'],
    ] as const)
      expect([path, (await ask('a', path, TOKENS.a, json as JsonValue)).body['code']]).toEqual([path, code]);
    expect(log).toEqual([]);
  });
});

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
