import type { Command } from 'commander';
import type { JsonObject } from '@gridpass/core';
import { AnswerIsNo, CommandError } from './io.js';
import type { Io } from './io.js';
import { show } from './output.js';
import type { OutputOptions } from './output.js';
import { toCell } from './print.js';

/** What every command has that cannot be undone. */
export interface FinalOptions extends OutputOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** What a command is about to do for good. */
export interface Plan {
  readonly does: string;
  /** What falls with it, a line each. */
  readonly falls: readonly string[];
  /** The same for programs. */
  readonly document: JsonObject;
}

/** Marks a command that cannot be undone. */
export function addFinalOptions(command: Command): Command {
  return command.option('--dry-run', 'show what would fall, and do nothing').option('--yes', 'do it unasked; it cannot be undone');
}

/**
 * Whether it shall be done: with `--yes` at once, with `--dry-run` never, else as the person at the terminal says. Where nobody can be asked,
 * a CommandError before anything is sent.
 */
export async function isMeant(io: Io, options: FinalOptions, what: string, plan: () => Promise<Plan>): Promise<boolean> {
  if (options.dryRun === true) {
    const told = await plan();
    show(io, options, {
      document: { dryRun: true, ...told.document },
      names: [],
      people: () => tell(io.out, told, 'would'),
    });
    return false;
  }
  if (options.yes === true) return true;
  if (io.ask === undefined)
    throw new CommandError('REQUEST_MALFORMED', `${what} cannot be undone: say --yes to do it, or --dry-run to see what would fall`);
  tell(io.err, await plan(), 'will');
  if (/^y(?:es)?$/iu.test((await io.ask('Go on? [y/N] ')).trim())) return true;
  io.err('nothing was done\n');
  throw new AnswerIsNo();
}

function tell(write: (text: string) => void, { does, falls }: Plan, verb: 'will' | 'would'): void {
  write(`${verb} ${toCell(does)}\n`);
  for (const line of falls) write(`  ${toCell(line)}\n`);
}
