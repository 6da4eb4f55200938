import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditLog, Replay } from '@gridpass/audit';
import { Fault, type StatusRepository, type TenantId } from '@gridpass/core';
import { burnBits } from '@gridpass/status';
import { directoryOf, GIVEN_UP } from './checkpoint-files.js';
import { exists, linesOf, readIfThere } from './log-files.js';
import { isDamaged, keepLostChanges } from './lost-changes.js';
import type { ProgramEvent } from './program-event.js';
import { hasCode } from './whole-file.js';

/** What an operator lays beside the checkpoints before a start. Each is used once. */
export const ACCEPT = 'accept-log';
export const REPLAY = 'replay.ndjson';

interface Opening {
  readonly log: AuditLog;
  readonly tenant: TenantId;
  readonly directory: string;
  readonly status: Pick<StatusRepository, 'oweBurn' | 'burnOwed' | 'burnLists'>;
  /** Hears one line of each thing that an operator asked for and that was done. */
  readonly tell: (event: ProgramEvent) => void;
}

/**
 * Holds a log against its last checkpoint before anything is signed. Where an operator left an export, a log that was put
 * back to an older day is brought up to it first; where one names it, a log that cannot be held against anything is taken as it
 * stands. Either way no status list goes on as the database has it: indices may have been given out that it does not know, and each
 * such one reads as revoked. Replicas may open a log at once: they write each entry once, and burn once for one export.
 */
export async function openTenantLog(opening: Opening): Promise<void> {
  const { log, tenant, directory } = opening;
  const place = directoryOf(directory, tenant);
  const [accept, replay] = [join(place, ACCEPT), join(place, REPLAY)];
  const replayed = (await exists(replay)) ? await replayFrom(replay, opening) : undefined;
  // INVARIANT: what is owed is burnt before the log is opened, whatever lies beside it by now: an operator may have taken the export away.
  const burnt = await burnOwed(opening);
  if (replayed !== undefined) await useUp(replay);
  tellDone(opening, replayed, burnt);
  try {
    await log.openLog(tenant);
    // INVARIANT: nothing stays armed. Left there, it would speak for whatever stands in the database when it is looked at next.
    await rm(accept, { force: true });
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const places = { accept, replay, place };
    const named = await readIfThere(accept);
    if (named === undefined) await openAgain(opening, places);
    else await takeAsItStands(named, opening, error, places);
  }
}

const isUnavailable = (error: unknown): error is Fault => error instanceof Fault && error.code === 'AUDIT_UNAVAILABLE';

/** A replica may have taken the log as it stands meanwhile: the checkpoint that it kept opens it. Without one it opens as little as before. */
async function openAgain(opening: Opening, places: Places): Promise<void> {
  try {
    await opening.log.openLog(opening.tenant);
  } catch (error) {
    throw isUnavailable(error) ? await withHelp(error, opening, places) : error;
  }
}

/** Undefined where another replica has used the export up meanwhile: what the database then has is held against the checkpoint as ever. */
async function replayFrom(replay: string, { log, tenant, directory, status }: Opening): Promise<Replay | undefined> {
  // INVARIANT: what is to be done again and what is to be burnt is written down before the first entry is. From the last entry on the log opens.
  const before = ({ added: _added, size, ...changes }: Replay): Promise<void> =>
    status.oweBurn(tenant, size, async (isOwed) => {
      // INVARIANT: not where the log is whole. Who made it so may have done the changes again, and an operator may have taken one back since.
      if (isOwed || (await isDamaged(directory, tenant))) await keepLostChanges(directory, tenant, changes);
    });
  try {
    const replayed = await log.replayLog(tenant, () => linesOf(replay), before);
    if (replayed.ok) return replayed.value;
    // Who used it up may have written more since.
    if (!(await exists(replay))) return undefined;
    throw new Fault('AUDIT_UNAVAILABLE', `${replay} does not lead to the log that was signed: ${replayed.refusal.detail}`);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || (await exists(replay))) throw error;
    return undefined;
  }
}

/** Puts the export aside once the log has all of it, and before the log gets one entry more: from then on it is the export of a shorter log. */
async function useUp(replay: string): Promise<void> {
  try {
    await rename(replay, `${replay}.done`);
  } catch (error) {
    // Another replica did.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function tellDone({ tenant, tell }: Opening, replayed: Replay | undefined, burnt: number | undefined): void {
  if (replayed === undefined && burnt === undefined) return;
  const log =
    replayed === undefined ? 'replayed before' : `${replayed.added} entries replayed, up to the checkpoint of ${replayed.size} entries`;
  const lists = burnt === undefined ? 'no status index left to burn' : `${burnt} status indices burnt`;
  tell({ kind: 'done', tenant, detail: `${log}; ${lists}` });
}

interface Places {
  readonly accept: string;
  readonly replay: string;
  readonly place: string;
}

/** Takes the log that the line names, and the file away. */
async function takeAsItStands(line: string, opening: Opening, cause: Fault, places: Places): Promise<void> {
  const { log, tenant, status, tell } = opening;
  const { accept } = places;
  const [, size = '', rootHash = ''] = /^(\d{1,15}) ([A-Za-z0-9_-]{43})\s*$/.exec(line) ?? [];
  if (size === '') throw await withHelp(new Fault('AUDIT_UNAVAILABLE', `${accept} names no log. ${cause.message}`), opening, places);
  let burnt = 0;
  // INVARIANT: lists are burnt before a checkpoint is kept. A log that has one opens, and nothing would burn them any more.
  const accepted = await log.acceptLog(tenant, { size: Number(size), rootHash }, async () => {
    burnt = await burnLists(status, tenant);
  });
  if (!accepted.ok) {
    // Who used it up may have written more since.
    if (!(await exists(accept))) return openAgain(opening, places);
    throw await withHelp(new Fault('AUDIT_UNAVAILABLE', `${accept}: ${accepted.refusal.detail}. ${cause.message}`), opening, places);
  }
  // Another replica may have used it up.
  await rm(accept, { force: true });
  tell({ kind: 'done', tenant, detail: `taken as it stands, ${size} entries; ${burnt} status indices burnt` });
}

/** How many indices read as revoked from now on because the database does not know them. */
async function burnLists(status: Opening['status'], tenant: TenantId): Promise<number> {
  const { burn, count } = countedBurn();
  await status.burnLists(tenant, burn);
  return count();
}

/** The same where a replay left it owed; undefined where nothing is. */
async function burnOwed({ status, tenant }: Pick<Opening, 'status' | 'tenant'>): Promise<number | undefined> {
  const { burn, count } = countedBurn();
  return (await status.burnOwed(tenant, burn)) ? count() : undefined;
}

function countedBurn(): { readonly burn: Parameters<StatusRepository['burnLists']>[1]; readonly count: () => number } {
  // By list: a transaction that is begun again burns a list again.
  const burnt = new Map<string, number>();
  return {
    burn: (list, known) => {
      if (list.kind !== 'suspension') burnt.set(list.listId, list.size - known.length);
      return burnBits(list, known);
    },
    count: () => [...burnt.values()].reduce((sum, count) => sum + count, 0),
  };
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
    : `lay an export of the log into ${replay}, or put its last checkpoint into ${place}: where another replica runs, name its checkpointDirectory here, or copy its newest .checkpoint file`;
  const help = `To go on, ${mending}${taking}.`;
  return new Fault('AUDIT_UNAVAILABLE', `${error.message}. ${help}`, { cause: error });
}
