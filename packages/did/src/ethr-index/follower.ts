import type { EthrBlock, EthrEvent, EthrEventRepository, EthrIndexName, EthrIndexState, TenantId } from '@gridpass/core';
import { createBloomTest } from './bloom.js';
import type { BlockHeader, ChainReader } from './chain-reader.js';
import { LastChanges, findGap } from './linkage.js';
import type { HistoryGap } from './linkage.js';
import { readLogs } from './read-logs.js';
import type { LogRange } from './read-logs.js';
import type { RegistryLog } from './registry-log.js';
import { RpcError, inconsistent, unavailable } from './rpc.js';

/** What a follower tells the caches above it, at the moment it becomes true. */
export interface FollowerEvents {
  /** These identities have new events. */
  readonly changed: (identities: ReadonlySet<string>) => void;
  /** Events may have gone, or another program wrote: nothing that was built still counts. */
  readonly rewound: () => void;
}

export interface FollowerParts {
  readonly tenant: TenantId;
  readonly name: EthrIndexName;
  readonly reader: ChainReader;
  readonly repository: EthrEventRepository;
  readonly events: FollowerEvents;
  readonly startBlock: number;
  readonly finalityDepth: number;
  readonly range: LogRange;
  readonly pause: (ms: number) => Promise<void>;
}

// Even where a block is final at once, the newest ones are read with their headers: a node may have a block before its logs.
const LEAST_LINKED = 16;
const LINKED_AT_ONCE = 64;
const HEADERS_AT_ONCE = 8;
const MAX_TURNS = 4;
/** Identities whose last change is kept in memory, some 10 MB. */
const KNOWN_CHANGES = 100_000;

/** The stored head is not where this follower thought, or was moved by it on purpose: look again. */
class Moved extends Error {}

/**
 * Makes the stored events follow the chain: one `advance` brings them up to the node's head or throws the Fault why not.
 * INVARIANT: what is stored up to the head is complete and linked; a batch goes in whole, with its head, or not at all.
 * The caller runs one `advance` at a time.
 */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #mayHold: (bloom: string) => boolean;
  readonly #lastChanges: LastChanges;
  #state: EthrIndexState | undefined;
  #loaded = false;
  /** The node was found to serve this chain and registry; looked at anew after every failure. */
  #identified: string | undefined;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#mayHold = createBloomTest(parts.name.registry);
    const { tenant, name, repository } = parts;
    this.#lastChanges = new LastChanges((identities) => repository.lastChanges(tenant, name, identities), KNOWN_CHANGES);
  }

  get state(): EthrIndexState | undefined {
    return this.#state;
  }

  forget(): void {
    this.#state = undefined;
    this.#loaded = false;
    this.#identified = undefined;
    this.#lastChanges.forget();
    this.#parts.events.rewound();
  }

  witnessed(block: number): void {
    if (this.#state !== undefined) this.#state = { ...this.#state, witnessed: block };
  }

  /** `audited` names identities whose last change is compared with the registry's own record of it. */
  async advance(audited: readonly string[] = []): Promise<BlockHeader> {
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      try {
        const head = await this.#advanceOnce();
        await this.#audit(audited);
        return head;
      } catch (cause) {
        if (!(cause instanceof Moved)) {
          this.#identified = undefined;
          throw cause;
        }
        this.#loaded = false;
        this.#lastChanges.forget();
        this.#parts.events.rewound();
      }
    }
    throw unavailable('the chain or the store moved while it was read');
  }

  async #advanceOnce(): Promise<BlockHeader> {
    const { tenant, name, repository, reader } = this.#parts;
    if (!this.#loaded) {
      this.#state = await repository.readState(tenant, name);
      this.#lastChanges.forget(this.#state === undefined);
      this.#loaded = true;
    }
    const genesis = (this.#identified ??= await this.#identify());
    const head = await reader.block('latest');
    if (head === undefined) throw unavailable('the node has no head');
    const tip = this.#state === undefined ? undefined : await this.#canonicalTip(this.#state, head);
    await this.#readUpTo(head, tip, genesis);
    return head;
  }

  async #identify(): Promise<string> {
    const { reader, name, startBlock } = this.#parts;
    if ((await reader.chainId()) !== name.chainId) throw inconsistent('the node serves another chain');
    if (!(await reader.hasCode())) throw inconsistent('there is no contract at the address of the registry');
    // The first block that is read tells one chain from another; what lies before it is nothing to this index.
    const genesis = await reader.block(startBlock);
    if (genesis === undefined) throw unavailable(`the node does not have block ${startBlock}`);
    if (this.#state !== undefined && this.#state.genesis !== genesis.hash)
      throw inconsistent(`the chain is not the one it was: another block ${startBlock}`);
    return genesis.hash;
  }

  /** The stored head if the chain still has it; else the store is taken back to where both agree. */
  async #canonicalTip({ head: tip, recent }: EthrIndexState, head: BlockHeader): Promise<EthrBlock> {
    const { reader } = this.#parts;
    if (head.number < tip.number) {
      const known = recent.find((block) => block.number === head.number);
      if (known === undefined || known.hash === head.hash) throw unavailable('the node is behind what was read before');
    } else {
      const there =
        head.number === tip.number ? head.hash : head.number === tip.number + 1 ? head.parentHash : (await reader.block(tip.number))?.hash;
      if (there === tip.hash) return tip;
    }
    for (const block of recent.toReversed()) {
      if (block.number > head.number || block.number < tip.number - this.#parts.finalityDepth) continue;
      if ((await reader.block(block.number))?.hash === block.hash) return this.#rewind(tip, block);
    }
    throw inconsistent('the chain was reorganised below its finality');
  }

  async #rewind(expected: EthrBlock, to: EthrBlock): Promise<EthrBlock> {
    const { tenant, name, repository, events } = this.#parts;
    if (!(await repository.rewind(tenant, name, { expected, to }))) throw new Moved();
    this.#lastChanges.forget();
    this.#state = await repository.readState(tenant, name);
    events.rewound();
    return to;
  }

  async #readUpTo(head: BlockHeader, tip: EthrBlock | undefined, genesis: string): Promise<void> {
    const { reader, range, pause, finalityDepth, startBlock } = this.#parts;
    let next = tip === undefined ? startBlock : tip.number + 1;
    if (tip === undefined && next > head.number) throw unavailable('the chain has not reached the block to start from');
    const settled = head.number - Math.max(finalityDepth, LEAST_LINKED);
    // The next range is read while one is written. Nothing is written twice or out of order: writes take turns.
    const read = (from: number) => readLogs(reader, range, { from, to: settled }, pause);
    let reading = next <= settled ? read(next) : undefined;
    while (reading !== undefined) {
      const { to, logs } = await reading;
      next = to + 1;
      reading = next <= settled ? read(next) : undefined;
      // Nothing is lost: the next turn awaits it, and where the write fails that fault is thrown and what was read ahead is dropped.
      reading?.catch(() => undefined);
      await this.#commit(logs, [blockOf(to, logs) ?? (await this.#header(to))], genesis);
    }
    while (next <= head.number) {
      const headers = await this.#headers(next, Math.min(head.number, next + Math.min(LINKED_AT_ONCE, range.blocks) - 1), head);
      const { to, logs } = await readLogs(reader, range, { from: next, to: next + headers.length - 1 }, pause);
      const read = headers.slice(0, to - next + 1);
      checkLinks(this.#state?.head, read);
      await this.#commit(await this.#complete(logs, read), read, genesis);
      next = to + 1;
    }
  }

  /** Logs must be of the very blocks whose headers were read; a block that may hold logs and showed none is asked by its hash. */
  async #complete(logs: readonly RegistryLog[], headers: readonly BlockHeader[]): Promise<readonly RegistryLog[]> {
    const all: RegistryLog[] = [];
    for (const header of headers) {
      const own = logs.filter((log) => log.block === header.number);
      if (own.some((log) => log.blockHash !== header.hash)) throw new Moved();
      const doubtful = own.length === 0 && header.bloom !== undefined && this.#mayHold(header.bloom);
      all.push(...(doubtful ? await this.#parts.reader.logs({ blockHash: header.hash }) : own));
    }
    return all;
  }

  async #commit(logs: readonly RegistryLog[], blocks: readonly TimedBlock[], genesis: string): Promise<void> {
    const { tenant, name, repository, finalityDepth, events } = this.#parts;
    const batch = await this.#withTimes(logs, blocks);
    const identities = new Set(batch.map((event) => event.identity));
    if (identities.size > 0) {
      const gap = findGap(batch, await this.#lastChanges.of(identities));
      if (gap !== undefined) await this.#mend(gap);
    }
    const before = this.#state;
    const last = blocks.at(-1);
    if (last === undefined) return;
    const keepFrom = last.number - finalityDepth;
    const known = blocks.map(({ number, hash }) => ({ number, hash }));
    if (!(await repository.append(tenant, name, { expected: before?.head, genesis, events: batch, blocks: known, keepFrom })))
      throw new Moved();
    const recent = [...(before?.recent ?? []), ...known].filter((block) => block.number >= keepFrom);
    this.#state = { head: { number: last.number, hash: last.hash }, recent, genesis, witnessed: before?.witnessed ?? -1 };
    this.#lastChanges.add(batch);
    if (identities.size > 0) events.changed(identities);
  }

  async #withTimes(logs: readonly RegistryLog[], headers: readonly TimedBlock[]): Promise<readonly EthrEvent[]> {
    const times = new Map(headers.map((header) => [header.number, header.time]));
    for (const log of logs) if (log.time !== undefined && !times.has(log.block)) times.set(log.block, log.time);
    const unknown = [...new Set(logs.map((log) => log.block))].filter((number) => !times.has(number));
    for (let start = 0; start < unknown.length; start += HEADERS_AT_ONCE) {
      const found = await Promise.all(unknown.slice(start, start + HEADERS_AT_ONCE).map((number) => this.#header(number)));
      for (const header of found) times.set(header.number, header.time);
    }
    return logs.map(({ block, logIndex, identity, kind, previous, data }) => ({
      block,
      logIndex,
      time: times.get(block) ?? 0,
      identity,
      kind,
      previous,
      data,
    }));
  }

  /** `changed(identity)` is kept by the registry itself: it tells of a change whose log the node never gave. */
  async #audit(identities: readonly string[]): Promise<void> {
    const { tenant, name, repository, reader } = this.#parts;
    const head = this.#state?.head;
    if (head === undefined || identities.length === 0) return;
    const last = await repository.lastChanges(tenant, name, identities);
    for (const identity of identities) {
      const known = last.get(identity) ?? 0;
      const named = await reader.changed(identity, head.number);
      if (named !== known) await this.#mend({ identity, known, named });
    }
  }

  /**
   * A hole in a history is a fault. If the node can show the missing change now, it only was not in its right mind before:
   * the store goes back to the hole and reads on from there. Always throws.
   */
  async #mend(gap: HistoryGap): Promise<never> {
    const { tenant, name, repository } = this.#parts;
    const state = this.#state;
    const stored = await repository.readState(tenant, name);
    if (stored?.head.hash !== state?.head.hash) throw new Moved();
    const shown = gap.named > gap.known && (await this.#shows(gap));
    if (!shown) throw inconsistent('the history of an identity has a gap: the node does not have a change that it names');
    if (state !== undefined && gap.named <= state.head.number) {
      const before = await this.#header(Math.max(0, gap.named - 1));
      await this.#rewind(state.head, { number: before.number, hash: before.hash });
    }
    throw new Moved();
  }

  /** A node that answers with an error does not show the change; one that does not answer is a fault of its own. */
  async #shows({ identity, named }: HistoryGap): Promise<boolean> {
    try {
      return (await this.#parts.reader.logs({ from: named, to: named, identity })).length > 0;
    } catch (cause) {
      if (cause instanceof RpcError) return false;
      throw cause;
    }
  }

  async #header(number: number): Promise<BlockHeader> {
    const header = await this.#parts.reader.block(number);
    if (header === undefined) throw unavailable('the node does not have a block it should have');
    return header;
  }

  async #headers(from: number, to: number, head: BlockHeader): Promise<readonly BlockHeader[]> {
    const headers: BlockHeader[] = [];
    for (let start = from; start <= to; start += HEADERS_AT_ONCE) {
      const numbers = Array.from({ length: Math.min(HEADERS_AT_ONCE, to - start + 1) }, (_, index) => start + index);
      headers.push(
        ...(await Promise.all(numbers.map((number) => (number === head.number ? Promise.resolve(head) : this.#header(number))))),
      );
    }
    return headers;
  }
}

type TimedBlock = Pick<BlockHeader, 'number' | 'hash' | 'time'>;

/** A block as its own log tells of it, which says no less than its header would: the next linked block must name this hash. */
function blockOf(number: number, logs: readonly RegistryLog[]): TimedBlock | undefined {
  const log = logs.at(-1);
  return log?.block === number && log.time !== undefined ? { number, hash: log.blockHash, time: log.time } : undefined;
}

/** Each block names its parent; where that is not so the chain was reorganised while it was read. */
function checkLinks(tip: EthrBlock | undefined, headers: readonly BlockHeader[]): void {
  let parent = tip;
  for (const header of headers) {
    if (parent !== undefined && parent.number === header.number - 1 && header.parentHash !== parent.hash) throw new Moved();
    parent = header;
  }
}
