import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { askLines, toCommandError } from '../adapters/http.js';
import { createProgressBar } from '../adapters/progress-bar.js';
import { advise } from '../advice.js';
import { addFinalOptions, isMeant } from '../confirm.js';
import type { FinalOptions, Plan } from '../confirm.js';
import { withExamples } from '../help.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, rowsOf, show, showRows } from '../output.js';
import type { OutputOptions } from '../output.js';
import { printTable, toDate } from '../print.js';
import { resolveTarget } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { wholeNumber } from '../values.js';
import { writeText } from './new-file.js';
import { addTargetOptions, askAdmin } from './target-options.js';

interface ImportOptions extends TargetOptions, OutputOptions, FinalOptions {
  readonly whole?: string;
  readonly mayVanish?: string;
}

/** `gridpass register`: the party register that issuers check parties against. */
export function addRegisterCommands(program: Command, io: Io): void {
  const register = program.command('register').description('the register of parties that an issuer checks applications against');
  const load = addFinalOptions(
    addTargetOptions(
      register
        .command('import')
        .description("import a register in ENTSO-E's CSV form; again and again without harm, unless it is said to be whole")
        .argument('<file>', 'a CSV file, semicolons, UTF-8'),
    ),
  )
    .addOption(
      new Option(
        '--whole <kinds>',
        'the file is the whole register of these kinds; entries that it does not hold have vanished, and retire',
      ).choices(['party', 'area', 'party,area']),
    )
    .addOption(
      new Option(
        '--may-vanish <count>',
        'with --whole: how many entries may vanish, where the issuer asks for that to be confirmed',
      ).argParser(wholeNumber(0, 999_999_999)),
    )
    .action((file: string, options: ImportOptions) => importRegister(io, file, options));
  withExamples(load, 'gridpass register import X_eiccodes.csv', 'gridpass register import parties.csv --whole party --dry-run');
  const consequences = addTargetOptions(
    register
      .command('consequences')
      .description('list credentials that stand although the register no longer bears them, soonest deadline first'),
  ).action((options: ImportOptions) => listConsequences(io, options));
  withExamples(consequences, 'gridpass register consequences --tenant regulator');
  const sample = addOutputOptions(register.command('sample').description('print a small register of well-known parties, as CSV'))
    .option('--to <file>', 'write it to a file, which is not there yet')
    .action(async (options: OutputOptions & { readonly to?: string }) => {
      // Loaded here, for it brings the whole engine along and other commands should start at once.
      const { sampleRegister } = await import('@gridpass/issue');
      const csv = sampleRegister();
      if (options.to !== undefined) await writeText(resolve(io.directory, options.to), csv);
      show(io, options, {
        document: { csv, ...(options.to === undefined ? {} : { file: options.to }) },
        names: options.to === undefined ? [] : [options.to],
        people: () => {
          if (options.to === undefined) io.out(csv);
        },
      });
    });
  withExamples(sample, 'gridpass register sample --to sample.csv');
}

async function importRegister(io: Io, file: string, options: ImportOptions): Promise<void> {
  const path = resolve(io.directory, file);
  const size = await sizeOf(path);
  const query = queryOf(options);
  if (options.dryRun === true || options.whole !== undefined) {
    const plan = (): Promise<Plan> => Promise.resolve(planOf(file, size, options));
    if (!(await isMeant(io, options, 'register import --whole', plan))) return;
  }
  const target = await resolveTarget(io, options, 'regulator');
  const bar = createProgressBar(io, size);
  let report: JsonObject | undefined;
  const call = {
    url: `${target.url}/t/${encodeURIComponent(target.tenant)}/admin/register${query}`,
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
  printReport(io, report, options);
}

function queryOf({ whole, mayVanish }: ImportOptions): string {
  if (whole === undefined && mayVanish !== undefined)
    throw new CommandError('REQUEST_MALFORMED', '--may-vanish: only together with --whole, which says of what');
  const query = new URLSearchParams();
  if (whole !== undefined) query.set('whole', whole);
  if (mayVanish !== undefined) query.set('mayVanish', mayVanish);
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** Who retires is found by the issuer alone, which reads the file; its own bound holds where nobody confirms more. */
function planOf(file: string, bytes: number, { whole, mayVanish }: ImportOptions): Plan {
  const kinds = whole ?? '';
  const most =
    mayVanish === undefined ? 'at most a tenth of a kind, or nothing retires' : `at most ${mayVanish} entries, or nothing retires`;
  return {
    does: `import ${file}, ${String(bytes)} bytes${kinds === '' ? '' : `, as the whole register of ${kinds}`}`,
    falls: kinds === '' ? ['nothing retires without --whole'] : [`entries of ${kinds} that the file does not hold retire: ${most}`],
    document: {
      file,
      bytes,
      ...(whole === undefined ? {} : { whole: kinds.split(',') }),
      ...(mayVanish === undefined ? {} : { mayVanish: Number(mayVanish) }),
    },
  };
}

async function listConsequences(io: Io, options: ImportOptions): Promise<void> {
  const document = await askAdmin(io, options, { method: 'GET', path: 'consequences', tenant: 'regulator' });
  showRows(io, options, {
    document,
    id: 'digest',
    columns: [{ name: 'digest', kind: 'id' }, 'type', { name: 'state', kind: 'state' }, 'code', 'deadline', 'detail'],
    rows: rowsOf(memberOf(document, 'rows')).map((row) => ({ ...row, deadline: toDate(memberOf(row, 'deadline')) })),
  });
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

function printReport(io: Io, report: JsonObject, options: ImportOptions): void {
  const rejected = rowsOf(memberOf(report, 'rejectedRows'));
  show(io, options, {
    document: report,
    names: rejected.map((row) => String(numberOf(row, 'line'))),
    people: (wide) => {
      const counts = ['added', 'updated', 'unchanged', 'rejected', 'vanished'].map((name) => `${numberOf(report, name)} ${name}`);
      io.out(`${numberOf(report, 'rows')} rows: ${counts.join(', ')}\n`);
      const see = advise(options, 'register', 'consequences');
      if (memberOf(report, 'consequences') === null) io.out(`what the import leaves to decide could not be told now; see: ${see}\n`);
      const open = numberOf(report, 'consequences');
      if (open > 0) io.out(`${open} credentials stand without what they must rest on; see: ${see}\n`);
      if (rejected.length > 0) printTable(io, ['line', 'code', 'detail'], rejected, { wide });
    },
  });
}

function numberOf(value: JsonObject, name: string): number {
  const member = memberOf(value, name);
  return typeof member === 'number' ? member : 0;
}
