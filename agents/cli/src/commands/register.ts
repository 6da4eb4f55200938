import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { askJson, askLines, toCommandError } from '../adapters/http.js';
import { createProgressBar } from '../adapters/progress-bar.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { printJson, printTable, toDate } from '../print.js';
import { resolveTarget } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions } from './target-options.js';

interface ImportOptions extends TargetOptions {
  readonly json?: boolean;
  readonly whole?: string;
  readonly mayVanish?: string;
}

/** `gridpass register`: the party register that issuers check parties against. */
export function addRegisterCommands(program: Command, io: Io): void {
  const register = program.command('register').description('the register of parties that an issuer checks applications against');
  addTargetOptions(
    register
      .command('import')
      .description("import a register in ENTSO-E's CSV form; again and again without harm")
      .argument('<file>', 'a CSV file, semicolons, UTF-8')
      .option(
        '--whole <kinds>',
        'party, area or party,area: the file is the whole register of these; entries that it does not hold have vanished',
      )
      .option('--may-vanish <count>', 'with --whole: how many entries may vanish, where the issuer asks for that to be confirmed'),
  ).action((file: string, options: ImportOptions) => importRegister(io, file, options));
  addTargetOptions(
    register
      .command('consequences')
      .description('credentials that stand although the register no longer bears them, soonest deadline first'),
  ).action((options: ImportOptions) => listConsequences(io, options));
  register
    .command('sample')
    .description('print a small register of well-known parties')
    .option('-o, --output <file>', 'write it to a file')
    .action(async (options: { readonly output?: string }) => {
      // Loaded here, for it brings the whole engine along and other commands should start at once.
      const { sampleRegister } = await import('@gridpass/issue');
      if (options.output === undefined) io.out(sampleRegister());
      else await writeFile(resolve(io.directory, options.output), sampleRegister());
    });
}

async function importRegister(io: Io, file: string, options: ImportOptions): Promise<void> {
  const path = resolve(io.directory, file);
  const size = await sizeOf(path);
  const target = await resolveTarget(io, options, 'regulator');
  const bar = createProgressBar(io, size);
  let report: JsonObject | undefined;
  const call = {
    url: `${target.url}/t/${encodeURIComponent(target.tenant)}/admin/register${queryOf(options)}`,
    method: 'POST',
    token: target.token,
  } as const;
  try {
    for await (const line of askLines(call, { body: createReadStream(path), mediaType: 'text/csv', length: size })) {
      const message = parseMessage(line);
      const [progress, error] = [memberOf(message, 'progress'), memberOf(message, 'error')];
      if (progress !== undefined && isJsonObject(progress))
        bar.update(numberOf(progress, 'bytesRead'), `${numberOf(progress, 'rows')} rows, ${numberOf(progress, 'rejected')} rejected`);
      if (error !== undefined && isJsonObject(error)) throw toCommandError(error);
      const done = memberOf(message, 'report');
      if (done !== undefined && isJsonObject(done)) report = done;
    }
    if (report !== undefined) bar.update(size, `${numberOf(report, 'rows')} rows, ${numberOf(report, 'rejected')} rejected`);
  } finally {
    bar.end();
  }
  if (report === undefined)
    throw new CommandError('REMOTE_UNAVAILABLE', 'the issuer stopped before its report; import again, nothing is lost');
  printReport(io, report, options.json === true);
}

function queryOf({ whole, mayVanish }: ImportOptions): string {
  if (whole === undefined && mayVanish !== undefined)
    throw new CommandError('REQUEST_MALFORMED', '--may-vanish: only together with --whole, which says of what');
  const query = new URLSearchParams();
  if (whole !== undefined) query.set('whole', whole);
  if (mayVanish !== undefined) query.set('mayVanish', mayVanish);
  return query.size === 0 ? '' : `?${query.toString()}`;
}

async function listConsequences(io: Io, options: ImportOptions): Promise<void> {
  const target = await resolveTarget(io, options, 'regulator');
  const answer = await askJson({
    url: `${target.url}/t/${encodeURIComponent(target.tenant)}/admin/consequences`,
    method: 'GET',
    token: target.token,
  });
  if (options.json === true) return printJson(io, answer);
  printTable(
    io,
    ['digest', 'type', 'state', 'code', 'deadline', 'detail'],
    rowsOf(memberOf(answer, 'rows')).map((row) => ({ ...row, deadline: toDate(memberOf(row, 'deadline')) })),
  );
  return undefined;
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (cause) {
    throw new CommandError('REGISTER_UNREADABLE', `${path} cannot be read`, { cause });
  }
  throw new CommandError('REGISTER_UNREADABLE', `${path} is not a file`);
}

function parseMessage(line: string): JsonObject {
  const json = parseJson(line);
  if (!json.ok || !isJsonObject(json.value))
    throw new CommandError('REMOTE_UNAVAILABLE', 'the issuer answered with something else than a report');
  return json.value;
}

function printReport(io: Io, report: JsonObject, json: boolean): void {
  if (json) {
    printJson(io, report);
    return;
  }
  io.out(
    `${numberOf(report, 'rows')} rows: ${numberOf(report, 'added')} added, ${numberOf(report, 'updated')} updated, ${numberOf(report, 'unchanged')} unchanged, ${numberOf(report, 'rejected')} rejected, ${numberOf(report, 'vanished')} vanished\n`,
  );
  if (memberOf(report, 'consequences') === null)
    io.out('what the import leaves to decide could not be told now; see: gridpass register consequences\n');
  const open = numberOf(report, 'consequences');
  if (open > 0) io.out(`${open} credentials stand without what they must rest on; see: gridpass register consequences\n`);
  const rows = rowsOf(memberOf(report, 'rejectedRows'));
  if (rows.length > 0) printTable(io, ['line', 'code', 'detail'], rows);
}

function rowsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}

function numberOf(value: JsonObject, name: string): number {
  const member = memberOf(value, name);
  return typeof member === 'number' ? member : 0;
}
