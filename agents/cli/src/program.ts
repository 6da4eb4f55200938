import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addApplicationCommands } from './commands/application.js';
import { addAuditCommands } from './commands/audit.js';
import { addAuthorityCommands } from './commands/authority.js';
import { addBackupCommands } from './commands/backup.js';
import { addCompletionCommand } from './commands/completion.js';
import { addConfigCommands } from './commands/config.js';
import { addCredentialCommands } from './commands/credential.js';
import { addDidCommands } from './commands/did.js';
import { addIdCommands } from './commands/id.js';
import { addLedgerCommands } from './commands/ledger.js';
import { addOfferCommands } from './commands/offer.js';
import { addPolicyCommands } from './commands/policy.js';
import { addRegisterCommands } from './commands/register.js';
import { addSecretCommands } from './commands/secret.js';
import { addStatusCommand } from './commands/status.js';
import { addWalletCommands } from './commands/wallet.js';
import { HELP } from './help.js';
import type { Io } from './io.js';

/** Each adds commands to the table; help, completion and the README come from it. */
const GROUPS: readonly ((program: Command, io: Io) => void)[] = [
  addIdCommands,
  addRegisterCommands,
  addApplicationCommands,
  addOfferCommands,
  addCredentialCommands,
  addAuthorityCommands,
  addAuditCommands,
  addDidCommands,
  addLedgerCommands,
  addStatusCommand,
  addWalletCommands,
  addSecretCommands,
  addConfigCommands,
  addBackupCommands,
  addPolicyCommands,
  addCompletionCommand,
];

/** The table of all commands; `outputError` is told what is wrong with a command line. */
export function buildProgram(io: Io, outputError: (text: string) => void = io.err): Command {
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
  for (const add of GROUPS) add(program, io);
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
