import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SigningKey, Transaction, WebSocketProvider } from 'ethers';
import { WebSocket } from 'ws';
import { instant } from '@gridpass/core';
import type { JsonObject } from '@gridpass/core';
import { buildDpopProof } from '@gridpass/exchange';
import { accountFromPrivateKey, buildOrderCall, createAccountKey } from '@gridpass/ledger';
import { NOON } from '@gridpass/testkit';
import { CHANNEL, startRig } from './rig.js';
import type { Rig } from './rig.js';

const PAGE = 'https://page.example';
let rig: Rig;
let key: string;
beforeAll(async () => {
  rig = await startRig({
    origins: [PAGE],
    pollMs: 20,
    limits: {
      bodyBytes: 20_000,
      logBlocks: 100,
      sockets: { connections: 6, connectionsPerAddress: 5, subscriptions: 2, pings: { burst: 10, perMinute: 10 } },
    },
  });
  key = createAccountKey();
  expect(await rig.admit(accountFromPrivateKey(key), await rig.token())).toMatchObject({ status: 201 });
});
afterAll(async () => {
  await rig.stop();
});

interface Client {
  readonly socket: WebSocket;
  ask(message: unknown): Promise<JsonObject>;
  /** The next thing told without being asked. */
  told(): Promise<JsonObject>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Connects; rejects with the status and the code of a refused handshake. */
async function open(path = '', options: { readonly headers?: Record<string, string>; readonly origin?: string } = {}): Promise<Client> {
  const socket = new WebSocket(`${rig.gate.rpcUrl.replace('http', 'ws')}${path}`, options);
  const answers: JsonObject[] = [];
  const news: JsonObject[] = [];
  const wake = new Set<() => void>();
  const from = async (queue: JsonObject[]): Promise<JsonObject> => {
    for (;;) {
      const item = queue.shift();
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => wake.add(resolve));
    }
  };
  socket.on('message', (data: Buffer) => {
    const json = JSON.parse(data.toString()) as JsonObject;
    ('method' in json ? news : answers).push(json);
    for (const go of wake) go();
    wake.clear();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve());
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => reject(new Error(`${response.statusCode} ${(JSON.parse(text) as { readonly code: string }).code}`)));
    });
  });
  return {
    socket,
    closed,
    told: () => from(news),
    ask: (message) => {
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      return from(answers);
    },
  };
}
const call = (method: string, params: unknown[] = [], id: unknown = 1): object => ({ jsonrpc: '2.0', id, method, params });
const codeOf = (answer: JsonObject): unknown => ((answer['error'] as JsonObject | undefined)?.['data'] as JsonObject | undefined)?.['code'];
async function leave({ socket, closed }: Client): Promise<void> {
  socket.close();
  await closed;
}
async function mine(blocks = 1): Promise<void> {
  await rig.chain.provider.send('anvil_mine', [blocks]);
}
async function order(): Promise<string> {
  const transaction = Transaction.from({
    type: 2,
    chainId: rig.node.chainId,
    nonce: await rig.chain.provider.getTransactionCount(accountFromPrivateKey(key).account),
    gasLimit: 500_000,
    maxFeePerGas: 0,
    maxPriorityFeePerGas: 0,
    ...buildOrderCall(rig.gate.contracts.EnergyMarket, {
      channel: CHANNEL,
      interval: instant(Math.ceil((NOON + 7200) / 900) * 900),
      side: 'bid',
      energyWh: 10,
      priceCentsPerMwh: 5,
    }),
    to: rig.gate.contracts.EnergyMarket,
  });
  transaction.signature = new SigningKey(key).sign(transaction.unsignedHash);
  return transaction.serialized;
}
async function sessionHeaders(token: string): Promise<Record<string, string>> {
  const url = `${rig.gate.rpcUrl}/${CHANNEL}`;
  const first = await globalThis.fetch(url, { headers: { authorization: `DPoP ${token}` } });
  const dpop = await buildDpopProof({
    signer: rig.society.supplier,
    method: 'GET',
    url,
    at: rig.clock.now(),
    accessToken: token,
    nonce: first.headers.get('dpop-nonce') ?? '',
  });
  return { authorization: `DPoP ${token}`, dpop };
}

describe('JSON-RPC on a WebSocket', () => {
  it('answers what HTTP answers, and refuses what HTTP refuses', async () => {
    const client = await open();
    expect(await client.ask(call('eth_chainId', [], 'mine'))).toEqual({ jsonrpc: '2.0', id: 'mine', result: '0x7a69' });
    expect(await client.ask([call('net_version', [], 1), call('evm_mine', [], 2)])).toMatchObject([
      { id: 1, result: '31337' },
      { id: 2, error: { data: { code: 'METHOD_NOT_ALLOWED' } } },
    ]);
    expect(codeOf(await client.ask('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","method":"evm_mine"}'))).toBe('REQUEST_MALFORMED');
    expect(await client.ask(call('eth_sendRawTransaction', [await order()]))).toMatchObject({ result: expect.stringMatching(/^0x/) });
    await leave(client);
  });

  it('tells of blocks and of logs of open contracts, until told not to', async () => {
    const client = await open();
    const heads = (await client.ask(call('eth_subscribe', ['newHeads'])))['result'];
    await mine();
    expect(await client.told()).toMatchObject({
      method: 'eth_subscription',
      params: { subscription: heads, result: { number: expect.stringMatching(/^0x/), parentHash: expect.any(String) } },
    });
    expect(await client.ask(call('eth_unsubscribe', [heads]))).toMatchObject({ result: true });
    expect(await client.ask(call('eth_unsubscribe', [heads]))).toMatchObject({ result: false });
    const address = rig.gate.contracts.EnergyMarket;
    const logs = (await client.ask(call('eth_subscribe', ['logs', { address }])))['result'];
    await client.ask(call('eth_sendRawTransaction', [await order()]));
    expect(await client.told()).toMatchObject({
      params: { subscription: logs, result: { address: address.toLowerCase(), removed: false } },
    });
    await leave(client);
  });

  it('takes back the logs of blocks that are no longer part of the chain', async () => {
    const snapshot: unknown = await rig.chain.provider.send('evm_snapshot', []);
    const client = await open();
    await client.ask(call('eth_subscribe', ['logs', { address: rig.gate.contracts.EnergyMarket }]));
    await client.ask(call('eth_sendRawTransaction', [await order()]));
    const { result } = (await client.told())['params'] as { result: JsonObject };
    await rig.chain.provider.send('evm_revert', [snapshot]);
    expect(await client.told()).toMatchObject({ params: { result: { ...result, removed: true } } });
    await leave(client);
  });

  it('serves a library of the Ethereum world', async () => {
    const provider = new WebSocketProvider(rig.gate.rpcUrl.replace('http', 'ws'));
    const block = new Promise<number>((resolve) => void provider.on('block', resolve));
    const height = await provider.getBlockNumber();
    // Once this one is answered, the library's own, sent before it, is too.
    await provider.send('eth_subscribe', ['newHeads']);
    await mine();
    expect(await block).toBeGreaterThanOrEqual(height);
    await provider.destroy();
  });

  it('refuses every other subscription, and more than so many', async () => {
    const client = await open();
    const { EnergyMarket, ChannelAdmission } = rig.gate.contracts;
    for (const params of [
      ['newPendingTransactions'],
      ['newPendingTransactions', true],
      ['syncing'],
      ['NewHeads'],
      ['logs'],
      ['logs', {}],
      ['logs', null],
      ['logs', { address: [] }],
      ['logs', { address: ChannelAdmission }],
      ['logs', { address: [EnergyMarket, ChannelAdmission] }],
    ])
      expect([params, codeOf(await client.ask(call('eth_subscribe', params)))]).toEqual([params, 'METHOD_NOT_ALLOWED']);
    for (const params of [
      [],
      [1],
      ['newHeads', {}],
      ['logs', { address: EnergyMarket, fromBlock: '0x0' }],
      ['logs', { address: EnergyMarket, topics: ['0x'] }],
    ])
      expect([params, codeOf(await client.ask(call('eth_subscribe', params)))]).toEqual([params, 'REQUEST_MALFORMED']);
    expect(codeOf(await client.ask(call('eth_Subscribe', ['newHeads'])))).toBe('METHOD_NOT_ALLOWED');
    for (const _ of [1, 2]) expect(codeOf(await client.ask(call('eth_subscribe', ['newHeads'])))).toBeUndefined();
    expect(codeOf(await client.ask(call('eth_subscribe', ['newHeads'])))).toBe('RATE_LIMITED');
    expect((await rig.rpc(call('eth_subscribe', ['newHeads']))).json).toMatchObject({ error: { data: { code: 'METHOD_NOT_ALLOWED' } } });
    await leave(client);
  });

  it('ends with binary frames, with messages beyond the bound, and with floods of pings', async () => {
    const binary = await open();
    binary.socket.send(Buffer.from(JSON.stringify(call('eth_chainId'))));
    expect(await binary.closed).toEqual({ code: 1003, reason: 'MEDIA_TYPE_UNSUPPORTED' });
    const large = await open();
    large.socket.send('x'.repeat(30_000));
    expect((await large.closed).code).toBe(1009);
    const flood = await open();
    for (let i = 0; i < 50; i += 1) flood.socket.ping();
    expect((await flood.closed).code).toBe(1006);
  });

  it('agrees to no compression', async () => {
    const client = await open();
    expect(client.socket.extensions).toBe('');
    await leave(client);
  });

  it('lets pages of configured origins connect, and no others', async () => {
    await expect(open('', { origin: 'https://evil.example' })).rejects.toThrow('403 METHOD_NOT_ALLOWED');
    await expect(open('', { origin: 'null' })).rejects.toThrow('403 METHOD_NOT_ALLOWED');
    await leave(await open('', { origin: PAGE }));
  });

  it('holds so many connections of one address and no more', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => open()));
    await expect(open()).rejects.toThrow('429 RATE_LIMITED');
    await Promise.all(clients.map(leave));
    await leave(await open());
  });

  it('answers a handshake out of form with a status', async () => {
    const text = await new Promise<string>((resolve) => {
      const { port } = new URL(rig.gate.rpcUrl);
      const raw = connect(Number(port), '127.0.0.1', () =>
        raw.write('GET /rpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n'),
      );
      let read = '';
      raw.on('data', (chunk) => (read += String(chunk)));
      raw.on('close', () => resolve(read));
    });
    expect(text).toMatch(/^HTTP\/1.1 400/);
  });
});

describe('a WebSocket with a session', () => {
  it('is refused without one, and one that is no session of this key', async () => {
    await expect(open(`/${CHANNEL}`)).rejects.toThrow('401 GRANT_REQUIRED');
    const headers = await sessionHeaders(await rig.token());
    await expect(open(`/${CHANNEL}`, { headers: { ...headers, dpop: 'x' } })).rejects.toThrow('401 DPOP_INVALID');
  });

  it('ends when the grant ends, whether it asks or listens', async () => {
    const { compact, references } = await rig.role();
    const token = await rig.token({ compact });
    const asking = await open(`/${CHANNEL}`, { headers: await sessionHeaders(token) });
    const listening = await open(`/${CHANNEL}`, { headers: await sessionHeaders(token) });
    expect(await asking.ask(call('eth_chainId'))).toMatchObject({ result: '0x7a69' });
    expect(await listening.ask(call('eth_subscribe', ['newHeads']))).toMatchObject({ result: expect.any(String) });
    rig.society.status.mark(references, 'revoked');
    asking.socket.send(JSON.stringify(call('eth_chainId')));
    expect(await asking.closed).toEqual({ code: 1008, reason: 'GRANT_ENDED' });
    await rig.gate.upkeep();
    await rig.gate.upkeep();
    expect(await listening.closed).toEqual({ code: 1008, reason: 'GRANT_ENDED' });
    await expect(open(`/${CHANNEL}`, { headers: await sessionHeaders(token) })).rejects.toThrow('401 GRANT_ENDED');
  });
});

describe('eth_getLogs', () => {
  const ranged = (filter: JsonObject): object => call('eth_getLogs', [filter]);

  it('spans a bounded number of blocks, on either transport', async () => {
    await mine(150);
    const client = await open();
    for (const filter of [
      { fromBlock: '0x0' },
      { fromBlock: 'earliest', toBlock: 'latest' },
      { fromBlock: '0x0', toBlock: 'pending' },
      { fromBlock: '0x1', toBlock: '0xffffff' },
    ]) {
      expect([filter, codeOf(await client.ask(ranged(filter)))]).toEqual([filter, 'BLOCK_RANGE_TOO_WIDE']);
      expect((await rig.rpc(ranged(filter))).json).toMatchObject({ error: { code: -32005, data: { code: 'BLOCK_RANGE_TOO_WIDE' } } });
    }
    for (const filter of [{}, { fromBlock: '0x0', toBlock: '0x63' }, { fromBlock: 'latest', toBlock: 'latest' }])
      expect(await client.ask(ranged(filter))).toMatchObject({ result: expect.any(Array) });
    for (const filter of [
      { fromBlock: 0 },
      { fromBlock: 'LATEST' },
      { fromBlock: '0x' },
      { limit: 1 },
      { blockHash: '0x', fromBlock: '0x0' },
    ])
      expect([filter, codeOf(await client.ask(ranged(filter)))]).toEqual([filter, 'REQUEST_MALFORMED']);
    await leave(client);
  });
});
