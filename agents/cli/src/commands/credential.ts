import { Option } from 'commander';
import type { Command } from 'commander';
import { memberOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { advise } from '../advice.js';
import { addFinalOptions, isMeant } from '../confirm.js';
import type { FinalOptions, Plan } from '../confirm.js';
import { withExamples } from '../help.js';
import type { Io } from '../io.js';
import { rowsOf, show, showRows } from '../output.js';
import type { OutputOptions } from '../output.js';
import { printTable, toCell, toDate } from '../print.js';
import { partyNames } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { wholeNumber } from '../values.js';
import { addHandleOptions, assertOneHandle, handleOf, planRevocation } from './credential-handle.js';
import type { HandleOptions } from './credential-handle.js';
import { addPageOptions, addTargetOptions, askAdmin, moreOf } from './target-options.js';
import type { PageOptions } from './target-options.js';

interface Options extends TargetOptions, OutputOptions, PageOptions, HandleOptions, FinalOptions {
  readonly state?: string;
  readonly days?: string;
  readonly reason?: string;
}

const COLUMNS = [
  { name: 'digest', kind: 'id' },
  'type',
  'format',
  { name: 'state', kind: 'state' },
  'ends',
  { name: 'subject', kind: 'did' },
  'party',
  { name: 'applicationId', kind: 'id', wide: true },
  { name: 'reason', wide: true },
] as const;

const VERBS = {
  revoke: 'revoke for good, with all that came of the same application, and close it',
  suspend: 'suspend until resumed',
  resume: 'take a suspension back',
} as const;

/** `gridpass credential`: what was issued, and its state. */
export function addCredentialCommands(program: Command, io: Io): void {
  const credential = program.command('credential').description('issued credentials and their state');
  addList(credential, io);
  for (const verb of ['revoke', 'suspend', 'resume'] as const) addChange(credential, io, verb);
  addPending(credential, io);
  const renew = addHandleOptions(
    addTargetOptions(credential.command('renew').description('prepare a successor with the same claims; then offer its application')),
  ).action(async (options: Options) => {
    const handle = await handleOf(io, options);
    const document = await askAdmin(io, options, { method: 'POST', path: 'credentials/renew', json: handle });
    const id = toCell(memberOf(document, 'applicationId'));
    show(io, options, {
      document,
      names: [id],
      people: () =>
        io.out(
          `application ${id} is ${toCell(memberOf(document, 'state'))}; make an offer with: ${advise(options, 'application', 'offer', id)}\n`,
        ),
    });
  });
  withExamples(renew, 'gridpass credential renew --digest u7Kd02Lm --tenant dso');
}

function addList(credential: Command, io: Io): void {
  const list = addPageOptions(addTargetOptions(credential.command('list').description('list issued credentials')))
    .addOption(new Option('--state <state>', 'which of them').choices(['all', 'active', 'expiring', 'suspended', 'revoked']).default('all'))
    .addOption(
      new Option('--days <n>', 'with --state expiring: within so many days, 0 to 9999; 30 unless given').argParser(wholeNumber(0, 9_999)),
    )
    .action(async (options: Options) => {
      const { state = 'all', limit = '50', days, after } = options;
      const query = new URLSearchParams({
        state,
        limit,
        ...(days === undefined ? {} : { days }),
        ...(after === undefined ? {} : { after }),
      });
      const page = await askAdmin(io, options, { method: 'GET', path: `credentials?${query.toString()}` });
      const words = ['credential', 'list', '--state', state, ...(days === undefined ? [] : ['--days', days])];
      const below = moreOf(page, options, ...words);
      showRows(io, options, {
        document: page,
        id: 'digest',
        columns: COLUMNS,
        nameOf: await partyNames(io, options),
        rows: toRows(memberOf(page, 'rows')),
        ...(below === undefined ? {} : { below }),
      });
    });
  withExamples(list, 'gridpass credential list --tenant dso --state expiring --days 30');
}

function addChange(credential: Command, io: Io, verb: keyof typeof VERBS): void {
  const command = addHandleOptions(addTargetOptions(credential.command(verb).description(VERBS[verb]))).requiredOption(
    '--reason <text>',
    'why, for the record',
  );
  const final = verb === 'revoke' ? addFinalOptions(command) : command;
  final.action(async (options: Options) => {
    assertOneHandle(options);
    const plan = async (): Promise<Plan> => planRevocation(io, options, await handleOf(io, options));
    if (verb === 'revoke' && !(await isMeant(io, options, 'credential revoke', plan))) return;
    const handle = await handleOf(io, options);
    const document = await askAdmin(io, options, {
      method: 'POST',
      path: `credentials/${verb}`,
      json: { ...handle, reason: options.reason ?? '' },
    });
    const nameOf = await partyNames(io, options);
    const rows = toRows(memberOf(document, 'credentials'));
    show(io, options, {
      document,
      names: rows.map((row) => row['digest']),
      people: (wide) => {
        sayChange(io, options, document);
        printTable(io, COLUMNS, rows, { wide, nameOf });
      },
    });
  });
  const yes = verb === 'revoke' ? ' --yes' : '';
  withExamples(
    final,
    `gridpass credential ${verb} --digest u7Kd02Lm --reason 'moved out' --tenant dso${yes}`,
    ...(verb === 'revoke'
      ? ["gridpass credential revoke --party eic:10X1001A1001A248 --reason 'licence ended' --tenant dso --dry-run"]
      : []),
  );
}

function sayChange(io: Io, options: Options, document: JsonObject): void {
  const [closed, pending] = [memberOf(document, 'closed'), memberOf(document, 'pending')];
  io.out(`${toCell(memberOf(document, 'changed'))} changed\n`);
  if (Array.isArray(closed) && closed.length > 0) io.out(`${String(closed.length)} applications closed, with their offers\n`);
  if (typeof pending === 'number' && pending > 0)
    io.out(`${String(pending)} steps still to be done; they go on by themselves: ${advise(options, 'credential', 'pending')}\n`);
}

function addPending(credential: Command, io: Io): void {
  const pending = addTargetOptions(
    credential.command('pending').description('what still follows from revocations and suspensions that were done'),
  ).action(async (options: Options) => {
    const document = await askAdmin(io, options, { method: 'GET', path: 'pending' });
    showRows(io, options, {
      document,
      id: 'job',
      columns: [{ name: 'job', kind: 'id' }, 'what', { name: 'of', kind: 'id' }, 'due'],
      rows: rowsOf(memberOf(document, 'rows')).map((row) => ({ ...row, due: toDate(memberOf(row, 'dueAt')) })),
    });
  });
  withExamples(pending, 'gridpass credential pending --tenant dso');
}

function toRows(value: JsonObject[string] | undefined): readonly JsonObject[] {
  return rowsOf(value).map((row) => ({ ...row, ends: toDate(memberOf(row, 'validUntil')), party: partyOf(row) }));
}

/** A party as `--party` takes it. */
function partyOf(row: JsonObject): string {
  const party = memberOf(row, 'party');
  if (party === undefined || typeof party !== 'object' || party === null || Array.isArray(party)) return '';
  const { scheme, value } = party as JsonObject;
  return `${toCell(scheme)}:${toCell(value)}`;
}
