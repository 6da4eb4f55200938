import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { ok } from '@gridpass/core';
import type { Instant, JsonValue } from '@gridpass/core';
import type { WebSocket } from 'ws';
import type { NodePort } from '../rpc/node-port.js';
import { createRateBucket } from '../rpc/rate-bucket.js';
import { isAbout, parseSubscription } from '../rpc/subscription.js';
import { createChainFeed } from '../socket/chain-feed.js';
import type { ChainNews } from '../socket/chain-feed.js';
import { openConnection } from '../socket/connection.js';

const plenty = createRateBucket({ burst: 1000, perMinute: 1000 });
const ADDRESS = `0x${'a'.repeat(40)}`;

/** A socket whose peer reads when told to. */
class PaperSocket extends EventEmitter {
  readonly sent: string[] = [];
  readonly waiting: (() => void)[] = [];
  closed: readonly [number, string] | undefined;
  paused = false;
  send(data: Uint8Array | string, _options: object, done: () => void): void {
    this.sent.push(typeof data === 'string' ? data : Buffer.from(data).toString('utf8'));
    this.waiting.push(done);
  }
  close(code: number, reason: string): void {
    this.closed = [code, reason];
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  terminate(): void {
    this.closed = [1006, ''];
  }
  ping(): void {
    this.emit('pong');
  }
}

function connect(socket: PaperSocket) {
  return openConnection(socket as unknown as WebSocket, {
    answer: async (_body, { subscriptions, role }) => {
      const opened = await subscriptions?.open(['logs', { address: ADDRESS }], role);
      return { understood: true, body: Buffer.from(JSON.stringify(opened?.value ?? null)) };
    },
    clock: { now: () => 0 as Instant },
    role: 'read',
    address: 'here',
    client: { name: 'address:here', stranger: true },
    openContracts: new Set([ADDRESS]),
    limits: { inFlight: 2, bufferedBytes: 1_000, subscriptions: 4 },
    perAddress: plenty,
    pings: plenty,
    spend: () => true,
    mayListen: () => true,
    checkSession: async () => ok(true as const),
    listen: async () => undefined,
    onUnexpected: (error) => {
      throw error;
    },
    onEnd: () => undefined,
  });
}
const log: ChainNews = { kind: 'log', log: { address: ADDRESS, topics: [], data: `0x${'0'.repeat(200)}` } };

describe('a connection', () => {
  it('lends a reader that does not read so many bytes, and then ends with a code', async () => {
    const socket = new PaperSocket();
    const connection = connect(socket);
    socket.emit('message', Buffer.from('{}'), false);
    await new Promise(setImmediate);
    expect(connection.subscriptions).toBe(1);
    for (let i = 0; i < 20 && socket.closed === undefined; i += 1) connection.tell(log);
    expect(socket.closed).toEqual([1013, 'RATE_LIMITED']);
    expect(socket.sent.join('').length).toBeLessThanOrEqual(1_000);
    const told = socket.sent.length;
    connection.tell(log);
    expect(socket.sent).toHaveLength(told);
  });

  it('goes on telling one that reads', async () => {
    const socket = new PaperSocket();
    const connection = connect(socket);
    socket.emit('message', Buffer.from('{}'), false);
    await new Promise(setImmediate);
    for (let i = 0; i < 20; i += 1) {
      connection.tell(log);
      for (const done of socket.waiting.splice(0)) done();
    }
    expect(socket.closed).toBeUndefined();
    expect(socket.sent).toHaveLength(21);
  });

  it('ends those that listen, with a code, when what stands behind cannot tell, and no others', async () => {
    const [listening, asking] = [new PaperSocket(), new PaperSocket()];
    const connections = [connect(listening), connect(asking)];
    listening.emit('message', Buffer.from('{}'), false);
    await new Promise(setImmediate);
    for (const connection of connections) connection.endListening('CHAIN_UNAVAILABLE');
    expect([listening.closed, asking.closed]).toEqual([[1014, 'CHAIN_UNAVAILABLE'], undefined]);
  });
});

/** A chain of blocks by height, each named by the branch it lies on. */
function createPaperNode(): { readonly node: NodePort; blocks: string[]; away: boolean } {
  const world = { blocks: ['g', 'a', 'a', 'a'], away: false };
  const blockAt = (height: number): JsonValue => {
    const branch = world.blocks[height];
    if (branch === undefined) return null;
    return { number: `0x${height.toString(16)}`, hash: `${branch}${height}`, parentHash: `${world.blocks[height - 1] ?? ''}${height - 1}` };
  };
  const node: NodePort = async (calls) => {
    if (world.away) throw new Error('away');
    return calls.map(({ method, params }) => ({
      result: method === 'eth_getLogs' ? [] : blockAt(params[0] === 'latest' ? world.blocks.length - 1 : Number(params[0])),
    }));
  };
  return Object.assign(world, { node });
}

/** Follows a chain; `next` resolves with what is told next, a height or the code under which listeners are let go. */
async function follow(world: ReturnType<typeof createPaperNode>) {
  const told: string[] = [];
  let wake: () => void = () => undefined;
  const say = (text: string): void => {
    told.push(text);
    wake();
  };
  const faults: unknown[] = [];
  const feed = createChainFeed({
    node: world.node,
    addresses: [],
    pollMs: 1,
    tell: (news) => say(JSON.stringify(news.kind === 'head' ? news.head['hash'] : news.log)),
    onFault: (cause) => faults.push(cause),
    onLost: say,
  });
  await feed.start();
  return {
    feed,
    faults,
    next: async (): Promise<string> => {
      while (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return told.shift()!;
    },
  };
}

describe('the feed', () => {
  it('tells of blocks, and goes on when the newest is replaced at once', async () => {
    const world = createPaperNode();
    const { feed, next } = await follow(world);
    world.blocks = ['g', 'a', 'a', 'b', 'b'];
    expect([await next(), await next()]).toEqual(['"b3"', '"b4"']);
    world.blocks = ['g', 'a', 'a', 'b', 'c', 'c'];
    expect([await next(), await next()]).toEqual(['"c4"', '"c5"']);
    feed.stop();
  });

  it('lets listeners go when the chain went back further than it was followed', async () => {
    const world = createPaperNode();
    const { next } = await follow(world);
    world.blocks = ['g', 'z', 'z', 'z', 'z'];
    expect(await next()).toBe('CHAIN_INCONSISTENT');
  });

  it('lets listeners go when the node stays away, tells of that once, and starts again when asked', async () => {
    const world = createPaperNode();
    const { feed, next, faults } = await follow(world);
    world.away = true;
    expect(await next()).toBe('CHAIN_UNAVAILABLE');
    expect(faults).toHaveLength(1);
    await expect(feed.start()).rejects.toThrow('away');
    world.away = false;
    await feed.start();
    world.blocks.push('a');
    expect(await next()).toBe('"a4"');
    feed.stop();
  });
});

describe('a subscription to logs', () => {
  const [A, B, C] = ['a', 'b', 'c'].map((digit) => `0x${digit.repeat(64)}`) as [string, string, string];
  const read = (topics: JsonValue) =>
    parseSubscription(['logs', { address: ADDRESS.toUpperCase().replace('X', 'x'), topics }], { role: 'read', open: new Set([ADDRESS]) });

  it('is about the topics it names, place by place', () => {
    for (const [topics, about] of [
      [[], [true, true, true]],
      [[A], [true, true, false]],
      [[A.toUpperCase().replace('X', 'x')], [true, true, false]],
      [
        [null, B],
        [true, false, false],
      ],
      [
        [[], B],
        [true, false, false],
      ],
      [[[A, C]], [true, true, true]],
      [
        [[A, C], B],
        [true, false, false],
      ],
      [
        [A, B, C],
        [false, false, false],
      ],
    ] as const) {
      const subscription = read(topics);
      expect(subscription.ok).toBe(true);
      const logs = [[A, B], [A], [C]].map((named) => isAbout(subscription.value!, { address: ADDRESS, topics: named }));
      expect([topics, logs]).toEqual([topics, about]);
      expect(isAbout(subscription.value!, { address: `0x${'d'.repeat(40)}`, topics: [A, B] })).toBe(false);
    }
  });

  it('is malformed where a topic is none', () => {
    for (const topics of [A, ['0x'], [1], [[A, null]], [[[A]]], [A, A, A, A, A], [Array.from({ length: 33 }, () => A)], {}])
      expect([topics, read(topics as JsonValue).refusal?.code]).toEqual([topics, 'REQUEST_MALFORMED']);
  });
});
