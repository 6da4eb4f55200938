import type { Command } from 'commander';
import type { JsonObject } from '@gridpass/core';
import { isListening } from '../adapters/listening.js';
import { withExamples } from '../help.js';
import { AnswerIsNo } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, showRows } from '../output.js';
import type { OutputOptions } from '../output.js';
import { objectOf, readSociety } from '../society-file.js';
import { addSocietyOption } from './target-options.js';

/** `gridpass status`: whether the society on this machine is up. */
export function addStatusCommand(program: Command, io: Io): void {
  const status = program
    .command('status')
    .description('tell which parts of the running society answer; no where one does not')
    .action(async (options: OutputOptions & { readonly society?: string }) => {
      const society = await readSociety(io, options);
      const urls = Object.entries(objectOf(society, 'urls')).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && URL.canParse(entry[1]),
      );
      const rows: JsonObject[] = await Promise.all(
        urls.map(async ([part, url]) => ({ part, url, state: (await isListening(url)) ? 'up' : 'down' })),
      );
      const up = rows.length > 0 && rows.every((row) => row['state'] === 'up');
      showRows(io, options, {
        document: { ok: up, parts: rows, tenants: objectOf(society, 'tenants') },
        id: 'part',
        rows,
        columns: ['part', { name: 'state', kind: 'state' }, 'url'],
      });
      if (!up) throw new AnswerIsNo();
    });
  withExamples(addOutputOptions(addSocietyOption(status)), 'gridpass status');
}
