import type { EthrEvent } from '@gridpass/core';

/** An identity whose history has a hole: its event names a change that is not there, or not the one that is there. */
export interface HistoryGap {
  readonly identity: string;
  /** The block of the last change known before. */
  readonly known: number;
  /** The block of the change the chain says came before. */
  readonly named: number;
}

/**
 * ERC-1056: each event names the block of the identity's change before it. Checks events in the order of the chain against
 * the last changes already known; undefined when nothing is missing.
 */
export function findGap(
  events: readonly Pick<EthrEvent, 'identity' | 'block' | 'previous'>[],
  lastChanges: ReadonlyMap<string, number>,
): HistoryGap | undefined {
  const last = new Map(lastChanges);
  for (const { identity, block, previous } of events) {
    const known = last.get(identity) ?? 0;
    if (previous !== known) return { identity, known, named: previous };
    last.set(identity, block);
  }
  return undefined;
}

/**
 * The last changes as of the stored head, for the check of the next batch: those of the identities seen lately are kept, the
 * others are read. INVARIANT: right while the store is where its one reader left it; `forget` wherever it may not be.
 */
export class LastChanges {
  readonly #read: (identities: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly #most: number;
  readonly #known = new Map<string, number>();
  /** Everything that is stored is known, so that who is not known has no change. */
  #whole = false;

  constructor(read: (identities: readonly string[]) => Promise<ReadonlyMap<string, number>>, most: number) {
    this.#read = read;
    this.#most = most;
  }

  /** `empty`: nothing is stored. */
  forget(empty = false): void {
    this.#known.clear();
    this.#whole = empty;
  }

  async of(identities: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
    const last = new Map<string, number>();
    const unknown: string[] = [];
    for (const identity of identities) {
      const block = this.#known.get(identity);
      if (block !== undefined) last.set(identity, block);
      else if (!this.#whole) unknown.push(identity);
    }
    if (unknown.length > 0) for (const [identity, block] of await this.#read(unknown)) last.set(identity, block);
    return last;
  }

  /** Events that are now stored, in the order of the chain. */
  add(events: readonly Pick<EthrEvent, 'identity' | 'block'>[]): void {
    for (const { identity, block } of events) {
      // To change is to become the youngest; the oldest is forgotten.
      this.#known.delete(identity);
      this.#known.set(identity, block);
    }
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#most) break;
      this.#known.delete(oldest);
      this.#whole = false;
    }
  }
}
