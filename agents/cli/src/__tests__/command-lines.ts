import { CommanderError } from 'commander';
import { leavesOf } from '../help.js';
import { buildProgram } from '../program.js';

const SILENT = { out: () => undefined, err: () => undefined, drawsOver: false, env: {}, directory: '.' };

/** The table of all commands, for looking at. */
export const table = (first?: string) => buildProgram(SILENT, () => undefined, first);

/** The words of a command line as a shell reads them, up to a pipe; without `npx` and `gridpass`. */
export function wordsOf(line: string): readonly string[] {
  const [command = ''] = line.replace(/^(?:npx )?gridpass /u, '').split(/ \| | > | {2,}#/u);
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/gu)].map(([, single, double, bare]) => single ?? double ?? bare ?? '');
}

/** What the table of commands says against a command line; undefined where it takes it. Nothing is run. */
export async function mistakeIn(line: string): Promise<string | undefined> {
  let said = '';
  const words = wordsOf(line);
  const program = await buildProgram(SILENT, (text) => (said = text));
  for (const leaf of leavesOf(program)) leaf.action(() => undefined);
  try {
    await program.parseAsync(words[0] === 'help' ? ['--help'] : [...words], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : said || error.message;
  }
}
