import type { EthrEvent } from '@gridpass/core';

/** Something built for one DID of an identity, good for the seconds from `from` to `until`, both included. */
export interface Kept<V> {
  readonly identity: string;
  readonly from: number;
  readonly until: number;
  value: V;
}

/** Keeps what was built by DID, forgets the least recently read one when full, and all DIDs of an identity at once. */
export class DocumentCache<V> {
  readonly #entries = new Map<string, Kept<V>>();
  readonly #didsOf = new Map<string, Set<string>>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get(did: string, now: number): Kept<V> | undefined {
    const entry = this.#entries.get(did);
    if (entry === undefined || now < entry.from || now > entry.until) return undefined;
    // A Map keeps insertion order: to be read is to become the youngest.
    this.#entries.delete(did);
    this.#entries.set(did, entry);
    return entry;
  }

  set(did: string, entry: Kept<V>): void {
    this.#remove(did);
    if (this.#entries.size >= this.#maxEntries) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#remove(oldest.value);
    }
    this.#entries.set(did, entry);
    const dids = this.#didsOf.get(entry.identity);
    if (dids === undefined) this.#didsOf.set(entry.identity, new Set([did]));
    else dids.add(did);
  }

  forget(identities: Iterable<string>): void {
    for (const identity of identities) for (const did of [...(this.#didsOf.get(identity) ?? [])]) this.#remove(did);
  }

  clear(): void {
    this.#entries.clear();
    this.#didsOf.clear();
  }

  identities(): readonly string[] {
    return [...this.#didsOf.keys()];
  }

  #remove(did: string): void {
    const entry = this.#entries.get(did);
    if (entry === undefined) return;
    this.#entries.delete(did);
    const dids = this.#didsOf.get(entry.identity);
    dids?.delete(did);
    if (dids?.size === 0) this.#didsOf.delete(entry.identity);
  }
}

/** Keeps whole histories, bounded by the number of events in all of them. One that alone is too long is not kept. */
export class HistoryCache {
  readonly #histories = new Map<string, readonly EthrEvent[]>();
  readonly #maxEvents: number;
  #events = 0;

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  get(identity: string): readonly EthrEvent[] | undefined {
    const history = this.#histories.get(identity);
    if (history === undefined) return undefined;
    this.#histories.delete(identity);
    this.#histories.set(identity, history);
    return history;
  }

  set(identity: string, history: readonly EthrEvent[]): void {
    this.#remove(identity);
    if (weigh(history) > this.#maxEvents) return;
    this.#histories.set(identity, history);
    this.#events += weigh(history);
    for (const oldest of this.#histories.keys()) {
      if (this.#events <= this.#maxEvents) break;
      this.#remove(oldest);
    }
  }

  forget(identities: Iterable<string>): void {
    for (const identity of identities) this.#remove(identity);
  }

  clear(): void {
    this.#histories.clear();
    this.#events = 0;
  }

  #remove(identity: string): void {
    const history = this.#histories.get(identity);
    if (history === undefined) return;
    this.#histories.delete(identity);
    this.#events -= weigh(history);
  }
}

// An empty history takes room, too.
const weigh = (history: readonly EthrEvent[]): number => history.length + 1;
