import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { withExamples } from '../help.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { toCell } from '../print.js';
import { toKey } from './log-file.js';
import { addLogOptions, fetchLog } from './log-source.js';
import type { LogOptions } from './log-source.js';
import { writeLines, writeText } from './new-file.js';

interface Options extends LogOptions, OutputOptions {
  readonly to: string;
  readonly keyTo?: string;
  readonly checkpointTo?: string;
}

/** `gridpass audit export`: the log of a running program into a file, with what later checks are held against. */
export function addAuditExport(audit: Command, io: Io): void {
  const command = addLogOptions(
    audit.command('export').description('write the log of a running program into a file; check it with `audit verify`'),
  )
    .requiredOption('--to <file>', 'where to write the log, as NDJSON; a file that is there is left alone')
    .option('--key-to <file>', 'where to write the key that comes with it, for --key of `audit verify`; once, and keep it')
    .option('--checkpoint-to <file>', 'where to write its last checkpoint, for --checkpoint of a later `audit verify`')
    .action((options: Options) => exportLog(io, options));
  withExamples(command, 'gridpass audit export --tenant dso --to dso.log --key-to dso-key.json --checkpoint-to dso.checkpoint');
}

async function exportLog(io: Io, options: Options): Promise<void> {
  const { to, keyTo, checkpointTo } = options;
  const { lines, servedKey } = await fetchLog(io, options);
  const ends: Ends = { header: {}, origin: '', note: '' };
  const written = await writeLines(resolve(io.directory, to), withEnds(lines, ends));
  if (keyTo !== undefined) {
    const key = servedKey ?? toKey(memberOf(ends.header, 'key') ?? null, 'the log');
    await writeText(resolve(io.directory, keyTo), `${JSON.stringify(key)}\n`);
  }
  if (checkpointTo !== undefined) await writeText(resolve(io.directory, checkpointTo), ends.note);
  const files = [to, keyTo, checkpointTo].filter((file) => file !== undefined);
  show(io, options, {
    document: { origin: ends.origin, lines: written, files },
    names: files,
    people: () => io.out(`${files.join(', ')}: ${written} lines of ${toCell(ends.origin)}, not checked yet\n`),
  });
}

/** What the first line of an export says, and the checkpoint in its last. */
interface Ends {
  header: JsonObject;
  origin: string;
  note: string;
}

/** Lets lines pass and keeps both ends; CommandError REMOTE_UNAVAILABLE where they are not those of an export. */
async function* withEnds(lines: AsyncIterable<string>, ends: Ends): AsyncIterable<string> {
  let [first, last] = ['', ''];
  for await (const line of lines) {
    if (last === '') first = line;
    last = line;
    yield line;
  }
  const [header, final] = [toObject(first), toObject(last)];
  const [origin, note] = [memberOf(header, 'origin'), memberOf(final, 'note')];
  if (
    memberOf(header, 'type') !== 'header' ||
    memberOf(final, 'type') !== 'final' ||
    typeof origin !== 'string' ||
    typeof note !== 'string'
  )
    throw new CommandError('REMOTE_UNAVAILABLE', 'the answer is no whole export of a log; nothing was kept, ask again');
  Object.assign(ends, { header, origin, note });
}

function toObject(line: string): JsonObject {
  const json = parseJson(line);
  return json.ok && isJsonObject(json.value) ? json.value : {};
}
