import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import type { JsonObject } from '@gridpass/core';
import { buildDpopProof } from '@gridpass/exchange';
import { CHANNEL, startRig } from './rig.js';
import type { Rig } from './rig.js';

const RECHECK = 20;
let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    pollMs: 20,
    recheckSeconds: RECHECK,
    trustedProxies: ['127.0.0.1'],
    tokenLifeSeconds: 300,
    limits: {
      grant: { burst: 20, perMinute: 60 },
      address: { burst: 300, perMinute: 60 },
      sockets: { connectionsPerGrant: 2, subscriptions: 2, subscriptionsPerGrant: 3 },
    },
  });
});
afterAll(async () => {
  await rig.stop();
});

const PATH = `/rpc/${CHANNEL}`;
const call = (id = 1): JsonObject => ({ jsonrpc: '2.0', id, method: 'eth_chainId', params: [] });
const batch = (count: number): JsonObject[] => Array.from({ length: count }, (_, id) => call(id));
const codesIn = (text: string): readonly unknown[] =>
  [JSON.parse(text) as JsonObject | readonly JsonObject[]].flat().map((answer) => {
    const { error } = answer as { readonly error?: { readonly code: number; readonly data: { readonly code: string } } };
    return error === undefined ? 'ok' : `${error.code} ${error.data.code}`;
  });

interface Client {
  readonly socket: WebSocket;
  ask(message: unknown): Promise<string>;
  readonly closed: Promise<string>;
}
async function open(token: string): Promise<Client> {
  const url = `${rig.gate.rpcUrl}/${CHANNEL}`;
  const first = await globalThis.fetch(url, { headers: { authorization: `DPoP ${token}` } });
  const nonce = first.headers.get('dpop-nonce') ?? '';
  const dpop = await buildDpopProof({ signer: rig.society.supplier, method: 'GET', url, at: rig.clock.now(), accessToken: token, nonce });
  const socket = new WebSocket(url.replace('http', 'ws'), { headers: { authorization: `DPoP ${token}`, dpop } });
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code, reason) => resolve(`${code} ${String(reason)}`));
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve()).on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      reject(new Error(String(response.statusCode)));
    });
  });
  return {
    socket,
    closed,
    ask: (message) =>
      new Promise((resolve) => {
        socket.once('message', (data: Buffer) => resolve(data.toString()));
        socket.send(JSON.stringify(message));
      }),
  };
}
/** As any library would send it, with a proof for each request. */
const post = async (token: string, body: unknown): Promise<string> =>
  (await rig.call('POST', PATH, { token, json: body as JsonObject })).text;
const grants = (): number => rig.records.filter(({ action, effect }) => action === `${CHANNEL}:rpc` && effect === 'permit').length;

describe('the limits of a grant', () => {
  it('count each call of a batch, and hold over HTTP and all sockets together', async () => {
    const token = await rig.token();
    const [one, two] = [await open(token), await open(token)];
    expect(codesIn(await one.ask(batch(8)))).toEqual(Array.from({ length: 8 }, () => 'ok'));
    expect(codesIn(await two.ask(batch(8)))).toEqual(Array.from({ length: 8 }, () => 'ok'));
    // Four are left: five at once are none, each told so under its own id.
    expect(codesIn(await post(token, batch(5)))).toEqual(Array.from({ length: 5 }, () => '-32005 RATE_LIMITED'));
    expect(codesIn(await post(token, batch(3)))).toEqual(['ok', 'ok', 'ok']);
    expect(codesIn(await one.ask(call()))).toEqual(['ok']);
    expect(codesIn(await two.ask(call()))).toEqual(['-32005 RATE_LIMITED']);
    rig.clock.advance(1);
    expect(codesIn(await two.ask(call()))).toEqual(['ok']);
    // Another grant has its own.
    const other = await open(await rig.token());
    expect(codesIn(await other.ask(batch(20)))).toEqual(Array.from({ length: 20 }, () => 'ok'));
    for (const { socket, closed } of [one, two, other]) {
      socket.close();
      await closed;
    }
  });

  it('bound its sockets, and its subscriptions over all of them', async () => {
    const token = await rig.token();
    const [one, two] = [await open(token), await open(token)];
    await expect(open(token)).rejects.toThrow('429');
    const heads = { jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] };
    expect([await one.ask(heads), await one.ask(heads), await two.ask(heads)].flatMap(codesIn)).toEqual(['ok', 'ok', 'ok']);
    expect(codesIn(await two.ask(heads))).toEqual(['-32005 RATE_LIMITED']);
    one.socket.close();
    await one.closed;
    expect(codesIn(await two.ask(heads))).toEqual(['ok']);
    two.socket.close();
    await two.closed;
  });

  it('are those of the address for strangers, whose batches count as much', async () => {
    const flood = Array.from({ length: 40 }, () => rig.rpc(batch(50)));
    const codes = new Set((await Promise.all(flood)).flatMap(({ json }) => codesIn(JSON.stringify(json))));
    expect([...codes].sort()).toEqual(['-32005 RATE_LIMITED', 'ok']);
    rig.clock.advance(600);
  });

  it('are those of the client that a trusted proxy names, of IPv6 those of its /64', async () => {
    const from = async (forwarded: string, body: unknown = call()) =>
      new Set(codesIn(JSON.stringify((await rig.rpc(body, { 'x-forwarded-for': forwarded })).json)));
    for (let spent = 0; spent < 300; spent += 50) expect(await from('2001:db8::1', batch(50))).toEqual(new Set(['ok']));
    const limited = new Set(['-32005 RATE_LIMITED']);
    expect(await from('2001:db8::2')).toEqual(limited);
    // What stands left of the proxy's entry is what the client wrote itself.
    expect(await from('203.0.113.9, 2001:db8::3')).toEqual(limited);
    expect(await from('2001:db8:0:1::1')).toEqual(new Set(['ok']));
    const turnedDown = await rig.rpc(call(), { 'x-forwarded-for': '2001:db8::4' });
    expect(turnedDown.status).toBe(429);
    expect(Number(turnedDown.retryAfter)).toBeGreaterThanOrEqual(1);
  });
});

describe('a session that stays', () => {
  it('is in the log when it begins, and not again while the answer is the same', async () => {
    const token = await rig.token();
    const before = grants();
    const idle = await open(token);
    expect(grants()).toBe(before + 1);
    for (let round = 0; round < 4; round += 1) {
      rig.clock.advance(RECHECK + 1);
      await rig.gate.upkeep();
      expect(codesIn(await post(token, call()))).toEqual(['ok']);
    }
    expect(grants()).toBe(before + 1);
    idle.socket.close();
    await idle.closed;
  });

  it('ends with its grant', async () => {
    const idle = await open(await rig.token());
    rig.clock.advance(301);
    await rig.gate.upkeep();
    expect(await idle.closed).toBe('1008 GRANT_ENDED');
  });

  it('ends with a code where it listens and the node stays away; one that does not listen stays', async () => {
    const token = await rig.token();
    const [listening, asking] = [await open(token), await open(token)];
    expect(codesIn(await listening.ask({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }))).toEqual(['ok']);
    await rig.node.kill();
    expect(await listening.closed).toBe('1014 CHAIN_UNAVAILABLE');
    expect(codesIn(await asking.ask(call()))).toEqual(['-32002 CHAIN_UNAVAILABLE']);
    asking.socket.close();
    await asking.closed;
  });
});
