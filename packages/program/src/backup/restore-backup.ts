import { InputError } from '@gridpass/core';
import { endRestoreMark, loadSnapshot, openStore, prepareRestore, takeTurn, type Loaded, type Store } from '@gridpass/store';
import type { ProgramSettings } from '../open-program.js';
import { systemClock } from '../system-clock.js';
import { readBackupFile } from './backup-file.js';
import { checkWhole } from './check-whole.js';
import { readManifest, type Manifest, type Owner } from './manifest.js';
import { layLogs, planLogs, type KnownSince, type LogPlan } from './restored-logs.js';

/** What a backup is restored with. */
export interface RestoreRequest {
  readonly settings: Pick<ProgramSettings, 'database' | 'checkpointDirectory' | 'clock' | 'keks'>;
  readonly owner: Owner;
  readonly file: string;
  readonly passphrase: string;
  readonly known: KnownSince;
  /** Backup, configuration and logs are checked, and nothing is written; the database is not looked at. */
  readonly dryRun: boolean;
  /** Hears one line of each thing that cannot be brought back. */
  readonly say: (line: string) => void;
}

/** What was done. */
export interface Restored {
  readonly manifest: Manifest;
  readonly plans: readonly LogPlan[];
  /** Undefined where nothing was written, or an earlier run had brought the rows in. */
  readonly loaded?: Loaded;
}

/**
 * Restores a program into an empty installation: everything is held against the configuration and the logs first, then the rows come in at
 * once, and what is known since the backup is laid where the start brings the logs up to it. Begun again after a crash, it goes on; until it
 * is through, the program does not start. InputError ARCHIVE_INVALID, CONFLICT, CONFIG_INVALID or LOG_INCONSISTENT says what to do.
 */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const { settings, owner, file, passphrase, known, dryRun, say } = request;
  const manifest = await checkWhole(file, passphrase);
  assertOwn(manifest, owner, settings.keks);
  const plans = await planLogs(manifest, known, settings.checkpointDirectory, say);
  if (dryRun) return { manifest, plans };
  const store = await openStore(settings.database);
  try {
    // Two restores at once: the second waits, and finds a database that is not empty.
    return await takeTurn(store, async () => {
      const loaded = await load(store, request, manifest);
      await layLogs(plans, settings.checkpointDirectory);
      await endRestoreMark(store);
      return { manifest, plans, ...(loaded === undefined ? {} : { loaded }) };
    });
  } finally {
    await store.close();
  }
}

function assertOwn(manifest: Manifest, { program, tenants }: Owner, keks: RestoreRequest['settings']['keks']): void {
  if (manifest.program !== program)
    throw new InputError('CONFLICT', `the backup is one of the program ${manifest.program}, and the configuration is that of ${program}`);
  const differs = [...tenants, ...manifest.tenants].filter((name) => tenants.includes(name) !== manifest.tenants.includes(name));
  if (differs.length > 0)
    throw new InputError(
      'CONFLICT',
      `the backup is of the tenants ${manifest.tenants.join(', ')}, and the configuration of ${tenants.join(', ')}: restore with the tenants of the backup, and change them after`,
    );
  const missing = manifest.keyEncryptionKeys.filter((id) => !keks.some((kek) => kek.id === id));
  if (missing.length > 0)
    throw new InputError('CONFIG_INVALID', `keyEncryptionKeys lacks ${missing.join(', ')}, under which keys of the backup lie`);
}

async function load(store: Store, { settings, file, passphrase }: RestoreRequest, manifest: Manifest): Promise<Loaded | undefined> {
  if ((await prepareRestore(store, manifest.backup, manifest.migrations)) === 'logs') return undefined;
  const lines = readBackupFile(file, passphrase);
  const again = await readManifest(lines);
  if (again.backup !== manifest.backup) throw new InputError('CONFLICT', `${file} became another backup meanwhile`);
  return loadSnapshot(store, lines, (settings.clock ?? systemClock).now());
}
