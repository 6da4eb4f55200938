import { resolve } from 'node:path';
import type { Command } from 'commander';
import { askProgram, PROGRAMS } from '../adapters/program-main.js';
import { withExamples } from '../help.js';
import { AnswerIsNo } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, show } from '../output.js';
import type { OutputOptions } from '../output.js';

interface BackupOptions extends OutputOptions {
  readonly to: string;
  readonly passphraseFile: string;
}

interface RestoreOptions extends OutputOptions {
  readonly from: string;
  readonly passphraseFile: string;
  readonly log?: readonly string[];
  readonly checkpoint?: readonly string[];
  readonly withoutLog?: readonly string[];
  readonly dryRun?: boolean;
}

const PASSPHRASE = 'the file with the passphrase, 12 characters or more; keep it apart from the backup';
const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `gridpass backup` and `gridpass restore`: what a program keeps, in one sealed file. */
export function addBackupCommands(program: Command, io: Io): void {
  const backup = addOutputOptions(program.command('backup'))
    .description('write what a program keeps into one sealed file, while it runs or not')
    .argument('<program>', PROGRAMS.join(', '))
    .argument('<config>', 'its configuration as JSON')
    .requiredOption('--to <file>', 'where to write the backup; a file that is there is left alone')
    .requiredOption('--passphrase-file <file>', PASSPHRASE)
    .action((name: string, config: string, options: BackupOptions) => {
      const path = pathsIn(io);
      return tell(io, options, name, [
        ...['--config', path(config), '--backup', path(options.to)],
        ...['--passphrase-file', path(options.passphraseFile)],
      ]);
    });
  withExamples(backup, 'gridpass backup issuer issuer.json --to issuer.backup --passphrase-file backup.passphrase');
  const restore = addOutputOptions(program.command('restore'))
    .description('bring a backup into an empty installation; what the logs say since is brought in when the program starts')
    .argument('<program>', PROGRAMS.join(', '))
    .argument('<config>', 'its configuration as JSON: the keys, tenants and checkpoint directory of before, an empty database')
    .requiredOption('--from <file>', 'the backup')
    .requiredOption('--passphrase-file <file>', PASSPHRASE)
    .option('--log <file>', 'an export of a log, made since the backup (`audit export`); again for each log', many)
    .option('--checkpoint <file>', "a checkpoint from elsewhere, an auditor's say, which a log has to hold; again for each", many)
    .option('--without-log <tenant>', 'a log of which there is nothing newer than the backup: it goes on as the backup has it', many)
    .option('--dry-run', 'check backup, configuration and logs, and write nothing')
    .action((name: string, config: string, options: RestoreOptions) => {
      const path = pathsIn(io);
      const { log = [], checkpoint = [], withoutLog = [], dryRun } = options;
      return tell(io, options, name, [
        ...['--config', path(config), '--restore', path(options.from)],
        ...['--passphrase-file', path(options.passphraseFile)],
        ...log.flatMap((file) => ['--log', path(file)]),
        ...checkpoint.flatMap((file) => ['--checkpoint', path(file)]),
        ...withoutLog.flatMap((tenant) => ['--without-log', tenant]),
        ...(dryRun === true ? ['--dry-run'] : []),
      ]);
    });
  withExamples(
    restore,
    'gridpass restore issuer issuer.json --from issuer.backup --passphrase-file backup.passphrase --log dso.log --dry-run',
  );
}

const pathsIn =
  ({ directory }: Pick<Io, 'directory'>) =>
  (file: string): string =>
    resolve(directory, file);

async function tell(io: Io, options: OutputOptions, name: string, args: readonly string[]): Promise<void> {
  const { code, text } = await askProgram(name, args);
  show(io, options, {
    document: { ok: code === 0, program: name, says: text.trim().split('\n') },
    names: code === 0 ? [name] : [],
    people: () => (code === 0 ? io.out : io.err)(text),
  });
  if (code !== 0) throw new AnswerIsNo();
}
