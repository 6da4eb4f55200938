import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { checkCheckpoint, checkLogExport, type Checkpoint } from '@gridpass/audit';
import { encodeBase64url, isJsonObject, memberOf, parseJson, sha256, textsOf } from '@gridpass/codec';
import { InputError, tenantId } from '@gridpass/core';
import type { JsonObject, TenantId } from '@gridpass/core';
import { createCheckpointFiles, directoryOf } from '../checkpoint-files.js';
import { exists, linesOf, readIfThere } from '../log-files.js';
import { ACCEPT, REPLAY } from '../open-log.js';
import { replaceWhole } from '../whole-file.js';
import type { BackedUpLog, Manifest } from './manifest.js';

/** The root of a log without entries (RFC 9162 2.1.1), as `accept-log` names it. */
const EMPTY_ROOT = encodeBase64url(sha256(new Uint8Array(0)));

/** What the operator knows of the time since the backup. */
export interface KnownSince {
  /** Exports of logs, made after the backup. */
  readonly logs: readonly string[];
  /** Checkpoints from elsewhere, such as an auditor's: a log has to hold what they state. */
  readonly checkpoints: readonly string[];
  /** Tenants of whose log there is nothing newer than the backup. */
  readonly withoutLog: readonly string[];
}

/** What becomes of one log. */
export type LogPlan =
  | { readonly kind: 'replay'; readonly log: BackedUpLog; readonly file: string; readonly size: number; readonly note: string }
  | { readonly kind: 'accept'; readonly log: BackedUpLog };

/** Acts that the start does again, or that name nothing that could be lost. */
const REDONE: ReadonlySet<string> = new Set(['revoke', 'take-over', 'suspend', 'resume', 'close', 'reject', 'withdraw']);

/**
 * Holds what is known since the backup against each of its logs, and changes nothing. `say` hears what the log tells of that cannot be done
 * again. InputError CONFLICT where nothing was said of a log, LOG_INCONSISTENT where an export is not that log or ends before what was signed.
 */
export async function planLogs(
  { logs, tenants }: Pick<Manifest, 'logs' | 'tenants'>,
  known: KnownSince,
  directory: string,
  say: (line: string) => void,
): Promise<readonly LogPlan[]> {
  await assertNoOtherLogs(tenants, logs, directory);
  const exports = new Map<string, string>();
  for (const file of known.logs) {
    const tenant = await tenantOfExport(file, logs);
    if (exports.has(tenant)) throw new InputError('REQUEST_MALFORMED', `${file}: there are two exports of the log of ${tenant}`);
    exports.set(tenant, file);
  }
  const checkpoints = await readCheckpoints(known.checkpoints, logs);
  const plans: LogPlan[] = [];
  for (const log of logs) {
    const file = exports.get(log.tenant);
    const without = known.withoutLog.includes(log.tenant);
    if ((file === undefined) === !without)
      throw new InputError(
        'CONFLICT',
        `the log of ${log.tenant} has ${log.size} entries in the backup: give an export that was made since with --log FILE, or, where there is none, --without-log ${log.tenant}`,
      );
    if (file === undefined) plans.push(await planAccepting(log, directory, say));
    else plans.push(await planReplay(log, file, { directory, checkpoints: checkpoints.get(log.tenant) ?? [], say }));
  }
  const strange = known.withoutLog.find((name) => !logs.some(({ tenant }) => tenant === name));
  if (strange !== undefined) throw new InputError('REQUEST_MALFORMED', `the backup has no log of ${strange}`);
  return plans;
}

/** Lays what is known where the next start finds it: that start brings the log up to it before anything is signed. Begun again, it ends the same. */
export async function layLogs(plans: readonly LogPlan[], directory: string): Promise<void> {
  const checkpoints = createCheckpointFiles(directory);
  for (const plan of plans) {
    const { tenant, size, rootHash } = plan.log;
    const place = directoryOf(directory, tenant);
    if (plan.kind === 'replay') {
      // INVARIANT: the export first. Once its checkpoint is kept, the log as the backup has it opens no more.
      await replaceWhole(join(place, REPLAY), createReadStream(plan.file));
      await checkpoints.keepCheckpoint(tenant, { size: plan.size, note: plan.note });
    } else {
      // Of the empty log as well: its checkpoint may be in the database, or a later one in the directory, and without a word it opens no more.
      await replaceWhole(join(place, ACCEPT), `${size} ${size === 0 ? EMPTY_ROOT : rootHash}\n`);
    }
  }
}

async function planReplay(
  log: BackedUpLog,
  file: string,
  {
    directory,
    checkpoints,
    say,
  }: { readonly directory: string; readonly checkpoints: readonly string[]; readonly say: (line: string) => void },
): Promise<LogPlan> {
  const { tenant, key, size, root, kept } = log;
  const onDisk = await readOwn(log, directory);
  let note = '';
  const checked = await checkLogExport(
    withLast(linesOf(file), (last) => (note = last)),
    {
      publicJwk: key,
      checkpoints: [...checkpoints, ...(kept === undefined ? [] : [kept]), ...(onDisk === undefined ? [] : [onDisk.note])],
      ...(root === undefined ? {} : { heads: [{ size, root }] }),
      onEntry: (index, entry) => {
        if (index >= size) tellLost(tenant, index, entry, say);
      },
    },
  );
  if (!checked.ok)
    throw new InputError(
      'LOG_INCONSISTENT',
      `${file}: ${checked.refusal.detail}; give the newest export, or take the log as the backup has it with --without-log ${tenant}`,
    );
  return { kind: 'replay', log, file, size: checked.value.size, note };
}

/** What the directory knows of the log; InputError CONFLICT where it is another log that it knows. */
async function readOwn({ tenant, key }: BackedUpLog, directory: string): Promise<(Checkpoint & { readonly note: string }) | undefined> {
  const last = await createCheckpointFiles(directory).readLast(tenant);
  if (last === undefined) return undefined;
  const read = checkCheckpoint(last.note, key);
  if (!read.ok || read.value.size !== last.size) throw ofAnother(directory, tenant);
  return { ...read.value, note: last.note };
}

/** A tenant whose log the backup does not have has none in the directory either: its start would make a new log beside the checkpoint of another. */
async function assertNoOtherLogs(tenants: readonly string[], logs: readonly BackedUpLog[], directory: string): Promise<void> {
  const without = tenants.filter((name) => logs.every(({ tenant }) => tenant !== name)).map((name) => tenantId(name));
  for (const tenant of without)
    if ((await createCheckpointFiles(directory).readLast(tenant)) !== undefined) throw ofAnother(directory, tenant);
}

const ofAnother = (directory: string, tenant: TenantId): InputError =>
  new InputError(
    'CONFLICT',
    `the checkpoint kept in ${directoryOf(directory, tenant)} is of another log than the backup's; name the directory that the program of the backup had as checkpointDirectory, or an empty one`,
  );

async function planAccepting(log: BackedUpLog, directory: string, say: (line: string) => void): Promise<LogPlan> {
  const onDisk = await readOwn(log, directory);
  if (onDisk?.size === log.size && encodeBase64url(onDisk.root) !== (log.size === 0 ? EMPTY_ROOT : log.rootHash))
    throw new InputError(
      'LOG_INCONSISTENT',
      `the checkpoint kept in ${directoryOf(directory, log.tenant)} states other entries than the backup: two installations signed for this log; find out which goes on, and name an empty directory as checkpointDirectory for it`,
    );
  if (onDisk !== undefined && onDisk.size > log.size)
    say(
      `log of ${log.tenant}: entries ${log.size} to ${onDisk.size - 1} were signed since the backup and are given up; what they say is not done again`,
    );
  return { kind: 'accept', log };
}

/** What an act since the backup was about: no rule does it again, and an operator has to see to it. */
function tellLost(tenant: TenantId, index: number, entry: JsonObject, say: (line: string) => void): void {
  const [action, evidence] = [memberOf(entry, 'action'), memberOf(entry, 'evidence')];
  if (memberOf(entry, 'kind') !== 'act' || typeof action !== 'string' || REDONE.has(action)) return;
  const names = evidence !== undefined && isJsonObject(evidence) ? namesIn(evidence) : [];
  say(`log of ${tenant}: entry ${index}, ${action}, is not brought back${names.length === 0 ? '' : `: ${names.join(', ')}`}`);
}

/** Ids and handles alone, which name no person. */
function namesIn(evidence: JsonObject): readonly string[] {
  return ['credential', 'credentials', 'application', 'applications', 'applicationId', 'offerId', 'did'].flatMap((name) => {
    const member = memberOf(evidence, name);
    return typeof member === 'string' ? [member] : (textsOf(member ?? null) ?? []);
  });
}

async function tenantOfExport(file: string, logs: readonly BackedUpLog[]): Promise<TenantId> {
  if (!(await exists(file))) throw new InputError('CONFIG_INVALID', `there is no export ${file}`);
  for await (const line of linesOf(file)) {
    const json = parseJson(line);
    const origin = json.ok && isJsonObject(json.value) ? memberOf(json.value, 'origin') : undefined;
    const log = logs.find(({ tenant }) => typeof origin === 'string' && origin.endsWith(`/${tenant}`));
    if (log !== undefined) return log.tenant;
    break;
  }
  throw new InputError(
    'CONFLICT',
    `${file} is no export of a log in the backup (${logs.map(({ tenant }) => tenant).join(', ') || 'it has none'})`,
  );
}

async function readCheckpoints(files: readonly string[], logs: readonly BackedUpLog[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const file of files) {
    const note = await readIfThere(file);
    const log = note === undefined ? undefined : logs.find(({ key }) => checkCheckpoint(note, key).ok);
    if (note === undefined || log === undefined)
      throw new InputError('LOG_INCONSISTENT', `${basename(file)} is no checkpoint that a log of the backup signed`);
    found.set(log.tenant, [...(found.get(log.tenant) ?? []), note]);
  }
  return found;
}

/** Lets lines pass and keeps the note of the last one. */
async function* withLast(lines: AsyncIterable<string>, keep: (note: string) => void): AsyncGenerator<string> {
  let last = '';
  for await (const line of lines) yield (last = line === '' ? last : line);
  const json = parseJson(last);
  const note = json.ok && isJsonObject(json.value) ? memberOf(json.value, 'note') : undefined;
  if (typeof note === 'string') keep(note);
}
