import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ok, refuse } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { createNodeClient } from '../adapters/node-client.js';
import { createRpcAnswerer } from '../rpc/answer.js';
import { BOUNDS, paperSession } from './paper-session.js';

// A node that works until the test lets it end.
let server: Server;
let rpcUrl = '';
let working: ServerResponse[] = [];
let arrived: () => void = () => undefined;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  working = [];
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      working.push(response);
      arrived();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  rpcUrl = `http://127.0.0.1:${(server.address() as { readonly port: number }).port}`;
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

/** An answerer over that node which tells when a place is given up. */
function open(times: { readonly timeoutMs: number; readonly lateMs: number; readonly stopsWhenLeft?: boolean }) {
  const client = createNodeClient({ rpcUrl, maxAnswerBytes: 1_000, stopsWhenLeft: false, ...times });
  closers.push(client.close);
  const places = { taken: 0, left: 0 };
  let told: () => void = () => undefined;
  const free = new Promise<void>((resolve) => {
    told = resolve;
  });
  const parts = {
    maxBytes: 10_000,
    maxBatch: 20,
    bounds: BOUNDS,
    judgeTransaction: async () => refuse('SENDER_NOT_ADMITTED', 'test', 'nobody sends here'),
    places: {
      shareOf: () => 1_000_000_000,
      enter: async () => {
        places.taken += 1;
        return ok(() => {
          places.left += 1;
          told();
        });
      },
    },
  };
  return { client, parts, places, free };
}
const ONE = utf8('{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}');
const TWO = utf8(
  '[{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]},{"jsonrpc":"2.0","id":2,"method":"eth_chainId","params":[]}]',
);
/** Until the node has the next question whole. */
const untilAsked = (): Promise<void> =>
  new Promise((resolve) => {
    arrived = resolve;
  });
const FOREVER = 2 ** 31 - 1;
const text = (body: Uint8Array): string => Buffer.from(body).toString('utf8');

describe('a node that works longer than a client waits', () => {
  it.each([
    ['one call, passed on', ONE, true],
    ['a batch', TWO, false],
  ])('keeps the place of %s until it has ended, while the client is told in time', async (_what, body, passed) => {
    const { client, parts, places, free } = open({ timeoutMs: 200, lateMs: FOREVER });
    const answer = createRpcAnswerer({ ...parts, node: client.node, ...(passed ? { pass: client.pass } : {}) });
    const asked = untilAsked();
    const answered = answer(body, paperSession());
    await asked;
    expect(text((await answered).body)).toContain('CHAIN_UNAVAILABLE');
    expect(places).toEqual({ taken: 1, left: 0 });
    working[0]?.end('{"jsonrpc":"2.0","id":0,"result":"0x1"}');
    await free;
    expect(places).toEqual({ taken: 1, left: 1 });
  });

  it('keeps it no longer than its bound', async () => {
    const { client, parts, places, free } = open({ timeoutMs: 200, lateMs: 200 });
    await createRpcAnswerer({ ...parts, node: client.node })(ONE, paperSession());
    await free;
    expect(places).toEqual({ taken: 1, left: 1 });
  });

  it('gives it up when its connection ends, as where it dies', async () => {
    const { client, parts, places, free } = open({ timeoutMs: 200, lateMs: FOREVER });
    await createRpcAnswerer({ ...parts, node: client.node })(ONE, paperSession());
    expect(places).toEqual({ taken: 1, left: 0 });
    server.closeAllConnections();
    await free;
  });

  it('gives it up at once where it stops for a client that has gone', async () => {
    const { client, parts, places } = open({ timeoutMs: 200, lateMs: FOREVER, stopsWhenLeft: true });
    await createRpcAnswerer({ ...parts, node: client.node })(ONE, paperSession());
    expect(places).toEqual({ taken: 1, left: 1 });
  });

  it('keeps nothing of what comes after the answer was given up, nor of what came before', async () => {
    const { client, parts, free } = open({ timeoutMs: 200, lateMs: FOREVER });
    const asked = untilAsked();
    const answered = createRpcAnswerer({ ...parts, node: client.node })(ONE, paperSession());
    await asked;
    working[0]?.write('early-chunk');
    await answered;
    const concat = jest.spyOn(Buffer, 'concat');
    try {
      working[0]?.end('late-chunk');
      await free;
      const joined = concat.mock.calls.flatMap(([chunks]) => chunks.map((chunk) => Buffer.from(chunk).toString('latin1')));
      expect(joined.filter((chunk) => /early-chunk|late-chunk/.test(chunk))).toEqual([]);
    } finally {
      concat.mockRestore();
    }
  });

  it('counts what comes late: more than an answer may have ends the connection and the place', async () => {
    const { client, parts, places, free } = open({ timeoutMs: 200, lateMs: FOREVER });
    const asked = untilAsked();
    const answered = createRpcAnswerer({ ...parts, node: client.node })(ONE, paperSession());
    await asked;
    await answered;
    const cut = new Promise<void>((resolve) => working[0]?.on('close', () => resolve()));
    // One byte beyond `maxAnswerBytes`; the node itself does not end.
    working[0]?.write('x'.repeat(1_001));
    await free;
    await cut;
    expect({ places, ended: working[0]?.writableEnded }).toEqual({ places: { taken: 1, left: 1 }, ended: false });
  });

  it('lets it go on as long as it says no more than an answer may have', async () => {
    const { client, parts, places, free } = open({ timeoutMs: 200, lateMs: FOREVER });
    const asked = untilAsked();
    const answered = createRpcAnswerer({ ...parts, node: client.node })(ONE, paperSession());
    await asked;
    await answered;
    working[0]?.write('x'.repeat(999));
    expect(places).toEqual({ taken: 1, left: 0 });
    working[0]?.end('x');
    await free;
    expect({ places, ended: working[0]?.writableEnded }).toEqual({ places: { taken: 1, left: 1 }, ended: true });
  });
});
