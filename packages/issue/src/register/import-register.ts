import { setImmediate } from 'node:timers/promises';
import { canonicalJson, digestOf } from '@gridpass/codec';
import { Fault, InputError, ok, refuse } from '@gridpass/core';
import type {
  AuditPort,
  AuditRecord,
  Clock,
  Digest,
  JsonObject,
  Outcome,
  RefusalCode,
  RegisterCounts,
  RegisterEntry,
  RegisterRepository,
  RequestId,
  TenantId,
} from '@gridpass/core';
import { DEFAULT_REGISTER_LIMITS, readRegister } from './read-register.js';
import type { RegisterLimits } from './read-register.js';

/** A row that was not taken over: where it stands and why. */
export interface RejectedRow {
  readonly line: number;
  readonly code: RefusalCode;
  readonly detail: string;
}

/** How far an import has come. */
export interface RegisterProgress {
  readonly bytesRead: number;
  readonly rows: number;
  readonly rejected: number;
}

/** What an import did. `rejectedRows` lists the first ones up to a bound; `rejected` counts them all. */
export interface RegisterReport extends RegisterCounts {
  readonly rows: number;
  readonly rejected: number;
  readonly rejectedRows: readonly RejectedRow[];
  /** Entries that a whole register came without; 0 unless it was said to be whole. */
  readonly vanished: number;
  /** Entries that it came without and that are kept as they were, being more than may vanish unasked; 0 otherwise. */
  readonly missing: number;
}

export interface RegisterImport {
  readonly tenant: TenantId;
  /** The bytes of the register; read once, never held as a whole. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Who imports: the operator's name, for the audit log. */
  readonly operator: string;
  readonly requestId: RequestId;
  readonly onProgress?: (progress: RegisterProgress) => void;
  readonly limits?: RegisterLimits;
  /**
   * The kinds of which the file is the whole register: entries of these that it does not hold have vanished. A rejected row holds none. It is said
   * and not read off the file, where a single stray row of another kind would end all others of it.
   */
  readonly whole?: readonly RegisterEntry['kind'][];
  /** How many entries may vanish by it, where that is more than {@link MOST_VANISHED_PPM} of a kind. */
  readonly mayVanish?: number;
}

/** Of the entries of a kind, in millionths, those that may vanish without being confirmed, by one import or by several; one may always. */
const MOST_VANISHED_PPM = 100_000;
const BATCH = 500;
/** After so many rows other requests have their turn, whatever the rows hold. */
const ROWS_PER_TURN = 50;
const MAX_LISTED = 1_000;

type Ports = { readonly register: RegisterRepository; readonly audit: AuditPort; readonly clock: Clock };

/**
 * Imports a register in batches, each written whole or not at all. Importing the same file again changes nothing, so an
 * import that broke off is resumed by starting it again. Bad rows are reported and skipped. The act stands in the audit
 * log before and after, as finished, as incomplete with the code of {@link checkRetired}, or as failed with its own: a log with the
 * first record alone tells of a program that died over it.
 * Throws InputError REGISTER_UNREADABLE when the input is no register, or is said to be a whole one and no row of it was taken over.
 */
export async function importRegister(ports: Ports, request: RegisterImport): Promise<RegisterReport> {
  const { tenant, whole = [] } = request;
  const tally = new Tally(request.onProgress);
  await ports.audit.appendRecord(tenant, toAct(ports.clock, request, 'begun', {}));
  const report = await takeOver(ports, request, tally).catch(async (error: unknown): Promise<never> => {
    const code = error instanceof Fault || error instanceof InputError ? error.code : 'INTERNAL';
    const failed = { ...toAct(ports.clock, request, 'failed', countsOf(tally.report())), code };
    // What broke the import is what its caller must know; a log that is away too then shows `begun` alone, as where the program died.
    await ports.audit.appendRecord(tenant, failed).catch((unlogged: unknown) => {
      if (!(unlogged instanceof Fault)) throw unlogged;
    });
    throw error;
  });
  const { vanished, missing } = report;
  const counts = { ...countsOf(report), vanished, missing, ...(whole.length === 0 ? {} : { whole: [...whole] }) };
  const retired = checkRetired(report);
  const ended = retired.ok
    ? toAct(ports.clock, request, 'finished', counts)
    : { ...toAct(ports.clock, request, 'incomplete', counts), code: retired.refusal.code };
  await ports.audit.appendRecord(tenant, ended);
  return report;
}

/** Refuses CONFLICT, to the caller as in the log, where an import took over its rows and more entries are missing than it may retire. */
export function checkRetired({ missing }: Pick<RegisterReport, 'missing'>): Outcome<true> {
  if (missing === 0) return ok(true);
  return refuse(
    'CONFLICT',
    'register',
    `whole: ${String(missing)} entries are missing, too many to retire unasked; what vanished before and nobody confirmed is counted too. The rows of the file are taken over, and no more were retired: look at the file, or confirm with mayVanish=${String(missing)}`,
  );
}

async function takeOver(ports: Ports, request: RegisterImport, tally: Tally): Promise<RegisterReport> {
  const { tenant, whole: kinds = [], mayVanish: confirmed } = request;
  const begun = await ports.register.beginImport();
  let batch: { readonly entry: RegisterEntry; readonly digest: Digest }[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    tally.count(await ports.register.saveEntries(tenant, batch, { begun, at: ports.clock.now() }));
    batch = [];
  };
  for await (const { line, bytesRead, entry } of readRegister(request.input, request.limits ?? DEFAULT_REGISTER_LIMITS)) {
    const taken = tally.take(line, bytesRead, entry);
    if (taken !== undefined) {
      batch.push({ entry: taken, digest: digestOf(canonicalJson({ ...taken, code: { ...taken.code } })) });
    }
    if (batch.length === BATCH) await flush();
    if (tally.rows % ROWS_PER_TURN === 0) await setImmediate();
  }
  await flush();
  if (kinds.length > 0 && tally.taken === 0)
    throw new InputError(
      'REGISTER_UNREADABLE',
      'whole: no row of the file was taken over, so it is the whole register of nothing; look at its form',
    );
  // Only now: an upload that broke off says nothing about what it did not come to.
  const retired = await ports.register.retireUnseen(tenant, {
    kinds,
    begun,
    at: ports.clock.now(),
    mostPpm: MOST_VANISHED_PPM,
    ...(confirmed === undefined ? {} : { confirmed }),
  });
  const ended = retired.kind === 'retired' ? { vanished: retired.vanished, missing: 0 } : { vanished: 0, missing: retired.missing };
  return { ...tally.report(), ...ended };
}

function countsOf({ rows, added, updated, unchanged, rejected }: Omit<RegisterReport, 'vanished' | 'missing'>): JsonObject {
  return { rows, added, updated, unchanged, rejected };
}

function toAct(
  clock: Clock,
  request: RegisterImport,
  phase: 'begun' | 'finished' | 'incomplete' | 'failed',
  counts: JsonObject,
): AuditRecord {
  return {
    kind: 'act',
    requestId: request.requestId,
    at: clock.now(),
    action: 'import-register',
    reasons: [],
    actor: request.operator,
    evidence: { phase, ...counts },
  };
}

/** Counts rows, notices codes that come twice, and keeps the first rejected rows. */
class Tally {
  readonly #seen = new Map<string, number>();
  readonly #rejectedRows: RejectedRow[] = [];
  readonly #onProgress: ((progress: RegisterProgress) => void) | undefined;
  #rows = 0;
  #rejected = 0;
  #counts: RegisterCounts = { added: 0, updated: 0, unchanged: 0 };

  constructor(onProgress: ((progress: RegisterProgress) => void) | undefined) {
    this.#onProgress = onProgress;
  }

  /** The entry to be written, if the row is to be taken. Of rows with the same code the first counts: a later one may be a slip or an attack. */
  take(line: number, bytesRead: number, entry: Outcome<RegisterEntry>): RegisterEntry | undefined {
    this.#rows += 1;
    const judged = entry.ok ? this.#judgeTwin(line, entry.value) : entry;
    if (!judged.ok) {
      this.#rejected += 1;
      if (this.#rejectedRows.length < MAX_LISTED)
        this.#rejectedRows.push({ line, code: judged.refusal.code, detail: judged.refusal.detail });
    }
    this.#onProgress?.({ bytesRead, rows: this.#rows, rejected: this.#rejected });
    return judged.value;
  }

  get rows(): number {
    return this.#rows;
  }

  get taken(): number {
    return this.#rows - this.#rejected;
  }

  count(counts: RegisterCounts): void {
    const { added, updated, unchanged } = this.#counts;
    this.#counts = { added: added + counts.added, updated: updated + counts.updated, unchanged: unchanged + counts.unchanged };
  }

  report(): Omit<RegisterReport, 'vanished' | 'missing'> {
    return { rows: this.#rows, ...this.#counts, rejected: this.#rejected, rejectedRows: this.#rejectedRows };
  }

  #judgeTwin(line: number, entry: RegisterEntry): Outcome<RegisterEntry> {
    const first = this.#seen.get(entry.code.value);
    if (first !== undefined) return refuse('CODE_DUPLICATE', 'register', `the code stands in line ${first} already`);
    this.#seen.set(entry.code.value, line);
    return ok(entry);
  }
}
