import { Option } from 'commander';
import type { Command } from 'commander';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { OVERRULABLE } from '@gridpass/core';
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
  readonly limit?: string;
  readonly after?: string;
  readonly reason?: string;
  readonly txCode?: boolean;
  readonly overrule?: readonly string[];
  readonly takeOver?: string;
}

const VERBS = [
  ['approve', 'approve an application'],
  ['reject', 'reject an application that waits or is approved, with its offers'],
  ['close', 'stop what was approved: withdraw its offers and issue nothing more from it'],
] as const;
const COLUMNS = ['applicationId', 'type', 'state', 'submitted', 'applicant', 'reason', 'ended'];

/** `gridpass application`: who asks for credentials, and what is answered. */
export function addApplicationCommands(program: Command, io: Io): void {
  const application = program.command('application').description('applications for credentials');
  addTargetOptions(application.command('list').description('list applications'))
    .addOption(new Option('--state <state>', 'which of them').choices(['pending', 'approved', 'rejected', 'issued', 'closed']))
    .option('--limit <n>', 'rows of a page', '50')
    .option('--after <cursor>', 'the page after this one')
    .action(async (options: Options) => {
      const query = new URLSearchParams({
        limit: options.limit ?? '50',
        ...(options.state === undefined ? {} : { state: options.state }),
        ...(options.after === undefined ? {} : { after: options.after }),
      });
      const page = await ask(io, options, 'GET', `?${query.toString()}`);
      if (options.json === true) return printJson(io, page);
      printTable(
        io,
        COLUMNS,
        rowsOf(memberOf(page, 'rows')).map((row) => ({ ...row, submitted: toDate(memberOf(row, 'submittedAt')), ended: endedBy(row) })),
      );
      const next = memberOf(page, 'next');
      if (typeof next === 'string') io.out(`more: --after ${next}\n`);
      return undefined;
    });
  addTargetOptions(application.command('show').description('show one application with its claims').argument('<id>')).action(
    async (id: string, options: Options) => printJson(io, await ask(io, options, 'GET', `/${encodeURIComponent(id)}`)),
  );
  for (const [verb, says] of VERBS) {
    const command = addTargetOptions(application.command(verb).description(says).argument('<id>')).requiredOption(
      '--reason <text>',
      'why, for the record',
    );
    if (verb === 'approve')
      command
        .option(
          '--overrule <rule=reason>',
          `set a rule aside, with the reason for the record: one of ${OVERRULABLE.join(', ')}; may be given for each`,
          (text: string, before: readonly string[]) => [...before, text],
          [],
        )
        .option('--take-over <reason>', 'end the roles that another DID holds of this party when the credential is issued');
    command.action(async (id: string, options: Options) => {
      const overrules = overrulesOf(options);
      const answer = await ask(io, options, 'POST', `/${encodeURIComponent(id)}/${verb}`, {
        reason: options.reason ?? '',
        ...(overrules === undefined ? {} : { overrules }),
      });
      if (options.json === true) printJson(io, answer);
      else io.out(`${id} is ${toCell(memberOf(answer, 'state'))}\n`);
    });
  }
  addTargetOptions(application.command('offer').description('make an offer for an approved application').argument('<id>'))
    .option('--tx-code', 'protect it with a code that goes another way')
    .action(async (id: string, options: Options) => {
      const answer = await ask(io, options, 'POST', `/${encodeURIComponent(id)}/offers`, { txCode: options.txCode === true });
      if (options.json === true) return printJson(io, answer);
      io.out(`${toCell(memberOf(answer, 'offerUri'))}\n`);
      const txCode = memberOf(answer, 'txCode');
      if (typeof txCode === 'string') io.out(`transaction code: ${txCode}\n`);
      return undefined;
    });
}

/** Why what had been approved was ended; its approval is in the column before. */
function endedBy(row: JsonObject): JsonValue {
  const closed = memberOf(row, 'closed');
  return (closed !== undefined && isJsonObject(closed) ? memberOf(closed, 'reason') : undefined) ?? '';
}

/** The rules to set aside by name; undefined where none is. */
function overrulesOf({ overrule = [], takeOver }: Options): JsonObject | undefined {
  const pairs = overrule.map((text): readonly [string, string] => {
    const at = text.indexOf('=');
    const rule = text.slice(0, Math.max(at, 0));
    if (!OVERRULABLE.some((known) => known === rule))
      throw new CommandError(
        'REQUEST_MALFORMED',
        `--overrule takes a rule and its reason, such as area="checked by hand"; the rules are ${OVERRULABLE.join(', ')}`,
      );
    return [rule, text.slice(at + 1)];
  });
  const named = takeOver === undefined ? pairs : [...pairs, ['take-over', takeOver] as const];
  if (new Set(named.map(([rule]) => rule)).size !== named.length) throw new CommandError('REQUEST_MALFORMED', 'a rule is overruled twice');
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

async function ask(io: Io, options: TargetOptions, method: 'GET' | 'POST', path: string, json?: JsonObject): Promise<JsonObject> {
  const { url, tenant, token } = await resolveTarget(io, options);
  return askJson({
    url: `${url}/t/${encodeURIComponent(tenant)}/admin/applications${path}`,
    method,
    token,
    ...(json === undefined ? {} : { json }),
  });
}

function rowsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}
