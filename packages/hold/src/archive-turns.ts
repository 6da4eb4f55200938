import { ok, refuse } from '@gridpass/core';
import type { JsonObject, Outcome, TenantId } from '@gridpass/core';
import { openArchive, sealArchive } from './archive-seal.js';

interface ArchiveTurnsParts {
  readonly sealArchive: typeof sealArchive;
  readonly openArchive: typeof openArchive;
}

/** Seals and opens archives in turns. One for a process: the memory and the threads that a passphrase costs are the process'. */
export interface ArchiveTurns {
  /** As `sealArchive`; refuses RATE_LIMITED where the wallet has one under way, or too many wait. */
  seal(tenant: TenantId, content: () => Promise<JsonObject>, passphrase: string): Promise<Outcome<string>>;
  /** As `openArchive`, and the same. */
  open(tenant: TenantId, archive: string, passphrase: string): Promise<Outcome<JsonObject>>;
}

/** How many wallets wait beside the one whose turn it is: about a second. */
const WAITING = 4;

/**
 * Each passphrase costs 64 MiB and a fifth of a second of one of four threads, on which files, names and signatures wait too: so one at a
 * time, a short line, and one place in it for each wallet.
 */
export function createArchiveTurns(seals: ArchiveTurnsParts = { sealArchive, openArchive }): ArchiveTurns {
  const inLine = new Set<TenantId>();
  let last: Promise<unknown> = Promise.resolve();

  /** `read` comes before the turn: a store that hangs holds the place of its wallet, and nobody's turn. */
  async function inTurn<R, T>(tenant: TenantId, read: () => Promise<R>, work: (read: R) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    if (inLine.has(tenant) || inLine.size > WAITING)
      return refuse('RATE_LIMITED', 'archive', 'archives are sealed and opened one at a time');
    inLine.add(tenant);
    try {
      const content = await read();
      const mine = last.then(() => work(content));
      // Whoever is next waits for the end of this one, not for its outcome, which is its caller's.
      last = Promise.allSettled([mine]);
      return await mine;
    } finally {
      inLine.delete(tenant);
    }
  }

  return {
    seal: (tenant, content, passphrase) => inTurn(tenant, content, async (read) => ok(await seals.sealArchive(read, passphrase))),
    open: (tenant, archive, passphrase) =>
      inTurn(
        tenant,
        () => Promise.resolve(archive),
        (sealed) => seals.openArchive(sealed, passphrase),
      ),
  };
}
