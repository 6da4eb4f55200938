import { encodeBase64url } from '@gridpass/codec';
import { Fault, InputError } from '@gridpass/core';
import type {
  AuditExtension,
  AuditPort,
  AuditReceipt,
  AuditRecord,
  AuditRepository,
  Digest,
  Outcome,
  Signer,
  TenantId,
} from '@gridpass/core';
import { createBatch } from './batch.js';
import { assertCheckpointKey, signCheckpoint } from './checkpoint.js';
import { checkDatabase } from './check-database.js';
import type { LogSummary } from './check-export.js';
import type { AuditEvidence } from './evidence.js';
import { exportLines } from './export.js';
import { CompactRange, EMPTY_HEAD, consistencySpans, inclusionSpans, leafHashOf, nodesOf, rootOf } from './merkle.js';
import { createPseudonyms } from './pseudonym.js';
import type { Pseudonyms } from './pseudonym.js';
import { toEntry } from './record.js';
import { withoutPersons } from './without-persons.js';

/** A Merkle log per tenant. */
export interface AuditLog extends AuditPort {
  /** The name a tenant's log signs under. */
  originOf(tenant: TenantId): string;
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
}

interface AuditLogParts {
  readonly repository: AuditRepository;
  /** An Ed25519 key, used for checkpoints only. */
  readonly signer: Signer;
  /** Name of this installation, e.g. `dso.example/audit`; the tenant is added to it. */
  readonly origin: string;
}

const MAX_BATCH = 1_000;

/** Creates the log. A receipt is given after the transaction that holds the record has committed, never before. */
export function createAuditLog({ repository, signer, origin }: AuditLogParts): AuditLog {
  assertCheckpointKey(signer, origin);
  const originOf = (tenant: TenantId): string => `${origin}/${tenant}`;
  const pseudonyms = createPseudonyms(repository);
  const writers = new Map<TenantId, (entry: string) => Promise<AuditReceipt>>();
  const writerOf = (tenant: TenantId): ((entry: string) => Promise<AuditReceipt>) => {
    const known = writers.get(tenant);
    if (known !== undefined) return known;
    const writer = createBatch<string, AuditReceipt>((entries) => appendBatch(repository, tenant, originOf(tenant), entries), MAX_BATCH);
    writers.set(tenant, writer);
    return writer;
  };
  const checkpoint = async (tenant: TenantId): Promise<string> => {
    const { size, root } = (await repository.readHead(tenant)) ?? EMPTY_HEAD;
    return (
      (await repository.readCheckpoint(tenant, size)) ??
      repository.storeCheckpoint(tenant, size, await signCheckpoint({ origin: originOf(tenant), size, root }, signer))
    );
  };
  const inclusionProof = async (tenant: TenantId, index: number, size: number): Promise<readonly Uint8Array[]> => {
    await assertSize(repository, tenant, size);
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new InputError('NOT_FOUND', 'there is no such entry in the log');
    return hashesOf(repository, tenant, inclusionSpans(index, 0, size));
  };
  return {
    originOf,
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
      return { index, entry: read.entry, proof: proof.map(encodeBase64url), checkpoint: note };
    },
    evidenceAt: async (tenant, index, size) => {
      const proof = await inclusionProof(tenant, index, size);
      const note = await repository.readCheckpoint(tenant, size);
      const [read] = await repository.readEntries(tenant, index, 1);
      if (note === undefined || read === undefined) throw new InputError('NOT_FOUND', 'there is no checkpoint of that size');
      return { index, entry: read.entry, proof: proof.map(encodeBase64url), checkpoint: note };
    },
    exportLog: (tenant) => exportLines({ repository, tenant, origin: originOf(tenant), publicJwk: signer.publicJwk, checkpoint }),
    checkDatabase: (tenant) => checkDatabase({ repository, tenant, origin: originOf(tenant), publicJwk: signer.publicJwk }),
  };
}

/** What cannot be named without naming a person is not written down, and so not done. */
async function withoutPersonsOrFault(tenant: TenantId, record: AuditRecord, pseudonyms: Pseudonyms): Promise<AuditRecord> {
  try {
    return await withoutPersons(tenant, record, pseudonyms);
  } catch (error) {
    throw new Fault('AUDIT_UNAVAILABLE', 'the record could not be written down', { cause: error });
  }
}

async function appendBatch(
  repository: AuditRepository,
  tenant: TenantId,
  origin: string,
  entries: readonly string[],
): Promise<readonly AuditReceipt[]> {
  // Hashed before the head is locked: other replicas wait for the chaining only.
  const leaves = entries.map((entry) => ({ entry, leaf: leafHashOf(entry) }));
  try {
    const { head, entries: written } = await repository.appendEntries(tenant, (before = EMPTY_HEAD) => {
      const range = new CompactRange(before);
      const nodes: AuditExtension['nodes'][number][] = [];
      const added = leaves.map(({ entry, leaf }) => {
        const index = range.size;
        range.append(leaf, (node) => nodes.push(node));
        return { index, leaf, entry };
      });
      return { head: range.head(), entries: added, nodes };
    });
    const rootHash = toDigest(head.root);
    return written.map(({ index, leaf }) => Object.freeze({ origin, index, leafHash: toDigest(leaf), treeSize: head.size, rootHash }));
  } catch (error) {
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
