import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { HELP } from './help.js';
import type { Io } from './io.js';

type Add = (program: Command, io: Io) => void;

/** Modules by the commands that they add to the table, in its order; help, completion and the README come from it. */
const GROUPS: readonly (readonly [names: readonly string[], load: () => Promise<Add>])[] = [
  [['id'], async () => (await import('./commands/id.js')).addIdCommands],
  [['register'], async () => (await import('./commands/register.js')).addRegisterCommands],
  [['application'], async () => (await import('./commands/application.js')).addApplicationCommands],
  [['offer'], async () => (await import('./commands/offer.js')).addOfferCommands],
  [['credential'], async () => (await import('./commands/credential.js')).addCredentialCommands],
  [['authority'], async () => (await import('./commands/authority.js')).addAuthorityCommands],
  [['audit'], async () => (await import('./commands/audit.js')).addAuditCommands],
  [['did'], async () => (await import('./commands/did.js')).addDidCommands],
  [['ledger'], async () => (await import('./commands/ledger.js')).addLedgerCommands],
  [['status'], async () => (await import('./commands/status.js')).addStatusCommand],
  [['wallet'], async () => (await import('./commands/wallet.js')).addWalletCommands],
  [['secret'], async () => (await import('./commands/secret.js')).addSecretCommands],
  [['config'], async () => (await import('./commands/config.js')).addConfigCommands],
  [['backup', 'restore'], async () => (await import('./commands/backup.js')).addBackupCommands],
  [['policy'], async () => (await import('./commands/policy.js')).addPolicyCommands],
  [['completion'], async () => (await import('./commands/completion.js')).addCompletionCommand],
];

/** It prints the whole table for a shell. */
const NEEDS_ALL = 'completion';

/**
 * The table of all commands, or of the one that a command line begins with: loading them all takes half a second of CPU, most of it for
 * libraries that few of them use. `outputError` is told what is wrong with a command line.
 */
export async function buildProgram(io: Io, outputError: (text: string) => void = io.err, first?: string): Promise<Command> {
  const program = new Command('gridpass')
    .description('decentralized identity for the energy field')
    .version(versionOf(), '--version', 'print the version')
    .helpCommand(false)
    .usage('<command> [options]')
    .configureHelp(HELP)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError })
    .addHelpText(
      'after',
      '\n`gridpass help <command>` tells all of a command. Exit codes: 0 yes or done, 1 no, 2 wrong use (nobody was asked), 3 it could not be told.',
    );
  const wanted = GROUPS.filter(([names]) => names.some((name) => name === first && name !== NEEDS_ALL));
  // One after the other, since they stand in the help in this order.
  for (const [, load] of wanted.length === 0 ? GROUPS : wanted) (await load())(program, io);
  inherit(program);
  return program;
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  return version;
}

/** Subcommands do not take these settings over by themselves when they are made by `command()` before them. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command).helpCommand(false);
    inherit(child);
  }
}
