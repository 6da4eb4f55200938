import { isJsonObject, memberOf } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import type { FaultCode, JsonObject, JsonValue } from '@gridpass/core';
import type { NodePort } from '../rpc/node-port.js';

/** What happened on the chain; a log of a block that is no longer part of it comes again as `removed`. */
export type ChainNews = { readonly kind: 'head'; readonly head: JsonObject } | { readonly kind: 'log'; readonly log: JsonObject };

export interface ChainFeedParts {
  readonly node: NodePort;
  /** The contracts whose logs are read, lower case. */
  readonly addresses: readonly string[];
  readonly pollMs: number;
  readonly tell: (news: ChainNews) => void;
  /** Told once when the node goes away; the feed goes on asking. */
  readonly onFault: (cause: unknown) => void;
  /** Told when listeners cannot be told all that happened: the node stays away, or the chain left what was followed. */
  readonly onLost: (code: FaultCode) => void;
}

/** Follows the chain while somebody listens: one reader for all connections, so that listeners cost the node nothing. */
export interface ChainFeed {
  /** From now on; resolves when the place to go on from is known. Throws Fault CHAIN_UNAVAILABLE. */
  start(): Promise<void>;
  stop(): void;
}

interface KnownBlock {
  readonly number: number;
  readonly hash: string;
  readonly logs: readonly JsonObject[];
}

/** The blocks of one following; what was stopped tells nothing more. */
interface Followed {
  readonly known: KnownBlock[];
}

/** How far back a reorganisation is followed, and how many blocks are caught up with in one round. */
const DEPTH = 64;
/** After so many questions in a row without an answer listeners are let go: what they miss meanwhile nobody can tell them. */
const AWAY_ROUNDS = 3;
/** Not of the header: what blocks carry. */
const BODY: ReadonlySet<string> = new Set(['transactions', 'uncles', 'withdrawals', 'size', 'totalDifficulty']);

/** Makes a feed that asks the node in turns; the node's own subscriptions are not used, so that any node will do. */
export function createChainFeed(parts: ChainFeedParts): ChainFeed {
  const { node } = parts;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let following: Followed | undefined;
  let away = 0;

  function tell(followed: Followed, news: ChainNews): void {
    if (followed === following) parts.tell(news);
  }

  async function ask(method: string, params: readonly JsonValue[]): Promise<JsonValue> {
    const [answer] = await node([{ method, params }]);
    if (answer?.result === undefined) throw new Fault('CHAIN_UNAVAILABLE', `the node refuses ${method}`);
    return answer.result;
  }

  async function readBlock(
    name: string,
  ): Promise<{ readonly number: number; readonly hash: string; readonly json: JsonObject } | undefined> {
    const json = await ask('eth_getBlockByNumber', [name, false]);
    if (json === null || !isJsonObject(json)) return undefined;
    const [number, hash] = [memberOf(json, 'number'), memberOf(json, 'hash')];
    return typeof number === 'string' && typeof hash === 'string' ? { number: Number(number), hash, json } : undefined;
  }

  /** Steps back behind what is no longer part of the chain. */
  async function stepBack(followed: Followed, height: number): Promise<void> {
    const { known } = followed;
    for (let tip = known.at(-1); tip !== undefined; tip = known.at(-1)) {
      if (tip.number <= height && (await readBlock(toQuantity(tip.number)))?.hash === tip.hash) return;
      known.pop();
      for (const log of tip.logs) tell(followed, { kind: 'log', log: { ...log, removed: true } });
    }
    throw new Fault('CHAIN_INCONSISTENT', 'the chain went back further than it is followed');
  }

  async function stepForward(followed: Followed, height: number): Promise<void> {
    const { known } = followed;
    const last = Math.min(height, (known.at(-1)?.number ?? height - 1) + DEPTH);
    for (let next = (known.at(-1)?.number ?? height - 1) + 1; next <= last; next += 1) {
      const block = await readBlock(toQuantity(next));
      const tip = known.at(-1);
      // The chain changed while it was read: the next round steps back first.
      if (block === undefined || (tip !== undefined && memberOf(block.json, 'parentHash') !== tip.hash)) return;
      const found = await ask('eth_getLogs', [{ blockHash: block.hash, address: [...parts.addresses] }]);
      const logs = Array.isArray(found) ? found.filter((log: JsonValue): log is JsonObject => isJsonObject(log)) : [];
      known.push({ number: block.number, hash: block.hash, logs });
      if (known.length > DEPTH) known.shift();
      tell(followed, { kind: 'head', head: Object.fromEntries(Object.entries(block.json).filter(([name]) => !BODY.has(name))) });
      for (const log of logs) tell(followed, { kind: 'log', log });
    }
  }

  async function readHead(): Promise<NonNullable<Awaited<ReturnType<typeof readBlock>>>> {
    const head = await readBlock('latest');
    if (head === undefined) throw new Fault('CHAIN_UNAVAILABLE', 'the node does not tell its height');
    return head;
  }

  /** The head and its parent, so that a head that is replaced at once still leaves a place to go on from. */
  async function readStart(): Promise<KnownBlock[]> {
    const { number, hash, json } = await readHead();
    const parent = memberOf(json, 'parentHash');
    const before = typeof parent === 'string' && number > 0 ? [{ number: number - 1, hash: parent, logs: [] }] : [];
    return [...before, { number, hash, logs: [] }];
  }

  async function keepOn(followed: Followed): Promise<void> {
    try {
      const { number } = await readHead();
      await stepBack(followed, number);
      await stepForward(followed, number);
      away = 0;
    } catch (cause) {
      away += 1;
      if (away === 1) parts.onFault(cause);
      const lost = cause instanceof Fault && cause.code === 'CHAIN_INCONSISTENT';
      if ((lost || away >= AWAY_ROUNDS) && followed === following) {
        stop();
        parts.onLost(lost ? 'CHAIN_INCONSISTENT' : 'CHAIN_UNAVAILABLE');
      }
    }
    schedule(followed);
  }

  function schedule(followed: Followed): void {
    if (followed === following) timer = setTimeout(() => void keepOn(followed), parts.pollMs);
  }

  async function begin(): Promise<void> {
    const followed: Followed = { known: await readStart() };
    away = 0;
    following = followed;
    schedule(followed);
  }

  function stop(): void {
    following = undefined;
    running = undefined;
    clearTimeout(timer);
  }

  return {
    start: () =>
      (running ??= begin().catch((cause: unknown) => {
        running = undefined;
        throw cause;
      })),
    stop,
  };
}

function toQuantity(height: number): string {
  return `0x${height.toString(16)}`;
}
