import { Option } from 'commander';
import type { Command } from 'commander';
import { isJsonObject, memberOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { askJson } from '../adapters/http.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { printJson, printTable, toCell, toDate } from '../print.js';
import { resolveTarget } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions } from './target-options.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly state?: string;
  readonly days?: string;
  readonly limit?: string;
  readonly after?: string;
  readonly digest?: string;
  readonly subject?: string;
  readonly party?: string;
  readonly application?: string;
  readonly reason?: string;
}

const COLUMNS = ['digest', 'type', 'format', 'state', 'ends', 'subject'];

/** `gridpass credential`: what was issued, and its state. */
export function addCredentialCommands(program: Command, io: Io): void {
  const credential = program.command('credential').description('issued credentials and their state');
  addTargetOptions(credential.command('list').description('list issued credentials'))
    .addOption(new Option('--state <state>', 'which of them').choices(['all', 'active', 'expiring', 'suspended', 'revoked']).default('all'))
    .option('--days <n>', 'with --state expiring: within so many days')
    .option('--limit <n>', 'rows of a page', '50')
    .option('--after <cursor>', 'the page after this one')
    .action(async (options: Options) => {
      const query = new URLSearchParams({
        state: options.state ?? 'all',
        limit: options.limit ?? '50',
        ...(options.days === undefined ? {} : { days: options.days }),
        ...(options.after === undefined ? {} : { after: options.after }),
      });
      const page = await ask(io, options, 'GET', `credentials?${query.toString()}`);
      print(io, options, page, rowsOf(memberOf(page, 'rows')));
    });
  for (const verb of ['revoke', 'suspend', 'resume'] as const) {
    addHandleOptions(addTargetOptions(credential.command(verb).description(DESCRIPTIONS[verb])))
      .requiredOption('--reason <text>', 'why, for the record')
      .action(async (options: Options) => {
        const answer = await ask(io, options, 'POST', `credentials/${verb}`, { ...handleOf(options), reason: options.reason ?? '' });
        if (options.json !== true) {
          const [closed, pending] = [memberOf(answer, 'closed'), memberOf(answer, 'pending')];
          io.out(`${toCell(memberOf(answer, 'changed'))} changed\n`);
          if (Array.isArray(closed) && closed.length > 0) io.out(`${String(closed.length)} applications closed, with their offers\n`);
          if (typeof pending === 'number' && pending > 0)
            io.out(`${String(pending)} steps still to be done; they go on by themselves: gridpass credential pending\n`);
        }
        print(io, options, answer, rowsOf(memberOf(answer, 'credentials')));
      });
  }
  addTargetOptions(credential.command('pending').description('what still follows from revocations and suspensions that were done')).action(
    async (options: Options) => {
      const answer = await ask(io, options, 'GET', 'pending');
      if (options.json === true) return printJson(io, answer);
      printTable(
        io,
        ['job', 'what', 'of', 'due'],
        rowsOf(memberOf(answer, 'rows')).map((row) => ({ ...row, due: toDate(memberOf(row, 'dueAt')) })),
      );
      return undefined;
    },
  );
  addHandleOptions(
    addTargetOptions(credential.command('renew').description('prepare a successor with the same claims; then offer its application')),
  ).action(async (options: Options) => {
    const application = await ask(io, options, 'POST', 'credentials/renew', handleOf(options));
    if (options.json === true) printJson(io, application);
    else
      io.out(
        `application ${toCell(memberOf(application, 'applicationId'))} is ${toCell(memberOf(application, 'state'))}; make an offer with: gridpass application offer ${toCell(memberOf(application, 'applicationId'))}\n`,
      );
  });
}

const DESCRIPTIONS = {
  revoke: 'revoke for good, with all that came of the same application, and close it',
  suspend: 'suspend until resumed',
  resume: 'take a suspension back',
} as const;

function addHandleOptions(command: Command): Command {
  return command
    .option('--digest <digest>', 'one credential')
    .option('--subject <did>', 'all credentials about a DID')
    .option('--party <scheme:value>', 'all credentials of a party, e.g. eic:10X1001A1001A248')
    .option('--application <id>', 'all credentials of an application');
}

function handleOf(options: Options): JsonObject {
  const { digest, subject, party, application } = options;
  const [scheme = '', ...value] = (party ?? '').split(':');
  const handles: readonly JsonObject[] = [
    ...(digest === undefined ? [] : [{ digest }]),
    ...(subject === undefined ? [] : [{ subject }]),
    ...(party === undefined ? [] : [{ party: { scheme, value: value.join(':') } }]),
    ...(application === undefined ? [] : [{ applicationId: application }]),
  ];
  const [handle] = handles;
  if (handle === undefined || handles.length > 1)
    throw new CommandError('REQUEST_MALFORMED', 'name exactly one of --digest, --subject, --party and --application');
  return handle;
}

async function ask(io: Io, options: TargetOptions, method: 'GET' | 'POST', path: string, json?: JsonObject): Promise<JsonObject> {
  const { url, tenant, token } = await resolveTarget(io, options);
  return askJson({ url: `${url}/t/${encodeURIComponent(tenant)}/admin/${path}`, method, token, ...(json === undefined ? {} : { json }) });
}

function print(io: Io, options: Options, answer: JsonObject, rows: readonly JsonObject[]): void {
  if (options.json === true) {
    printJson(io, answer);
    return;
  }
  printTable(
    io,
    COLUMNS,
    rows.map((row) => ({ ...row, ends: toDate(memberOf(row, 'validUntil')) })),
  );
  const next = memberOf(answer, 'next');
  if (typeof next === 'string') io.out(`more: --after ${next}\n`);
}

function rowsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}
