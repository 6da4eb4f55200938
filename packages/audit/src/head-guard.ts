import { Fault } from '@gridpass/core';
import type { AuditHead, AuditNodePosition, AuditRepository, CheckpointKeeper, PublicJwk, TenantId } from '@gridpass/core';
import { checkCheckpoint, type Checkpoint } from './checkpoint.js';
import { EMPTY_HEAD, consistencySpans, nodesOf, rootOf } from './merkle.js';
import { sameHash, verifyConsistency } from './proofs.js';
import { findSplitView, toSplitViewEvidence } from './split-view.js';

type Head = Pick<AuditHead, 'size' | 'root'>;

interface GuardParts {
  readonly repository: Pick<AuditRepository, 'readHead' | 'readNodes' | 'listCheckpoints'>;
  readonly checkpoints: CheckpointKeeper;
  readonly publicJwk: PublicJwk;
}

/** Knows of each log the last head that was signed or receipted, from outside the database, and lets nothing else be signed. */
export interface HeadGuard {
  /** The head that everything to come must extend. Reads what is kept the first time; Fault AUDIT_UNAVAILABLE once the log is given up. */
  knownHead(tenant: TenantId): Promise<Head>;
  /** Throws Fault AUDIT_UNAVAILABLE, and gives the log up, unless `to` extends `from`. `to` is known from then on where it is larger. */
  assertExtends(tenant: TenantId, from: Head, to: Head, what?: string): Promise<void>;
  /** Keeps a signed checkpoint before it leaves; the note to hand out. */
  keep(tenant: TenantId, size: number, note: string): Promise<string>;
  /** Takes the head as it is as the one to extend: an operator's decision. */
  accept(tenant: TenantId, head: Head): void;
  /** The log was held against what is kept: from now on, giving it up is marked there. What was found before is found by each start. */
  opened(tenant: TenantId): void;
  /**
   * Nothing is signed or receipted any more for this log, by a process that starts later neither; the fault that says why. It has a cause
   * where that could not be marked. `marked` false is for what each start finds by itself, and an export mends.
   */
  giveUp(tenant: TenantId, reason: string, marked?: boolean): Promise<Fault>;
}

/** What is said with a log that was given up where its keeper could not write that down. */
export const NO_MARK = 'that could not be marked beside its checkpoints, and a restart forgets it until it is found again';

/** Creates the guard over one database. */
export function createHeadGuard({ repository, checkpoints, publicJwk }: GuardParts): HeadGuard {
  const known = new Map<TenantId, Head>();
  const kept = new Map<TenantId, number>();
  const givenUp = new Map<TenantId, Fault>();
  const opened = new Set<TenantId>();
  const giveUp = async (tenant: TenantId, reason: string, marked = true): Promise<Fault> => {
    const message = `the log of ${tenant} is given up: ${reason}`;
    const fault = new Fault('AUDIT_UNAVAILABLE', message);
    // INVARIANT: given up here before anything is waited for; nothing is signed while the mark is written.
    givenUp.set(tenant, fault);
    if (!marked || !opened.has(tenant)) return fault;
    try {
      await checkpoints.keepGivenUp(tenant, reason);
      return fault;
    } catch (cause) {
      const unmarked = new Fault('AUDIT_UNAVAILABLE', `${message}; ${NO_MARK}`, { cause });
      givenUp.set(tenant, unmarked);
      return unmarked;
    }
  };

  const readKept = async (tenant: TenantId): Promise<Head> => {
    const reason = await checkpoints.readGivenUp(tenant);
    // Read again each time: an operator may clear it.
    if (reason !== undefined) throw new Fault('AUDIT_UNAVAILABLE', `the log of ${tenant} was given up before this start: ${reason}`);
    const last = await checkpoints.readLast(tenant);
    if (last === undefined) {
      const { size } = (await repository.readHead(tenant)) ?? EMPTY_HEAD;
      if (size > 0 || (await repository.listCheckpoints(tenant, Number.MAX_SAFE_INTEGER)).length > 0)
        throw new Fault(
          'AUDIT_UNAVAILABLE',
          `the log of ${tenant} has ${size} entries and no checkpoint is kept that they could be held against`,
        );
      return EMPTY_HEAD;
    }
    const read = checkCheckpoint(last.note, publicJwk);
    if (!read.ok || read.value.size !== last.size || !isOf(tenant, read.value))
      throw new Fault('AUDIT_UNAVAILABLE', `the checkpoint kept for ${tenant} is not one of this log and its key`);
    kept.set(tenant, last.size);
    return read.value;
  };

  const isExtended = async (tenant: TenantId, from: Head, to: Head): Promise<boolean> => {
    if (from.size === 0) return true;
    if (from.size === to.size) return sameHash(from.root, to.root);
    const spans = consistencySpans(from.size, 0, to.size, true).map(nodesOf);
    const hashes = await readHashes(repository, tenant, spans.flat());
    if (hashes === undefined) return false;
    let at = 0;
    const proof = spans.map((nodes) => rootOf(hashes.slice(at, (at += nodes.length))));
    return verifyConsistency({ fromSize: from.size, fromRoot: from.root, toSize: to.size, toRoot: to.root, proof });
  };

  return {
    giveUp,
    opened: (tenant) => void opened.add(tenant),
    knownHead: async (tenant) => {
      const fault = givenUp.get(tenant);
      if (fault !== undefined) throw fault;
      const head = known.get(tenant) ?? (await readKept(tenant));
      // A caller beside this one may have gone on meanwhile.
      const now = known.get(tenant) ?? head;
      known.set(tenant, now);
      return now;
    },
    assertExtends: async (tenant, from, to, what = 'the last checkpoint') => {
      if (to.size < from.size)
        throw await giveUp(
          tenant,
          `it has ${to.size} entries and ${what} states ${from.size}; replay what is missing from an export`,
          // What a process receipted since the last checkpoint is known to it alone: a start would not miss it.
          from.size > (kept.get(tenant) ?? -1),
        );
      if (!(await isExtended(tenant, from, to)))
        throw await giveUp(tenant, `its ${to.size} entries are not those that ${what} of size ${from.size} was signed over`);
      // Where nothing is known yet, what is kept is still to be read.
      const before = known.get(tenant);
      if (before !== undefined && to.size > before.size) known.set(tenant, { size: to.size, root: to.root });
    },
    keep: async (tenant, size, note) => {
      if (size <= (kept.get(tenant) ?? -1)) return note;
      const first = await checkpoints.keepCheckpoint(tenant, { size, note });
      const split = findSplitView([first, note], publicJwk);
      if (split !== undefined) {
        await checkpoints.keepEvidence(tenant, size, toSplitViewEvidence(split, publicJwk));
        throw await giveUp(tenant, `two different logs of size ${size} were signed; the proof is kept beside the checkpoints`);
      }
      kept.set(tenant, Math.max(size, kept.get(tenant) ?? -1));
      return note;
    },
    accept: (tenant, { size, root }) => {
      givenUp.delete(tenant);
      opened.add(tenant);
      kept.delete(tenant);
      known.set(tenant, { size, root });
    },
  };
}

/** A log keeps its tenant when the program moves to another address. */
const isOf = (tenant: TenantId, { origin }: Checkpoint): boolean => origin.endsWith(`/${tenant}`);

async function readHashes(
  repository: Pick<AuditRepository, 'readNodes'>,
  tenant: TenantId,
  positions: readonly AuditNodePosition[],
): Promise<readonly Uint8Array[] | undefined> {
  const hashes = (await repository.readNodes(tenant, positions)).flatMap((hash) => (hash === undefined ? [] : [hash]));
  return hashes.length === positions.length ? hashes : undefined;
}
