import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { openProgram, type Program } from '@gridpass/program';
import { createParty, createTestEngine, freePort } from '@gridpass/testkit';
import { composeWallet, walletsConfig } from '../index.js';
import type { Wallet } from '../index.js';

const TOKEN = 'token-of-house-1-0123456789';

describe("the node of a chain behind a wallet's program", () => {
  let node: Server;
  let program: Program;
  let wallet: Wallet;
  let nodeUrl = '';
  const asked: string[] = [];

  beforeAll(async () => {
    node = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":"0x1"}');
    });
    const [nodePort, port] = [await freePort(), await freePort()];
    await new Promise<void>((resolve) => node.listen(nodePort, '127.0.0.1', resolve));
    nodeUrl = `http://127.0.0.1:${nodePort}`;
    program = await openProgram({
      database: { kind: 'pglite', engine: await createTestEngine() },
      checkpointDirectory: 'forget-at-exit',
      keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
      chains: [{ chainId: 31_337, rpcUrl: `${nodeUrl}/?key=secret`, registry: `0x${'11'.repeat(20)}` }],
      // As from a configuration: nodes that are named are nodes that the program may ask.
      fetch: { allow: [nodeUrl], allowPrivate: true },
    });
    const config = walletsConfig.parse({
      http: { port },
      publicOrigin: `http://127.0.0.1:${port}`,
      wallets: [{ tenant: 'house-1', displayName: 'House', kind: 'household', tokenDigest: digestOf(TOKEN), spareFaces: 1 }],
    });
    wallet = await composeWallet(config, {
      ...program,
      anchors: [{ did: createParty('root').did, mayIssue: ['RegulatorAccreditation'] }],
      identities: {},
      log: () => undefined,
    });
  });
  afterAll(async () => {
    await wallet.close();
    await program.close();
    await new Promise<void>((resolve) => node.close(() => resolve()));
  });

  const post = async (path: string, body: object) => {
    const response = await fetch(`${wallet.url}/wallets/house-1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };
  const rpc = { jsonrpc: '2.0', id: 1, method: 'debug_traceTransaction', params: [] };

  it('answers the program itself, so that the rest shows something', async () => {
    const { chainFetch } = program;
    expect(await chainFetch.fetchDocument(nodeUrl, { accept: 'application/json', maxBytes: 1_000, timeoutMs: 60_000 })).toMatchObject({
      ok: true,
    });
    expect(asked.splice(0)).toEqual(['GET /']);
  });

  it.each(['/access', '/visits'])("is reached by no owner's call: %s", async (path) => {
    for (const url of [nodeUrl, `${nodeUrl}/?key=secret`, nodeUrl.replace('127.0.0.1', '0x7f.1')])
      for (const call of [{ url }, { url, method: 'POST', body: rpc }]) {
        const answer = await post(path, call);
        expect(answer).toMatchObject({ text: expect.stringContaining('"URL_NOT_ALLOWED"') });
        expect(answer.text).not.toContain('secret');
      }
    expect(asked).toEqual([]);
  });

  it.each([
    ['/present', { request: 'openid4vp://?client_id=x&request_uri=' }],
    ['/proposals', { request: 'openid4vp://?client_id=x&request_uri=' }],
    ['/offers', { offer: 'openid-credential-offer://?credential_offer_uri=' }],
  ])('is reached by no address inside what an owner hands in: %s', async (path, body) => {
    const [[name, text] = ['', '']] = Object.entries(body);
    const answer = await post(path, { [name]: `${text}${encodeURIComponent(`${nodeUrl}/a`)}` });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(asked).toEqual([]);
  });
});
