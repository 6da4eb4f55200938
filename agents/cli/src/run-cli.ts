import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { toShownText } from '@gridpass/codec';
import { Fault, InputError, isError } from '@gridpass/core';
import { EXIT, endingOf } from './exit.js';
import { commandOf, pathOf, referenceOf } from './help.js';
import { AnswerIsNo, CommandError } from './io.js';
import type { Io } from './io.js';
import { buildProgram } from './program.js';

/** Runs one command line and tells its exit code, as {@link EXIT} has them; errors are one line with a code on standard error. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  let wrong = '';
  const hear = (text: string): void => {
    wrong = text;
  };
  const program = await buildProgram(io, hear, args[0] === 'help' ? args[1] : args[0]);
  if (args[0] === 'help' && args[1] === '--all') {
    io.out(referenceOf(program));
    return EXIT.yes;
  }
  const line = toLine(program, args);
  try {
    await program.parseAsync([...line], { from: 'user' });
    return EXIT.yes;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.yes;
      if (wrong !== '') io.err(`${sayWrong(wrong, pathOf(commandOf(program, line)))}\n`);
      return EXIT.usage;
    }
    if (!(error instanceof AnswerIsNo)) io.err(`${sayError(error)}\n`);
    return EXIT[endingOf(error)];
  }
}

/** `help X` is `X --help`. Help of what is no command is an error, and not the help of what stands above it. */
function toLine(program: Command, args: readonly string[]): readonly string[] {
  const line = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
  const words = line.slice(0, Math.max(line.indexOf('--help'), 0));
  const command = commandOf(program, words);
  const known = pathOf(command).split(' ').length - 1;
  const isUnknown = command.commands.length > 0 && words[known] !== undefined && !words[known].startsWith('-');
  return isUnknown ? words : line;
}

/** What is wrong with a command line, on one line, and where to read what would be right. */
function sayWrong(text: string, path: string): string {
  const said = text
    .trim()
    .replace(/^error: /u, '')
    .split('\n')
    .map((part) => part.trim())
    .join(' ');
  return `REQUEST_MALFORMED: ${toShownText(said)}; see: ${path} --help`;
}

function sayError(error: unknown): string {
  if (error instanceof CommandError || error instanceof InputError || error instanceof Fault) return `${error.code}: ${error.message}`;
  return `INTERNAL: ${isError(error) ? error.message : 'something that is no error was thrown'}`;
}
