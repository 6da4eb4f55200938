import { createReadStream } from 'node:fs';
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { types } from 'node:util';
import type { AuditLog } from '@gridpass/audit';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { Fault, type Digest, type StatusRepository, type TenantId } from '@gridpass/core';
import { burnBits } from '@gridpass/status';
import { directoryOf } from './checkpoint-files.js';

/** What an operator lays beside the checkpoints before a start. Each is used once. */
const ACCEPT = 'accept-log';
const REPLAY = 'replay.ndjson';
const LOST = 'lost-changes.json';

interface Opening {
  readonly log: AuditLog;
  readonly tenant: TenantId;
  readonly directory: string;
  readonly status: Pick<StatusRepository, 'burnLists'>;
}

/**
 * Holds a log against its last checkpoint before anything is signed. Where an operator left an export, a log that was put
 * back to an older day is brought up to it first; where one says so, the log is taken as it stands. Either way no status
 * list goes on as the database has it: indices may have been given out that it does not know, and each such one reads as revoked.
 */
export async function openTenantLog({ log, tenant, directory, status }: Opening): Promise<void> {
  const place = directoryOf(directory, tenant);
  const [accept, replay] = [join(place, ACCEPT), join(place, REPLAY)];
  if (await exists(replay)) {
    const replayed = await log.replayLog(tenant, () => linesOf(replay));
    if (!replayed.ok)
      throw new Fault('AUDIT_UNAVAILABLE', `${replay} does not lead to the log that was signed: ${replayed.refusal.detail}`);
    await status.burnLists(tenant, burnBits);
    const { added: _added, size: _size, ...changes } = replayed.value;
    await writeFile(join(place, LOST), JSON.stringify(changes), { mode: 0o600, flush: true });
    await rename(replay, `${replay}.done`);
  }
  if (await exists(accept)) {
    const accepted = await log.acceptLog(tenant);
    if (!accepted.ok) throw new Fault('AUDIT_UNAVAILABLE', `the log of ${tenant} does not agree with itself: ${accepted.refusal.detail}`);
    await status.burnLists(tenant, burnBits);
    await rm(accept);
  }
  try {
    await log.openLog(tenant);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'AUDIT_UNAVAILABLE') throw error;
    const help = `To go on, lay an export of the log into ${replay}, or put its last checkpoint into ${place}, or, to take the log as it stands, make the file ${accept}.`;
    throw new Fault('AUDIT_UNAVAILABLE', `${error.message}. ${help}`, { cause: error });
  }
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
