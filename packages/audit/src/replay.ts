import { canonicalJson, isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { AuditRepository, Outcome, PublicJwk, TenantId } from '@gridpass/core';
import { createChangeCollector } from './logged-changes.js';
import type { LoggedChanges } from './logged-changes.js';
import { checkLogExport } from './check-export.js';
import { extensionOf } from './extension.js';
import { EMPTY_HEAD, leafHashOf } from './merkle.js';
import { sameHash } from './proofs.js';

const BATCH = 500;

/** What was brought in again, and what a database that was put back may have lost of the acts. */
export interface Replay extends LoggedChanges {
  /** Entries that the database did not have. */
  readonly added: number;
  readonly size: number;
}

interface ReplayParts {
  readonly repository: Pick<AuditRepository, 'readHead' | 'readEntries' | 'appendEntries'>;
  readonly tenant: TenantId;
  readonly publicJwk: PublicJwk;
  /** The checkpoint that the program kept; the export must hold it. */
  readonly kept: string | undefined;
  readonly before: (replay: Replay) => Promise<void>;
}

/**
 * Brings a log that was put back to an older day up to an export of it: `open` reads the export from its beginning each time it
 * is called. Everything is checked before the first entry is written: the export against key and kept checkpoint, the database
 * against the export. `before` is done then: where it throws, nothing is written. What is begun again after a crash goes on where it
 * ended, and two that do it at once bring each entry in once. Refuses LOG_INCONSISTENT.
 */
export async function replayExport(open: () => AsyncIterable<string>, parts: ReplayParts): Promise<Outcome<Replay>> {
  const { repository, tenant, publicJwk, kept, before } = parts;
  const changes = createChangeCollector();
  const checked = await checkLogExport(open(), {
    publicJwk,
    ...(kept === undefined ? {} : { checkpoints: [kept] }),
    onEntry: (_index, entry) => changes.add(entry),
  });
  if (!checked.ok) return checked;
  const have = ((await repository.readHead(tenant)) ?? EMPTY_HEAD).size;
  if (have > checked.value.size) return refuse('LOG_INCONSISTENT', 'audit', 'the export is shorter than the log in the database');
  const held = await holdAgainst(open(), { repository, tenant, from: 0, to: have });
  if (!held.ok) return held;
  const replay = { added: checked.value.size - have, size: checked.value.size, ...changes.changes() };
  await before(replay);
  for await (const batch of batchesOf(open(), have, checked.value.size)) await append(parts, batch);
  // Somebody else may have written meanwhile.
  const added = await holdAgainst(open(), { repository, tenant, from: have, to: checked.value.size });
  return added.ok ? ok(replay) : added;
}

/** Adds the entries of the batch that the log does not have yet. */
async function append({ repository, tenant }: Pick<ReplayParts, 'repository' | 'tenant'>, { from, entries }: Batch): Promise<void> {
  const leaves = entries.map((entry) => ({ entry, leaf: leafHashOf(entry) }));
  // INVARIANT: an entry is written at its own index. A replica that does the same may have written it, and some after it.
  await repository.appendEntries(tenant, (head = EMPTY_HEAD) => extensionOf(head.size < from ? [] : leaves.slice(head.size - from))(head));
}

/** LOG_INCONSISTENT where an entry of the database from `from` up to but without `to` is not that of the export. */
async function holdAgainst(
  lines: AsyncIterable<string>,
  { repository, tenant, from, to }: Pick<ReplayParts, 'repository' | 'tenant'> & { readonly from: number; readonly to: number },
): Promise<Outcome<true>> {
  for await (const batch of batchesOf(lines, from, to)) {
    const stored = await repository.readEntries(tenant, batch.from, batch.entries.length);
    const differs = batch.entries.findIndex((entry, i) => {
      const row = stored[i];
      return row === undefined || row.index !== batch.from + i || !sameHash(row.leaf, leafHashOf(entry));
    });
    if (differs >= 0) return refuse('LOG_INCONSISTENT', 'audit', `entry ${batch.from + differs} of the database is not that of the export`);
  }
  return ok(true);
}

interface Batch {
  readonly from: number;
  readonly entries: readonly string[];
}

/** The entries of a checked export from `from` up to but without `to`. */
async function* batchesOf(lines: AsyncIterable<string>, from: number, to: number): AsyncGenerator<Batch> {
  let batch: string[] = [];
  let next = 0;
  for await (const line of lines) {
    const json = line === '' ? undefined : parseJson(line);
    if (json?.ok !== true || !isJsonObject(json.value) || memberOf(json.value, 'type') !== 'entry') continue;
    const index = next;
    next += 1;
    if (index < from || index >= to) continue;
    batch.push(canonicalJson(memberOf(json.value, 'entry') ?? null));
    if (batch.length < BATCH && index + 1 < to) continue;
    yield { from: index + 1 - batch.length, entries: batch };
    batch = [];
  }
}
