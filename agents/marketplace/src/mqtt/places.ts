/** What connections may take. */
export interface PlaceLimits {
  /** Connections on which no key was proven yet; together with those of `maxClients` that are kept for proven ones. */
  readonly maxUnproven: number;
  readonly connectionsPerAddress: number;
  readonly connectionsPerKey: number;
}

/** One connection as far as places go. */
export interface Held {
  /** See `clientOf` of the gate's buckets. */
  readonly address: string;
  /** Ends the connection; its place is free when it leaves. */
  readonly end: () => void;
}

/** Who holds a place. */
export interface Places {
  /** Takes a place for a connection that has proven nothing; false when there is none for it. May end another one for it. */
  enter(held: Held): boolean;
  /**
   * A key was proven on the connection. What the same key holds under the same client id is ended, and beyond the bound of a
   * key its oldest: whoever proves a key may take over from it, and nobody else may, whatever id it gives itself.
   */
  prove(held: Held, proven: { readonly key: string; readonly clientId: string }): void;
  leave(held: Held): void;
}

/** How many addresses are remembered on which a key was proven. */
const KNOWN_ADDRESSES = 10_000;

/**
 * Makes the places of an intake. Those without proof are few and short; when they are full the oldest of the address that
 * has the most goes, so that a flood from one address ends itself, and addresses where a key was proven before are spared as long as
 * there are others: a device that comes back finds a place whoever else knocks.
 */
export function createPlaces(limits: PlaceLimits): Places {
  const unproven = new Set<Held>();
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

  /** Whom a newcomer takes the place of: never somebody whose address has fewer connections than its own. */
  function victimFor(address: string): Held | undefined {
    const spared = [...unproven].filter((held) => !known.has(held.address));
    const from = spared.length > 0 ? spared : known.has(address) ? [...unproven] : [];
    const counts = new Map<string, number>();
    for (const held of from) counts.set(held.address, (counts.get(held.address) ?? 0) + 1);
    const most = Math.max(0, ...counts.values());
    // A known newcomer comes before strangers; otherwise the one who has the most already gets no more.
    if (!(known.has(address) && spared.length > 0) && of(unproven, address) >= most) return undefined;
    return from.find((held) => counts.get(held.address) === most);
  }

  return {
    enter(held) {
      if (of(unproven, held.address) + of(proven.keys(), held.address) >= limits.connectionsPerAddress) return false;
      if (unproven.size >= limits.maxUnproven) {
        const victim = victimFor(held.address);
        if (victim === undefined) return false;
        end(victim);
      }
      unproven.add(held);
      return true;
    },
    prove(held, { key, clientId }) {
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
  };
}
