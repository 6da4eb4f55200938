import { encodeBase64url } from '@gridpass/codec';
import { Fault, InputError, ok, refuse } from '@gridpass/core';
import type {
  AuditPort,
  AuditReceipt,
  AuditRecord,
  AuditHead,
  AuditRepository,
  CheckpointKeeper,
  Digest,
  Outcome,
  PublicJwk,
  Signer,
  TenantId,
} from '@gridpass/core';
import { createBatch } from './batch.js';
import { assertCheckpointKey, checkCheckpoint, signCheckpoint } from './checkpoint.js';
import { checkDatabase } from './check-database.js';
import { checkEntries, type Head } from './check-entries.js';
import type { LogSummary } from './check-export.js';
import { checkEvidence } from './evidence.js';
import type { AuditEvidence } from './evidence.js';
import { exportLines } from './export.js';
import { extensionOf } from './extension.js';
import { createHeadGuard, NO_MARK } from './head-guard.js';
import type { HeadGuard } from './head-guard.js';
import { EMPTY_HEAD, consistencySpans, inclusionSpans, leafHashOf, nodesOf, rootOf } from './merkle.js';
import { sameHash } from './proofs.js';
import { createPseudonyms } from './pseudonym.js';
import type { Pseudonyms } from './pseudonym.js';
import { toEntry } from './record.js';
import { replayExport } from './replay.js';
import type { Replay } from './replay.js';
import { findSplitView, toSplitViewEvidence } from './split-view.js';
import { withoutPersons } from './without-persons.js';

/** A Merkle log per tenant. */
export interface AuditLog extends AuditPort {
  /** The name a tenant's log signs under. */
  originOf(tenant: TenantId): string;
  /** Throws Fault AUDIT_UNAVAILABLE where nothing is receipted for the log any more; asks the database nothing once the log is open. */
  assertStands(tenant: TenantId): Promise<void>;
  /** A signed note over the log as it stands; the same note while nothing is appended. */
  checkpoint(tenant: TenantId): Promise<string>;
  /** Sibling hashes for entry `index` in the tree of `size`; RangeError outside the log. */
  inclusionProof(tenant: TenantId, index: number, size: number): Promise<readonly Uint8Array[]>;
  consistencyProof(tenant: TenantId, from: number, to: number): Promise<readonly Uint8Array[]>;
  readEntries(
    tenant: TenantId,
    from: number,
    count: number,
  ): Promise<readonly { readonly index: number; readonly leafHash: Digest; readonly entry: string }[]>;
  /** Everything that lets a third party check one entry offline. */
  evidenceOf(tenant: TenantId, index: number): Promise<AuditEvidence>;
  /** The same under the checkpoint of an earlier size, e.g. one that is anchored; InputError NOT_FOUND where none was signed for it. */
  evidenceAt(tenant: TenantId, index: number, size: number): Promise<AuditEvidence>;
  /** The whole log as NDJSON lines (each without its line end), closed by a checkpoint over all of it. */
  exportLog(tenant: TenantId): AsyncIterable<string>;
  /** Recomputes everything from the stored entries and compares: LOG_INCONSISTENT names the first disagreement. */
  checkDatabase(tenant: TenantId): Promise<Outcome<LogSummary>>;
  /**
   * To be called at start, before anything is signed: holds the log against the last checkpoint that was kept outside the database.
   * Fault AUDIT_UNAVAILABLE where it is shorter or another one, where it has entries and no checkpoint is kept, or where the entries
   * since that checkpoint are not those of its head. Those before it are for `checkEntries`: there may be millions.
   */
  openLog(tenant: TenantId): Promise<void>;
  /**
   * Holds every entry against the head that is known, in pages, beside whatever else is done; `goOn` is waited for after each page and
   * ends it with false. It is given the head of what was read, `from` which a check that was broken off goes on. Tells how many were
   * read. LOG_INCONSISTENT gives the log up: nothing is signed or receipted any more.
   */
  checkEntries(tenant: TenantId, goOn: (reached: Head) => Promise<boolean>, from?: Head): Promise<Outcome<number>>;
  /** Holds the log against a head from elsewhere, such as an anchored one. LOG_INCONSISTENT gives the log up: nothing is signed any more. */
  checkAgainst(tenant: TenantId, head: Pick<AuditHead, 'size' | 'root'>): Promise<Outcome<true>>;
  /**
   * An operator's decision: takes the log as the one to go on with, checked against itself and against what the operator says it
   * is. LOG_INCONSISTENT where it is another one by now: what was decided of one log decides nothing of another. `before` is done once
   * it is known to be that one and nothing of it is kept yet: where it throws, the log is as little taken as it was.
   */
  acceptLog(tenant: TenantId, named: Pick<LogSummary, 'size' | 'rootHash'>, before?: () => Promise<void>): Promise<Outcome<LogSummary>>;
  /**
   * Brings a log that was put back to an older day up to an export of it; `open` reads the export from its beginning. `before` is done
   * once all is checked and no entry is written yet: where it throws, none is. Replicas may do it at once: each entry is written once.
   */
  replayLog(tenant: TenantId, open: () => AsyncIterable<string>, before: (replay: Replay) => Promise<void>): Promise<Outcome<Replay>>;
}

interface AuditLogParts {
  readonly repository: AuditRepository;
  /** Where the last checkpoint of each log is kept, outside the database of `repository`. */
  readonly checkpoints: CheckpointKeeper;
  /** An Ed25519 key, used for checkpoints only. */
  readonly signer: Signer;
  /** Name of this installation, e.g. `dso.example/audit`; the tenant is added to it. */
  readonly origin: string;
}

const MAX_BATCH = 1_000;

/** Creates the log. A receipt is given after the transaction that holds the record has committed, never before. */
export function createAuditLog({ repository, checkpoints, signer, origin }: AuditLogParts): AuditLog {
  assertCheckpointKey(signer, origin);
  const originOf = (tenant: TenantId): string => `${origin}/${tenant}`;
  const { publicJwk } = signer;
  const guard = createHeadGuard({ repository, checkpoints, publicJwk });
  const pseudonyms = createPseudonyms(repository);
  const writers = new Map<TenantId, (entry: string) => Promise<AuditReceipt>>();
  const writerOf = (tenant: TenantId): ((entry: string) => Promise<AuditReceipt>) => {
    const known = writers.get(tenant);
    if (known !== undefined) return known;
    const writer = createBatch<string, AuditReceipt>(
      (entries) => appendBatch({ repository, guard, tenant, origin: originOf(tenant) }, entries),
      MAX_BATCH,
    );
    writers.set(tenant, writer);
    return writer;
  };
  const checkpoint = async (tenant: TenantId): Promise<string> => {
    // Known before the head is read: what others append meanwhile only adds to it.
    const before = await guard.knownHead(tenant);
    const head = (await repository.readHead(tenant)) ?? EMPTY_HEAD;
    await guard.assertExtends(tenant, before, head);
    const { size, root } = head;
    const stored = await repository.readCheckpoint(tenant, size);
    const usable = stored === undefined ? undefined : await assertStored(stored, { tenant, size, root });
    const note = await guard.keep(tenant, size, usable ?? (await signCheckpoint({ origin: originOf(tenant), size, root }, signer)));
    return stored === undefined ? repository.storeCheckpoint(tenant, size, note) : note;
  };
  /** The stored note where it is of this head and this address. One of another head is a split view, or not ours. */
  const assertStored = async (
    stored: string,
    { tenant, size, root }: { readonly tenant: TenantId } & Pick<AuditHead, 'size' | 'root'>,
  ): Promise<string | undefined> => {
    const read = checkCheckpoint(stored, publicJwk);
    if (read.ok && read.value.size === size && sameHash(read.value.root, root))
      return read.value.origin === originOf(tenant) ? stored : undefined;
    const split = read.ok
      ? findSplitView([stored, await signCheckpoint({ origin: read.value.origin, size, root }, signer)], publicJwk)
      : undefined;
    if (split !== undefined) await checkpoints.keepEvidence(tenant, size, toSplitViewEvidence(split, publicJwk));
    throw await guard.giveUp(tenant, `the checkpoint stored for its size ${size} is of another log`);
  };
  const inclusionProof = async (tenant: TenantId, index: number, size: number): Promise<readonly Uint8Array[]> => {
    await assertSize(repository, tenant, size);
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new InputError('NOT_FOUND', 'there is no such entry in the log');
    return hashesOf(repository, tenant, inclusionSpans(index, 0, size));
  };
  return {
    originOf,
    assertStands: async (tenant) => void (await guard.knownHead(tenant)),
    appendRecord: async (tenant: TenantId, record: AuditRecord) =>
      writerOf(tenant)(toEntry(await withoutPersonsOrFault(tenant, record, pseudonyms))),
    checkpoint,
    inclusionProof,
    consistencyProof: async (tenant, from, to) => {
      await assertSize(repository, tenant, to);
      if (!Number.isSafeInteger(from) || from < 1 || from > to) throw new InputError('NOT_FOUND', 'there is no such size of the log');
      return hashesOf(repository, tenant, consistencySpans(from, 0, to, true));
    },
    readEntries: async (tenant, from, count) =>
      (await repository.readEntries(tenant, from, count)).map(({ index, leaf, entry }) => ({ index, leafHash: toDigest(leaf), entry })),
    evidenceOf: async (tenant, index) => {
      const { size } = (await repository.readHead(tenant)) ?? EMPTY_HEAD;
      const [read] = await repository.readEntries(tenant, index, 1);
      if (read === undefined || index >= size) throw new InputError('NOT_FOUND', 'there is no such entry in the log');
      const note = await checkpoint(tenant);
      // The log may have grown meanwhile: the proof is made for the size the note states.
      const proof = await inclusionProof(tenant, index, Number(note.split('\n')[1]));
      return assertEvidence({ index, entry: read.entry, proof: proof.map(encodeBase64url), checkpoint: note }, publicJwk);
    },
    evidenceAt: async (tenant, index, size) => {
      const proof = await inclusionProof(tenant, index, size);
      const note = await repository.readCheckpoint(tenant, size);
      const [read] = await repository.readEntries(tenant, index, 1);
      if (note === undefined || read === undefined) throw new InputError('NOT_FOUND', 'there is no checkpoint of that size');
      return assertEvidence({ index, entry: read.entry, proof: proof.map(encodeBase64url), checkpoint: note }, publicJwk);
    },
    exportLog: (tenant) => exportLines({ repository, tenant, origin: originOf(tenant), publicJwk, checkpoint }),
    checkDatabase: (tenant) => checkDatabase({ repository, tenant, origin: originOf(tenant), publicJwk }),
    openLog: async (tenant) => {
      const from = await guard.knownHead(tenant);
      const to = (await repository.readHead(tenant)) ?? EMPTY_HEAD;
      await guard.assertExtends(tenant, from, to);
      const checked = await checkEntries({ repository, tenant, from, to });
      if (!checked.ok) throw await guard.giveUp(tenant, checked.refusal.detail);
      // Kept also of the empty log: a replica that starts beside this one must not take it for one whose checkpoint is lost.
      await checkpoint(tenant);
      guard.opened(tenant);
    },
    checkEntries: async (tenant, goOn, from = EMPTY_HEAD) => {
      const to = await guard.knownHead(tenant);
      const checked = await checkEntries({ repository, tenant, from, to, goOn });
      if (checked.ok) return checked;
      const { cause } = await guard.giveUp(tenant, checked.refusal.detail);
      return cause === undefined ? checked : refuse('LOG_INCONSISTENT', 'audit', `${checked.refusal.detail}; ${NO_MARK}`);
    },
    checkAgainst: async (tenant, head) => {
      // Read after the anchor was: a log only grows.
      const now = (await repository.readHead(tenant)) ?? EMPTY_HEAD;
      try {
        await guard.assertExtends(tenant, head, now, 'the anchor');
        return ok(true);
      } catch (error) {
        if (error instanceof Fault && error.code === 'AUDIT_UNAVAILABLE') return refuse('LOG_INCONSISTENT', 'audit', error.message);
        throw error;
      }
    },
    acceptLog: async (tenant, named, before) => {
      const head = (await repository.readHead(tenant)) ?? EMPTY_HEAD;
      const checked = await checkDatabase({ repository, tenant, origin: originOf(tenant), publicJwk });
      if (!checked.ok) return checked;
      const { size, rootHash } = checked.value;
      if (size !== named.size || rootHash !== named.rootHash)
        return refuse('LOG_INCONSISTENT', 'audit', `it has ${size} entries and the root ${rootHash}: not the log that was named`);
      await before?.();
      await checkpoints.setAside(tenant);
      guard.accept(tenant, head);
      await checkpoint(tenant);
      return checked;
    },
    replayLog: async (tenant, open, before) => {
      const kept = await checkpoints.readLast(tenant);
      return replayExport(open, { repository, tenant, publicJwk, kept: kept?.note, before });
    },
  };
}

/** Evidence that would convince nobody is a fault of this log, not given out. */
function assertEvidence(evidence: AuditEvidence, publicJwk: PublicJwk): AuditEvidence {
  const checked = checkEvidence(evidence, { publicJwk });
  if (!checked.ok)
    throw new Fault('AUDIT_UNAVAILABLE', `entry ${evidence.index} is not the one that was written: ${checked.refusal.detail}`);
  return evidence;
}

interface Appending {
  readonly repository: AuditRepository;
  readonly guard: HeadGuard;
  readonly tenant: TenantId;
  readonly origin: string;
}

/** What cannot be named without naming a person is not written down, and so not done. */
async function withoutPersonsOrFault(tenant: TenantId, record: AuditRecord, pseudonyms: Pseudonyms): Promise<AuditRecord> {
  try {
    return await withoutPersons(tenant, record, pseudonyms);
  } catch (error) {
    throw new Fault('AUDIT_UNAVAILABLE', 'the record could not be written down', { cause: error });
  }
}

async function appendBatch({ repository, guard, tenant, origin }: Appending, entries: readonly string[]): Promise<readonly AuditReceipt[]> {
  // Hashed before the head is locked: other replicas wait for the chaining only.
  const leaves = entries.map((entry) => ({ entry, leaf: leafHashOf(entry) }));
  try {
    const known = await guard.knownHead(tenant);
    let base: AuditHead = EMPTY_HEAD;
    const extend = extensionOf(leaves);
    const { head, entries: written } = await repository.appendEntries(tenant, (before = EMPTY_HEAD) => {
      base = before;
      return extend(before);
    });
    // A receipt speaks for the whole tree: none is given for one that is not built on what was signed and receipted before.
    await guard.assertExtends(tenant, known, { size: base.size, root: rootOf(base.range) });
    await guard.assertExtends(tenant, head, head);
    const rootHash = toDigest(head.root);
    return written.map(({ index, leaf }) => Object.freeze({ origin, index, leafHash: toDigest(leaf), treeSize: head.size, rootHash }));
  } catch (error) {
    if (error instanceof Fault && error.code === 'AUDIT_UNAVAILABLE') throw error;
    throw new Fault('AUDIT_UNAVAILABLE', 'the record could not be written down', { cause: error });
  }
}

async function assertSize(repository: AuditRepository, tenant: TenantId, size: number): Promise<void> {
  const head = (await repository.readHead(tenant)) ?? EMPTY_HEAD;
  if (!Number.isSafeInteger(size) || size < 0 || size > head.size) throw new InputError('NOT_FOUND', 'the log does not have this size yet');
}

async function hashesOf(
  repository: AuditRepository,
  tenant: TenantId,
  spans: ReturnType<typeof inclusionSpans>,
): Promise<readonly Uint8Array[]> {
  const positions = spans.map(nodesOf);
  const hashes = (await repository.readNodes(tenant, positions.flat())).map((hash) => {
    if (hash === undefined) throw new Fault('INTERNAL', 'a node of the audit log is missing; run its database check');
    return hash;
  });
  let at = 0;
  return positions.map((nodes) => rootOf(hashes.slice(at, (at += nodes.length))));
}

const toDigest = (hash: Uint8Array): Digest => encodeBase64url(hash) as Digest;
