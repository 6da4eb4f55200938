import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomToken } from '@gridpass/codec';
import { InputError, tenantId } from '@gridpass/core';
import type { Instant } from '@gridpass/core';
import { openStore, readRestoreMark, snapshotLines, type StoreSettings } from '@gridpass/store';
import { createCheckpointFiles } from '../checkpoint-files.js';
import type { ProgramSettings } from '../open-program.js';
import { systemClock } from '../system-clock.js';
import { writeBackupFile } from './backup-file.js';
import { checkWhole } from './check-whole.js';
import { askForSnapshot } from './live-snapshot.js';
import { CONTENT_VERSION, type Manifest, type Owner } from './manifest.js';

/** What a backup is made with. */
export interface BackupRequest {
  readonly settings: Pick<ProgramSettings, 'database' | 'checkpointDirectory' | 'clock'>;
  readonly owner: Owner;
  readonly file: string;
  readonly passphrase: string;
}

/**
 * Writes a program's database as it is at one moment, while the program runs or not, with the last checkpoint that was kept of each of
 * its logs, into one sealed file. Private keys stay wrapped as they lie. InputError CONFLICT where the file is there, or a restore is not through.
 */
export async function makeBackup({ settings, owner, file, passphrase }: BackupRequest): Promise<Manifest> {
  const takenAt = (settings.clock ?? systemClock).now();
  await writeBackupFile(file, allLines(settings, owner, takenAt), passphrase);
  // What was written is what can be read, to its end: a file of which that is not so is none.
  return checkWhole(file, passphrase).catch(async (error: unknown) => {
    await rm(file);
    throw error;
  });
}

async function* allLines(settings: BackupRequest['settings'], owner: Owner, takenAt: Instant): AsyncGenerator<string> {
  yield JSON.stringify({ kind: 'manifest', version: CONTENT_VERSION, backup: randomToken(16), ...owner, takenAt });
  // Before the rows: what is kept later may state more entries than the backup has.
  const checkpoints = createCheckpointFiles(settings.checkpointDirectory);
  for (const tenant of owner.tenants) {
    const last = await checkpoints.readLast(tenantId(tenant));
    if (last !== undefined) yield JSON.stringify({ kind: 'checkpoint', tenant, note: last.note });
  }
  yield* databaseLines(settings.database);
}

async function* databaseLines(database: StoreSettings): AsyncGenerator<string> {
  const directory = database.kind === 'pglite' && !('engine' in database) ? database.directory : undefined;
  if (database.kind === 'pglite' && directory === undefined) throw new InputError('CONFIG_INVALID', 'a database in memory has no backup');
  if (directory !== undefined && !existsSync(join(directory, 'pg')))
    throw new InputError('CONFIG_INVALID', `there is no database in ${directory}`);
  const live = directory === undefined ? undefined : await askForSnapshot(directory);
  if (live !== undefined) {
    yield* live;
    return;
  }
  const store = await openStore(database);
  try {
    if ((await readRestoreMark(store)) !== undefined)
      throw new InputError('CONFLICT', 'the database is half restored; finish `gridpass restore` first');
    yield* snapshotLines(store);
  } finally {
    await store.close();
  }
}
