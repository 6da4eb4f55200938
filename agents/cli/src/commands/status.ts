import type { Command } from 'commander';
import type { JsonObject } from '@gridpass/core';
import { isListening } from '../adapters/listening.js';
import { AnswerIsNo } from '../io.js';
import type { Io } from '../io.js';
import { printJson, printTable } from '../print.js';
import { objectOf, readSociety } from '../society-file.js';

/** `gridpass status`: whether the society on this machine is up. */
export function addStatusCommand(program: Command, io: Io): void {
  program
    .command('status')
    .description('tell which parts of the running society answer; exits 1 when one does not')
    .option('--society <file>', 'the running society (default: .gridpass/society.json)')
    .option('--json', 'print JSON')
    .action(async (options: { readonly society?: string; readonly json?: boolean }) => {
      const society = await readSociety(io, options);
      const urls = Object.entries(objectOf(society, 'urls')).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && URL.canParse(entry[1]),
      );
      const rows: JsonObject[] = await Promise.all(
        urls.map(async ([part, url]) => ({ part, url, state: (await isListening(url)) ? 'up' : 'down' })),
      );
      const up = rows.length > 0 && rows.every((row) => row['state'] === 'up');
      if (options.json === true) printJson(io, { ok: up, parts: rows, tenants: objectOf(society, 'tenants') });
      else printTable(io, ['part', 'state', 'url'], rows);
      if (!up) throw new AnswerIsNo();
    });
}
