import { Command, CommanderError } from 'commander';
import { Fault, InputError, isError } from '@gridpass/core';
import { addApplicationCommands } from './commands/application.js';
import { addOfferCommands } from './commands/offer.js';
import { addAuthorityCommands } from './commands/authority.js';
import { addAuditCommands } from './commands/audit.js';
import { addBackupCommands } from './commands/backup.js';
import { addConfigCommands } from './commands/config.js';
import { addCredentialCommands } from './commands/credential.js';
import { addDidCommands } from './commands/did.js';
import { addIdCommands } from './commands/id.js';
import { addLedgerCommands } from './commands/ledger.js';
import { addPolicyCommands } from './commands/policy.js';
import { addRegisterCommands } from './commands/register.js';
import { addSecretCommands } from './commands/secret.js';
import { addStatusCommand } from './commands/status.js';
import { addWalletCommands } from './commands/wallet.js';
import { AnswerIsNo, CommandError } from './io.js';
import type { Io } from './io.js';

/** Runs one command line and tells its exit code: 0 for yes and done, 1 for no and for errors, which are one line with a code. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const program = new Command('gridpass')
    .description('decentralized identity for the energy field')
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      outputError: (text, write) => write(`REQUEST_MALFORMED: ${text.replace(/^error: /u, '')}`),
    });
  addIdCommands(program, io);
  addRegisterCommands(program, io);
  addApplicationCommands(program, io);
  addOfferCommands(program, io);
  addCredentialCommands(program, io);
  addAuthorityCommands(program, io);
  addAuditCommands(program, io);
  addDidCommands(program, io);
  addLedgerCommands(program, io);
  addStatusCommand(program, io);
  addWalletCommands(program, io);
  addSecretCommands(program, io);
  addConfigCommands(program, io);
  addBackupCommands(program, io);
  addPolicyCommands(program, io);
  inherit(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    if (error instanceof AnswerIsNo) return error.exitCode;
    io.err(`${toLine(error)}\n`);
    return 1;
  }
}

/** Subcommands do not take these settings over by themselves when they are made by `command()` before them. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}

function toLine(error: unknown): string {
  if (error instanceof CommandError || error instanceof InputError || error instanceof Fault) return `${error.code}: ${error.message}`;
  return `INTERNAL: ${isError(error) ? error.message : 'something that is no error was thrown'}`;
}
