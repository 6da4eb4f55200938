import type { z } from 'zod';
import { InputError } from '@gridpass/core';
import type { ProgramSettings } from '../open-program.js';
import { makeBackup } from './make-backup.js';
import { tenantsOf, type Manifest } from './manifest.js';
import { readNamedFile } from '../text-file.js';
import { restoreBackup, type Restored } from './restore-backup.js';

/** The options of a program's main that make and restore backups; `gridpass backup` and `gridpass restore` give them. */
export const BACKUP_OPTIONS = {
  backup: { type: 'string' },
  restore: { type: 'string' },
  'passphrase-file': { type: 'string' },
  log: { type: 'string', multiple: true },
  checkpoint: { type: 'string', multiple: true },
  'without-log': { type: 'string', multiple: true },
  'dry-run': { type: 'boolean' },
} as const;

/** Those options as they were given. */
export interface BackupValues {
  readonly backup?: string;
  readonly restore?: string;
  readonly 'passphrase-file'?: string;
  readonly log?: readonly string[];
  readonly checkpoint?: readonly string[];
  readonly 'without-log'?: readonly string[];
  readonly 'dry-run'?: boolean;
}

/** A program that keeps something: its name in backups, its configuration, and what of that a backup needs. */
export interface BackedUpProgram<T> {
  readonly program: string;
  readonly schema: z.ZodType<T>;
  readonly settings: (config: T) => ProgramSettings;
}

/** Whether the command line asks for a backup or a restore, and not for a start. */
export const asksForBackup = ({ backup, restore }: BackupValues): boolean => backup !== undefined || restore !== undefined;

/** Does what the options ask for and says what was done, line by line. */
export async function runBackupCommand<T extends object>(
  config: T,
  { program, settings: settingsOf }: Pick<BackedUpProgram<T>, 'program' | 'settings'>,
  values: BackupValues,
  say: (line: string) => void,
): Promise<void> {
  const passphrase = readPassphrase(values['passphrase-file']);
  const settings = settingsOf(config);
  const owner = { program, tenants: tenantsOf(config) };
  if (values.backup !== undefined) {
    tellBackup(await makeBackup({ settings, owner, file: values.backup, passphrase }), values.backup, say);
    return;
  }
  const known = { logs: values.log ?? [], checkpoints: values.checkpoint ?? [], withoutLog: values['without-log'] ?? [] };
  const dryRun = values['dry-run'] === true;
  tellRestored(await restoreBackup({ settings, owner, file: values.restore ?? '', passphrase, known, dryRun, say }), dryRun, say);
}

function readPassphrase(file: string | undefined): string {
  if (file === undefined)
    throw new InputError('CONFIG_INVALID', '--passphrase-file names the file that holds the passphrase of the backup');
  return readNamedFile('the passphrase file', file).replace(/\r?\n$/, '');
}

const toDate = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace('.000', '');

function tellBackup({ program, tenants, takenAt, logs }: Manifest, file: string, say: (line: string) => void): void {
  say(`${file}: ${program} of ${tenants.join(', ')} as it was at ${toDate(takenAt)}`);
  for (const { tenant, size } of logs) say(`log of ${tenant}: ${size} entries`);
}

function tellRestored({ manifest, plans, loaded }: Restored, dryRun: boolean, say: (line: string) => void): void {
  const { program, tenants, takenAt } = manifest;
  for (const plan of plans) {
    const { tenant, size } = plan.log;
    if (plan.kind === 'accept') say(`log of ${tenant}: taken as the backup has it, ${size} entries, at the next start`);
    else say(`log of ${tenant}: ${plan.size - size} entries since the backup, brought in at the next start`);
  }
  if (loaded !== undefined)
    say(
      `${loaded.rows} rows in ${loaded.tables} tables; ${loaded.offersWithdrawn} open offers withdrawn; challenges, tokens and grants forgotten`,
    );
  const done = dryRun
    ? 'backup, configuration and logs fit together; nothing was written, and the database was not looked at'
    : 'restored; start it now';
  say(`${program} of ${tenants.join(', ')} as it was at ${toDate(takenAt)}: ${done}`);
}
