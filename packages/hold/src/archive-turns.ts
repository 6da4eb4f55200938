import { ok, refuse } from '@gridpass/core';
import type { JsonObject, Outcome, TenantId } from '@gridpass/core';
import { assertNewPassphrase, checkPassphrase, openArchive, sealArchive } from './archive-seal.js';

interface ArchiveTurnsParts {
  readonly sealArchive: typeof sealArchive;
  readonly openArchive: typeof openArchive;
}

/** Seals and opens archives in turns. One for a process: the memory and the threads that a passphrase costs are the process'. */
export interface ArchiveTurns {
  /**
   * As `sealArchive`, whose InputError comes before the line; refuses RATE_LIMITED where the wallet has one under way, or where all who
   * wait were served longer ago. `content` is to throw the reason of its signal, between one reading and the next, once its place went to
   * another: RATE_LIMITED too.
   */
  seal(tenant: TenantId, content: (pushedOut: AbortSignal) => Promise<JsonObject>, passphrase: string): Promise<Outcome<string>>;
  /** As `openArchive`, and the same; ARCHIVE_INVALID before the line for a passphrase that no archive has. */
  open(tenant: TenantId, archive: string, passphrase: string): Promise<Outcome<JsonObject>>;
}

interface Place {
  readonly tenant: TenantId;
  /** There once it is ready. Told true when its turn has come, false when its place went to another. */
  begin?: (itsTurn: boolean) => void;
  /** Aborted when the place goes to another. */
  readonly out: AbortController;
}

/** How many wallets wait beside the one whose turn it is: about a second. */
const WAITING = 4;

/** Whether the reading ended because its place went to another, and for no reason of its own. */
const isPushedOut = ({ out: { signal } }: Pick<Place, 'out'>, error: unknown): boolean => signal.aborted && error === signal.reason;

const busy = (): Outcome<never> => refuse('RATE_LIMITED', 'archive', 'archives are sealed and opened one at a time');

/**
 * Each passphrase costs 64 MiB and a fifth of a second of one of four threads, on which files, names and signatures wait too: so one at a
 * time, a short line, and one place in it for each wallet.
 *
 * The wallet that was served longest ago comes first, and where the line is full it takes the place of the one that was served last. So
 * wallets that ask again and again share the turns, and keep no other wallet from its own.
 */
export function createArchiveTurns(seals: ArchiveTurnsParts = { sealArchive, openArchive }): ArchiveTurns {
  const underWay = new Set<TenantId>();
  const line: Place[] = [];
  /** When each wallet had its last turn, counted in turns. Wallets are few: they are configured. */
  const lastTurns = new Map<TenantId, number>();
  const lastTurnOf = ({ tenant }: Pick<Place, 'tenant'>): number => lastTurns.get(tenant) ?? 0;
  let turns = 0;
  let working = false;

  function leave(place: Place): void {
    const at = line.indexOf(place);
    if (at >= 0) line.splice(at, 1);
  }

  /** Undefined where the line is full of wallets that were served no later than this one. */
  function enter(tenant: TenantId): Place | undefined {
    const place: Place = { tenant, out: new AbortController() };
    if (line.length + (working ? 1 : 0) > WAITING) {
      const latest = line.reduce((later, other) => (lastTurnOf(other) >= lastTurnOf(later) ? other : later));
      if (lastTurnOf(latest) <= lastTurnOf(place)) return undefined;
      leave(latest);
      latest.out.abort();
      latest.begin?.(false);
    }
    line.push(place);
    return place;
  }

  function callNext(): void {
    const ready = line.filter(({ begin }) => begin !== undefined);
    const [first, ...others] = ready;
    if (working || first === undefined) return;
    const next = others.reduce((earlier, other) => (lastTurnOf(other) < lastTurnOf(earlier) ? other : earlier), first);
    leave(next);
    working = true;
    turns += 1;
    lastTurns.set(next.tenant, turns);
    next.begin?.(true);
  }

  const waitFor = (place: Place): Promise<boolean> =>
    new Promise((resolve) => {
      if (place.out.signal.aborted) return resolve(false);
      place.begin = resolve;
      callNext();
    });

  /** `read` comes before the turn: a store that hangs holds the place of its wallet, and nobody's turn. */
  async function inTurn<R, T>(
    tenant: TenantId,
    read: (pushedOut: AbortSignal) => Promise<R>,
    work: (read: R) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const place = underWay.has(tenant) ? undefined : enter(tenant);
    if (place === undefined) return busy();
    underWay.add(tenant);
    try {
      const content = await read(place.out.signal);
      if (!(await waitFor(place))) return busy();
      try {
        return await work(content);
      } finally {
        working = false;
        callNext();
      }
    } catch (error) {
      if (isPushedOut(place, error)) return busy();
      throw error;
    } finally {
      leave(place);
      underWay.delete(tenant);
    }
  }

  return {
    seal: async (tenant, content, passphrase) => {
      assertNewPassphrase(passphrase);
      return inTurn(tenant, content, async (read) => ok(await seals.sealArchive(read, passphrase)));
    },
    open: async (tenant, archive, passphrase) => {
      const possible = checkPassphrase(passphrase);
      if (!possible.ok) return possible;
      return inTurn(
        tenant,
        () => Promise.resolve(archive),
        (sealed) => seals.openArchive(sealed, passphrase),
      );
    },
  };
}
