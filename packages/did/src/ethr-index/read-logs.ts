import { Fault } from '@gridpass/core';
import type { ChainReader } from './chain-reader.js';
import type { RegistryLog } from './registry-log.js';
import { RpcError, unavailable } from './rpc.js';

/** How many full answers pass before more is asked for than a node has refused; twice as many after each time in vain, up to the last. */
const PATIENCE = { first: 16, last: 1_024 } as const;

/**
 * How many blocks are asked for at once; it follows what the node bears. Shared by all reads from one node. What a node has
 * refused is remembered: the range comes to the most that it bears and stays there. As a node may refuse for a moment's
 * reason, or for blocks with very many logs, more is tried again after a while.
 */
export class LogRange {
  #blocks: number;
  readonly #most: number;
  /** More logs than this in one answer make the next range smaller, so that a batch stays small in memory. */
  readonly #logs: number;
  /** The most that was answered, the least that was refused. */
  #borne = 0;
  #refused = Number.POSITIVE_INFINITY;
  #patience: number = PATIENCE.first;
  #left: number = PATIENCE.first;

  constructor(limits: { readonly first: number; readonly most: number; readonly logs: number }) {
    this.#blocks = limits.first;
    this.#most = limits.most;
    this.#logs = limits.logs;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** The node gave the logs of so many blocks. */
  answered(span: number, logs: number): void {
    this.#borne = Math.max(this.#borne, span);
    if (span >= this.#refused) {
      this.#refused = Number.POSITIVE_INFINITY;
      this.#patience = this.#left = PATIENCE.first;
    }
    if (logs > this.#logs) this.#blocks = half(this.#blocks);
    // The end of what is wanted says nothing about more.
    else if (span >= this.#blocks && logs * 2 <= this.#logs) this.#grow();
  }

  #grow(): void {
    const twice = Math.min(this.#blocks * 2, this.#most);
    if (twice < this.#refused) {
      this.#blocks = twice;
      return;
    }
    this.#left -= 1;
    this.#blocks = this.#left <= 0 ? twice : Math.floor((this.#blocks + this.#refused) / 2);
  }

  /** The node would not give the logs of so many blocks. */
  refused(span: number): void {
    if (span <= this.#borne) this.#borne = 0;
    if (this.#left <= 0) this.#patience = Math.min(this.#patience * 2, PATIENCE.last);
    this.#left = this.#patience;
    this.#refused = Math.min(this.#refused, span);
    this.#blocks = Math.max(this.#borne, half(span));
  }
}

const half = (blocks: number): number => Math.max(1, Math.floor(blocks / 2));

// 429: HTTP; -32005: limit exceeded, EIP-1474. Both may mean "not so fast"; the others mean "not so much".
const SLOW_DOWN: ReadonlySet<number> = new Set([429, -32005]);
const MAX_PAUSE_MS = 5_000;
const MAX_REFUSALS = 40;

/**
 * Reads the logs from `from` up to at most `to`, as many blocks as the node bears: an error of the node, or no answer from a
 * node that is alive, makes the range smaller. Returns how far it got. Throws Fault RESOLVER_UNAVAILABLE when one block is too much.
 */
export async function readLogs(
  reader: ChainReader,
  range: LogRange,
  wanted: { readonly from: number; readonly to: number },
  pause: (ms: number) => Promise<void>,
): Promise<{ readonly to: number; readonly logs: readonly RegistryLog[] }> {
  let wait = 100;
  for (let attempt = 0; attempt < MAX_REFUSALS; attempt += 1) {
    const to = Math.min(wanted.to, wanted.from + range.blocks - 1);
    try {
      const logs = await reader.logs({ from: wanted.from, to });
      range.answered(to - wanted.from + 1, logs.length);
      return { to, logs };
    } catch (cause) {
      const slower = cause instanceof RpcError && SLOW_DOWN.has(cause.code);
      if (!(cause instanceof RpcError)) {
        if (cause instanceof Fault && cause.code === 'CHAIN_INCONSISTENT') throw cause;
        // Too long an answer and no answer look alike from here; a node that still says its chain id is alive.
        if (to === wanted.from) throw cause;
        await reader.chainId();
      } else if (to === wanted.from && !slower) {
        throw unavailable(`the node answers eth_getLogs for one block with error ${String(cause.code)}`, cause);
      }
      range.refused(to - wanted.from + 1);
      if (slower) {
        await pause(wait);
        wait = Math.min(wait * 2, MAX_PAUSE_MS);
      }
    }
  }
  throw unavailable('the node refuses to give logs');
}
