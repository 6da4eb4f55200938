import process from 'node:process';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { describeConfig, readConfig, type ConfigKey } from '@gridpass/config';
import { InputError, isError } from '@gridpass/core';
import { asksForBackup, BACKUP_OPTIONS, runBackupCommand, type BackedUpProgram, type BackupValues } from './backup/command.js';
import { openAll, type Closers } from './closers.js';
import { checkConfiguredFiles } from './configured-files.js';
import { assertOwnPorts } from './own-ports.js';
import { runMain, type Running } from './run-main.js';
import { readTraceSettings } from './traces/settings.js';
import { hasCode } from './whole-file.js';

/**
 * The main of a program that is configured by a file: `--config FILE`, `--check-config` (reads it, the files that it names
 * and the variables of traces, says what is wrong and ends) and `--help` (lists every key with its variable). What `start` adds to the closers is closed in reverse order, at the
 * end and where the start itself fails: no lock, port or timer outlives it. A program that keeps something makes and restores backups of it
 * instead where `gridpass backup` and `gridpass restore` ask for that. `otherEnv` are GRIDPASS_ variables that something else reads.
 */
export async function startFromConfig<T extends object>(
  of: z.ZodType<T> | BackedUpProgram<T>,
  start: (config: T, closers: Closers) => Promise<Omit<Running, 'close'> | undefined>,
  otherEnv: readonly string[] = ['GRIDPASS_EIC_REGISTER'],
): Promise<void> {
  const backedUp = 'settings' in of ? of : undefined;
  const schema = 'settings' in of ? of.schema : of;
  const options = {
    config: { type: 'string' },
    'check-config': { type: 'boolean' },
    help: { type: 'boolean' },
    ...BACKUP_OPTIONS,
  } as const;
  const read = (): { readonly config: T; readonly checkOnly: boolean; readonly backup: BackupValues } | undefined => {
    const { values } = parse(() => parseArgs({ options, strict: true }));
    if (values.help === true) {
      outliveReader();
      for (const key of describeConfig(schema)) process.stdout.write(`${toHelp(key)}\n`);
      process.stdout.write('\nA path that does not begin with / is relative to the working directory.\n');
      return undefined;
    }
    const config = readConfig({
      schema,
      env: process.env,
      envPrefix: 'GRIDPASS_',
      otherEnv,
      ...(values.config === undefined ? {} : { file: values.config }),
    });
    return { config, checkOnly: values['check-config'] === true, backup: values };
  };
  await runMain(async () => {
    const asked = read();
    if (asked === undefined) return;
    assertOwnPorts(asked.config);
    checkConfiguredFiles(asked.config);
    readTraceSettings(process.env);
    if (asked.checkOnly) {
      outliveReader();
      process.stdout.write('the configuration is acceptable\n');
      return;
    }
    if (asksForBackup(asked.backup)) {
      if (backedUp === undefined) throw new InputError('CONFIG_INVALID', 'this program keeps nothing that could be backed up');
      outliveReader();
      await runBackupCommand(asked.config, backedUp, asked.backup, (line) => void process.stdout.write(`${line}\n`));
      return;
    }
    return openAll(async (closers) => (await start(asked.config, closers)) ?? {});
  });
}

/** A reader of an answer that went away (`--help | head`) is no error, and what is asked for is done to its end. For log lines it stays one. */
function outliveReader(): void {
  process.stdout.on('error', (error) => {
    if (!hasCode(error, 'EPIPE')) throw error;
  });
}

/** Two lines of `--help`: the key; its variable, whether it is needed, what it means and what counts without it. */
function toHelp({ key, env, inside, required, requiredWith, default: fallback, says, unit }: ConfigKey): string {
  const need = !required ? '' : requiredWith === undefined ? ', required' : `, required where ${requiredWith} is given`;
  const without = fallback === undefined ? '' : ` (default ${fallback}${unit === undefined ? '' : ` ${unit}`})`;
  return `${key}\n    ${inside ? 'in ' : ''}${env}${need}: ${says}${without === '' && unit !== undefined ? ` (${unit})` : without}`;
}

function parse<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new InputError('CONFIG_INVALID', isError(error) ? error.message : 'the command line is not acceptable', { cause: error });
  }
}
