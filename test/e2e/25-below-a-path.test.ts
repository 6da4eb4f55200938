// An issuer and a wallet below two paths of one host, behind a reverse proxy that passes paths on as they are (docs/deployment.md).
import { createServer, request as sendOn, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { sampleRegister } from '@gridpass/issue';
import { openKeyVault } from '@gridpass/keys';
import { createKeyRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { freePort, openTestStore } from '@gridpass/testkit';
import { CHAIN_CLAIMS as CLAIMS, TOKENS, startIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';
import type { RunningIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';
import { composeWallet, walletsConfig } from '../../agents/wallet/src/index.js';
import type { Wallet } from '../../agents/wallet/src/index.js';
import { sendRaw } from '../refusals/raw-http.js';

const OWNER = 'token-of-the-home-0123456789';
const WELL_KNOWN = ['/.well-known/openid-credential-issuer', '/.well-known/oauth-authorization-server'];

/** What docs/deployment.md has a proxy do: each path goes to its program as it came, and so do the well-known names before it. */
async function startProxy(port: number, programs: Readonly<Record<string, () => number>>): Promise<Server> {
  const portFor = (url: string): number | undefined =>
    Object.entries(programs).find(([path]) => ['', ...WELL_KNOWN].some((name) => url.startsWith(`${name}${path}/`)))?.[1]();
  const server = createServer((incoming: IncomingMessage, answer: ServerResponse) => {
    const to = portFor(incoming.url ?? '');
    if (to === undefined) {
      answer.writeHead(404).end('no program here');
      return;
    }
    const { method, url: path, headers } = incoming;
    const outgoing = sendOn({ host: '127.0.0.1', port: to, method, path, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  return server;
}

describe('an issuer and a wallet below paths of one host', () => {
  let proxy: Server;
  let host: string;
  let issuer: RunningIssuer;
  let store: Store;
  let wallet: Wallet;

  beforeAll(async () => {
    const [port, walletPort] = [await freePort(), await freePort()];
    host = `http://127.0.0.1:${String(port)}`;
    proxy = await startProxy(port, { '/grid/issuer': () => issuer.port, '/wallet': () => walletPort });
    issuer = await startIssuer({ publicOrigin: `${host}/grid/issuer` });
    const headers = { 'content-type': 'text/csv' };
    await issuer.ask('/t/regulator/admin/register', { token: TOKENS.regulator, headers, body: sampleRegister() });
    await issuer.accredit('root', 'regulator', 'RegulatorAccreditation', CLAIMS.regulator);
    await issuer.accredit('regulator', 'dso', 'SystemOperatorRole', CLAIMS.dso);
    store = await openTestStore();
    const { program, clock, identities } = issuer;
    const config = walletsConfig.parse({
      http: { port: walletPort },
      publicOrigin: `${host}/wallet`,
      wallets: [{ tenant: 'home', displayName: 'home', kind: 'household', tokenDigest: digestOf(OWNER) }],
    });
    wallet = await composeWallet(config, {
      store,
      vault: openKeyVault({ repository: createKeyRepository(store), keks: [{ id: 'k', bytes: new Uint8Array(32).fill(1) }], clock }),
      clock,
      resolver: program.resolver,
      fetch: program.fetch,
      anchors: [{ did: identities['root']!.signer.did, mayIssue: ['RegulatorAccreditation'] }],
      identities: {},
      log: () => undefined,
    });
  });
  afterAll(async () => {
    await wallet.close();
    await store.close();
    await issuer.close();
    proxy.closeAllConnections();
    await new Promise<void>((resolve) => void proxy.close(() => resolve()));
  });

  const askWallet = async (path: string, body?: JsonObject) => {
    const answer = await fetch(`${wallet.url}/wallets/home${path}`, {
      headers: { authorization: `Bearer ${OWNER}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as JsonObject };
  };

  it('finds metadata before the path, and addresses and DIDs below it', async () => {
    const metadata = await fetch(`${host}/.well-known/openid-credential-issuer/grid/issuer/t/dso`);
    const said = (await metadata.json()) as JsonObject;
    expect([metadata.status, said['credential_issuer'], said['token_endpoint'] ?? said['nonce_endpoint']]).toEqual([
      200,
      `${host}/grid/issuer/t/dso`,
      `${host}/grid/issuer/t/dso/nonce`,
    ]);
    const { did } = issuer.identities['dso']!.signer;
    expect(did).toMatch(/^did:web:127\.0\.0\.1%3A\d+:grid:issuer:t:dso$/);
    expect(((await (await fetch(`${host}/grid/issuer/t/dso/did.json`)).json()) as JsonObject)['id']).toBe(did);
  });

  it('brings a credential from the one to the other', async () => {
    const { offerUri } = await issuer.offer('dso', 'MeteringPointEntitlement', CLAIMS.entitlement);
    expect((await askWallet('/offers', { offer: offerUri })).status).toBeLessThan(300);
    const { credentials } = (await askWallet('/credentials')).body as { readonly credentials: readonly JsonObject[] };
    expect(new Set(credentials.map(({ type, issuer: by }) => JSON.stringify([type, by])))).toEqual(
      new Set([JSON.stringify(['MeteringPointEntitlement', issuer.identities['dso']!.signer.did])]),
    );
  });

  it('shows the page of the wallet, whose parts are named from where it stands', async () => {
    const page = await fetch(`${wallet.url}/`);
    const text = await page.text();
    expect([page.status, [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, name]) => name)]).toEqual([
      200,
      ['icon.svg', 'wallet.css', 'wallet.js'],
    ]);
    expect((await fetch(`${wallet.url}/wallet.js`)).status).toBe(200);
  });

  it.each([
    '/t/dso/admin/credentials',
    '/grid/issuerx/t/dso/admin/credentials',
    '/grid%2fissuer/t/dso/admin/credentials',
    '/wallet/../grid/issuer/t/dso/admin/credentials',
    '/.well-known/openid-credential-issuer/t/dso',
    '/.well-known/openid-credential-issuer/wallet/t/dso',
  ])('answers nothing at %s, through the proxy and beside it', async (path) => {
    const headers = [`Authorization: Bearer ${TOKENS.dso}`];
    for (const origin of [host, `http://127.0.0.1:${String(issuer.port)}`])
      expect((await sendRaw(origin, { path, headers })).status).toBe(404);
  });
});
