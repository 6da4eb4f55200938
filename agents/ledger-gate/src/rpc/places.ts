import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';

/** Who asks the node: a name that a client cannot change by connecting again, and whether anybody knows whose it is. */
export interface RpcClient {
  readonly name: string;
  readonly stranger: boolean;
}

/** How much may be asked of the node at the same time, in gas. */
export interface PlaceLimits {
  /** Of one client address without a session. */
  readonly address: number;
  /** Of one holder, over all its sessions. */
  readonly holder: number;
  /** Of all strangers together: less than `together`, so that they never take the places of sessions. */
  readonly strangers: number;
  readonly together: number;
  /** How many calls of one client may wait for a place, and how long. */
  readonly waiting: number;
  readonly waitMs: number;
}

/** Gives a place up, once; more often does nothing. */
export type Leave = () => void;

/** The places at the node. */
export interface Places {
  /** The most that one client may have in flight: what costs more counts as this much, or it could never be asked. */
  shareOf(client: RpcClient): number;
  /**
   * Waits its turn for a place. Refuses RATE_LIMITED where too many of this client wait already, where its turn does not come in
   * time, and where `left` says that nobody waits for the answer any more.
   */
  enter(client: RpcClient, cost: number, left: AbortSignal): Promise<Outcome<Leave>>;
  /** The places that are taken, and how many wait for one. */
  count(): { readonly taken: number; readonly waiting: number };
}

interface Waiter {
  readonly client: RpcClient;
  readonly cost: number;
  readonly start: () => void;
}

/** So many times the bound of one client may wait of strangers in all, and as many of sessions. */
const CLIENTS_WAITING = 16;

/** Makes the places. In memory of this process and bounded: a name is kept as long as it has something in flight or waiting. */
export function createPlaces(limits: PlaceLimits): Places {
  const used = new Map<string, number>();
  const line = new Set<Waiter>();
  let strangers = 0;
  let together = 0;

  const shareOf = ({ stranger }: RpcClient): number => (stranger ? limits.address : limits.holder);
  const isFull = ({ stranger }: RpcClient, cost: number): boolean =>
    together + cost > limits.together || (stranger && strangers + cost > limits.strangers);
  const hasShare = (client: RpcClient, cost: number): boolean => (used.get(client.name) ?? 0) + cost <= shareOf(client);

  function move({ name, stranger }: RpcClient, cost: number): void {
    const sum = (used.get(name) ?? 0) + cost;
    if (sum > 0) used.set(name, sum);
    else used.delete(name);
    together += cost;
    if (stranger) strangers += cost;
  }

  function take(client: RpcClient, cost: number): Leave {
    move(client, cost);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      move(client, -cost);
      callNext();
    };
  }

  /**
   * In the order of arrival. Whoever has used up its own share is passed over; whoever waits for the share of all holds up the ones
   * behind, or small calls would keep a large one waiting for ever. Strangers never hold up sessions.
   */
  function callNext(): void {
    let strangersHeld = false;
    for (const waiter of line) {
      const { client, cost } = waiter;
      if (!hasShare(client, cost) || (client.stranger && strangersHeld)) continue;
      if (!isFull(client, cost)) waiter.start();
      else if (client.stranger) strangersHeld = true;
      else return;
    }
  }

  return {
    shareOf,
    count: () => ({ taken: together, waiting: line.size }),
    enter(client, asked, left) {
      const cost = Math.min(asked, shareOf(client));
      const busy = (detail: string): Outcome<never> => refuse('RATE_LIMITED', 'rpc', detail);
      if (left.aborted) return Promise.resolve(busy('nobody waits for the answer'));
      const ofKind = [...line].filter((other) => other.client.stranger === client.stranger);
      if (ofKind.length === 0 && hasShare(client, cost) && !isFull(client, cost)) return Promise.resolve(ok(take(client, cost)));
      const own = ofKind.filter((other) => other.client.name === client.name).length;
      if (own >= limits.waiting || ofKind.length >= limits.waiting * CLIENTS_WAITING)
        return Promise.resolve(busy('calls that wait for the node'));
      return new Promise((resolve) => {
        const end = (outcome: Outcome<Leave>): void => {
          clearTimeout(late);
          left.removeEventListener('abort', onLeft);
          line.delete(waiter);
          resolve(outcome);
        };
        const waiter: Waiter = { client, cost, start: () => end(ok(take(client, cost))) };
        const giveUp = (detail: string): void => {
          end(busy(detail));
          // It may have held up the ones behind.
          callNext();
        };
        const onLeft = (): void => giveUp('nobody waits for the answer');
        const late = setTimeout(() => giveUp('no place at the node in time'), limits.waitMs).unref();
        left.addEventListener('abort', onLeft);
        line.add(waiter);
        callNext();
      });
    },
  };
}
