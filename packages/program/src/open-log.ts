import { createReadStream } from 'node:fs';
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { types } from 'node:util';
import type { AuditLog } from '@gridpass/audit';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { Fault, type Digest, type StatusRepository, type TenantId } from '@gridpass/core';
import { burnBits } from '@gridpass/status';
import { directoryOf, GIVEN_UP } from './checkpoint-files.js';
import type { ProgramEvent } from './program-event.js';

/** What an operator lays beside the checkpoints before a start. Each is used once. */
const ACCEPT = 'accept-log';
const REPLAY = 'replay.ndjson';
const LOST = 'lost-changes.json';

interface Opening {
  readonly log: AuditLog;
  readonly tenant: TenantId;
  readonly directory: string;
  readonly status: Pick<StatusRepository, 'burnLists'>;
  /** Hears one line of each thing that an operator asked for and that was done. */
  readonly tell: (event: ProgramEvent) => void;
}

/**
 * Holds a log against its last checkpoint before anything is signed. Where an operator left an export, a log that was put
 * back to an older day is brought up to it first; where one names it, a log that cannot be held against anything is taken as it
 * stands. Either way no status list goes on as the database has it: indices may have been given out that it does not know, and each
 * such one reads as revoked.
 */
export async function openTenantLog(opening: Opening): Promise<void> {
  const { log, tenant, directory } = opening;
  const place = directoryOf(directory, tenant);
  const [accept, replay] = [join(place, ACCEPT), join(place, REPLAY)];
  if (await exists(replay)) await replayFrom(replay, join(place, LOST), opening);
  try {
    await log.openLog(tenant);
    // INVARIANT: nothing stays armed. Left there, it would speak for whatever stands in the database when it is looked at next.
    await rm(accept, { force: true });
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'AUDIT_UNAVAILABLE') throw error;
    if (!(await exists(accept))) throw await withHelp(error, opening, { accept, replay, place });
    await takeAsItStands(accept, opening, error, { accept, replay, place });
  }
}

async function replayFrom(replay: string, lost: string, { log, tenant, status, tell }: Opening): Promise<void> {
  const replayed = await log.replayLog(tenant, () => linesOf(replay));
  if (!replayed.ok) throw new Fault('AUDIT_UNAVAILABLE', `${replay} does not lead to the log that was signed: ${replayed.refusal.detail}`);
  // INVARIANT: the export lies there until the lists are burnt. Where that fails, the next start replays nothing and burns.
  const burnt = await burnLists(status, tenant);
  const { added, size, ...changes } = replayed.value;
  await writeFile(lost, JSON.stringify(changes), { mode: 0o600, flush: true });
  await rename(replay, `${replay}.done`);
  tell({
    kind: 'done',
    tenant,
    detail: `${added} entries replayed, up to the checkpoint of ${size} entries; ${burnt} status indices burnt`,
  });
}

interface Places {
  readonly accept: string;
  readonly replay: string;
  readonly place: string;
}

/** Takes the log that the file names, and the file away. */
async function takeAsItStands(file: string, opening: Opening, cause: Fault, places: Places): Promise<void> {
  const { log, tenant, status, tell } = opening;
  const [, size = '', rootHash = ''] = /^(\d{1,15}) ([A-Za-z0-9_-]{43})\s*$/.exec(await readFile(file, 'utf8')) ?? [];
  if (size === '') throw await withHelp(new Fault('AUDIT_UNAVAILABLE', `${file} names no log. ${cause.message}`), opening, places);
  let burnt = 0;
  // INVARIANT: lists are burnt before a checkpoint is kept. A log that has one opens, and nothing would burn them any more.
  const accepted = await log.acceptLog(tenant, { size: Number(size), rootHash }, async () => {
    burnt = await burnLists(status, tenant);
  });
  if (!accepted.ok)
    throw await withHelp(new Fault('AUDIT_UNAVAILABLE', `${file}: ${accepted.refusal.detail}. ${cause.message}`), opening, places);
  // Another replica may have used it up.
  await rm(file, { force: true });
  tell({ kind: 'done', tenant, detail: `taken as it stands, ${size} entries; ${burnt} status indices burnt` });
}

/** How many indices read as revoked from now on because the database does not know them. */
async function burnLists(status: Opening['status'], tenant: TenantId): Promise<number> {
  // By list: a transaction that is begun again burns a list again.
  const burnt = new Map<string, number>();
  await status.burnLists(tenant, (list, known) => {
    if (list.kind !== 'suspension') burnt.set(list.listId, list.size - known.length);
    return burnBits(list, known);
  });
  return [...burnt.values()].reduce((sum, count) => sum + count, 0);
}

/** The same fault with what an operator can do. The line that takes the log as it stands names the log, so that it takes no other. */
async function withHelp(error: Fault, { log, tenant }: Opening, { accept, replay, place }: Places): Promise<Fault> {
  const checked = await log.checkDatabase(tenant);
  const taking = checked.ok
    ? `, or, to take the log as it stands, write the line "${checked.value.size} ${checked.value.rootHash}" into the file ${accept}`
    : `; it cannot be taken as it stands, for it does not agree with itself: ${checked.refusal.detail}`;
  const mark = join(place, GIVEN_UP);
  const mending = (await exists(mark))
    ? `put right what it says and take the file ${mark} away`
    : `lay an export of the log into ${replay}, or put its last checkpoint into ${place}`;
  const help = `To go on, ${mending}${taking}.`;
  return new Fault('AUDIT_UNAVAILABLE', `${error.message}. ${help}`, { cause: error });
}

/** What the log knows of acts, and a database that was put back may not; see `LoggedChanges` of the log. */
export interface LostChanges {
  readonly revoked: readonly Digest[];
  readonly revokedCopies: readonly Digest[];
  readonly suspended: readonly Digest[];
  readonly held: readonly { readonly digest: Digest; readonly cause: string }[];
  readonly closed: readonly string[];
  readonly rejected: readonly string[];
  readonly withdrawn: readonly string[];
  /** To be called once they are done again. */
  done(): Promise<void>;
}

/** What a replay left to be done again for a tenant; undefined where there is nothing. */
export async function readLostChanges(directory: string, tenant: TenantId): Promise<LostChanges | undefined> {
  const file = join(directoryOf(directory, tenant), LOST);
  if (!(await exists(file))) return undefined;
  const json = parseJson(await readFile(file, 'utf8'));
  if (!json.ok || !isJsonObject(json.value)) throw new Fault('AUDIT_UNAVAILABLE', `${file} is damaged; lay the export there again`);
  const { value } = json;
  const list = (name: string): readonly unknown[] => {
    const found = memberOf(value, name);
    return Array.isArray(found) ? found : [];
  };
  const texts = (name: string): readonly string[] => list(name).filter((text): text is string => typeof text === 'string');
  const digests = (name: string): readonly Digest[] => list(name).filter((text): text is Digest => typeof text === 'string');
  return {
    revoked: digests('revoked'),
    revokedCopies: digests('revokedCopies'),
    suspended: digests('suspended'),
    held: list('held').filter(isHeld),
    closed: texts('closed'),
    rejected: texts('rejected'),
    withdrawn: texts('withdrawn'),
    done: () => rm(file),
  };
}

function isHeld(item: unknown): item is LostChanges['held'][number] {
  if (typeof item !== 'object' || item === null) return false;
  return 'digest' in item && typeof item.digest === 'string' && 'cause' in item && typeof item.cause === 'string';
}

async function* linesOf(file: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) yield line;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (types.isNativeError(error) && 'code' in error && error.code === 'ENOENT') return false;
    throw new Fault('AUDIT_UNAVAILABLE', `${file} cannot be read`, { cause: error });
  }
}
