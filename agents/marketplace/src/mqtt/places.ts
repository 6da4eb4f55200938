/** What connections may take. */
export interface PlaceLimits {
  /** All connections. */
  readonly maxClients: number;
  /** Connections on which no key was proven yet; the rest of `maxClients` is for proven ones. */
  readonly maxUnproven: number;
  readonly connectionsPerAddress: number;
  readonly connectionsPerKey: number;
}

/** One connection as far as places go. */
export interface Held {
  /** See `clientOf` of the gate's buckets. */
  readonly address: string;
  /** Ends the connection; its place is free at once. */
  readonly end: () => void;
}

/** Who holds a place. */
export interface Places {
  /** Takes a place for a connection that has proven nothing; false when there is none for it. May end another one for it. */
  enter(held: Held): boolean;
  /** It said CONNECT: those that have not said it go before it. */
  greet(held: Held): void;
  /**
   * A key was proven on the connection. What the same key holds under the same client id is ended, and beyond the bound of a
   * key its oldest: whoever proves a key may take over from it, and nobody else may, whatever id it gives itself.
   * A connection that holds no place, because it ended meanwhile, proves nothing.
   */
  prove(held: Held, proven: { readonly key: string; readonly clientId: string }): void;
  leave(held: Held): void;
  /** How many connections hold a place now. */
  count(): { readonly proven: number; readonly unproven: number };
}

/** How many addresses are remembered on which a key was proven. */
const KNOWN_ADDRESSES = 10_000;

/**
 * Makes the places of an intake. A connection that has proven nothing holds its place only until somebody else needs it: where an address
 * has all that it may have, its oldest one without proof goes, so that who shares an address with idle connections finds a place. Where
 * all are taken, the oldest of the address that has the most goes, so that a flood from one address ends itself, and addresses where a
 * key was proven before are spared as long as there are others. What a key was proven on is ended by its own key alone.
 */
export function createPlaces(limits: PlaceLimits): Places {
  /** In the order of their coming; true once they said CONNECT. */
  const unproven = new Map<Held, boolean>();
  const proven = new Map<Held, { readonly key: string; readonly clientId: string }>();
  const known = new Set<string>();

  function remember(address: string): void {
    known.delete(address);
    known.add(address);
    const [oldest] = known.size > KNOWN_ADDRESSES ? known : [];
    if (oldest !== undefined) known.delete(oldest);
  }

  const of = (connections: Iterable<Held>, address: string): number =>
    [...connections].reduce((count, held) => (held.address === address ? count + 1 : count), 0);

  function end(held: Held): void {
    unproven.delete(held);
    proven.delete(held);
    held.end();
  }

  /** The one without proof of an address that goes first: the oldest that has not said CONNECT, else the oldest. */
  function idlestOf(address: string): Held | undefined {
    const own = [...unproven].filter(([held]) => held.address === address);
    return (own.find(([, greeted]) => !greeted) ?? own[0])?.[0];
  }

  /** Whose place a newcomer takes: its own address' before that of one that has fewer connections. */
  function victimFor(address: string): Held | undefined {
    const all = [...unproven.keys()];
    const strangers = all.filter((held) => !known.has(held.address));
    const from = strangers.length > 0 ? strangers : known.has(address) ? all : [];
    const counts = new Map<string, number>();
    for (const held of from) counts.set(held.address, (counts.get(held.address) ?? 0) + 1);
    const most = Math.max(0, ...counts.values());
    // A known newcomer comes before strangers; otherwise the one who has the most already makes room for itself.
    const ownGoes = !(known.has(address) && strangers.length > 0) && of(all, address) >= most;
    const loser = ownGoes ? address : from.find((held) => counts.get(held.address) === most)?.address;
    return loser === undefined ? undefined : idlestOf(loser);
  }

  return {
    enter(held) {
      const { address } = held;
      const ofAddress = of(unproven.keys(), address) + of(proven.keys(), address);
      const isFull = unproven.size >= limits.maxUnproven || unproven.size + proven.size >= limits.maxClients;
      if (ofAddress >= limits.connectionsPerAddress || isFull) {
        const victim = ofAddress >= limits.connectionsPerAddress ? idlestOf(address) : victimFor(address);
        if (victim === undefined) return false;
        end(victim);
      }
      unproven.set(held, false);
      return true;
    },
    greet(held) {
      if (unproven.has(held)) unproven.set(held, true);
    },
    prove(held, { key, clientId }) {
      // INVARIANT: only what holds a place keeps one. A connection may end while its answer is looked at, and leaves but once.
      if (!unproven.has(held) && !proven.has(held)) return;
      remember(held.address);
      unproven.delete(held);
      proven.delete(held);
      const own = [...proven].filter(([, other]) => other.key === key);
      const replaced = own.filter(([, other]) => other.clientId === clientId);
      const left = own.filter(([, other]) => other.clientId !== clientId);
      const beyond = left.slice(0, Math.max(0, left.length + 1 - limits.connectionsPerKey));
      for (const [other] of [...replaced, ...beyond]) end(other);
      proven.set(held, { key, clientId });
    },
    leave(held) {
      unproven.delete(held);
      proven.delete(held);
    },
    count: () => ({ proven: proven.size, unproven: unproven.size }),
  };
}
