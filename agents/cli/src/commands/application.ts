import { Option } from 'commander';
import type { Command } from 'commander';
import { isJsonObject, memberOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { addFinalOptions, isMeant } from '../confirm.js';
import type { FinalOptions, Plan } from '../confirm.js';
import { withExamples } from '../help.js';
import { wholeId } from '../ids.js';
import type { Io } from '../io.js';
import { rowsOf, show, showRows } from '../output.js';
import type { OutputOptions } from '../output.js';
import { printJson, toCell, toDate } from '../print.js';
import { partyNames } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { addApplicationApprove } from './application-approve.js';
import { addApplicationCopy } from './application-copy.js';
import { addApplicationCreate } from './application-create.js';
import { addPageOptions, addTargetOptions, askAdmin, idsOf, moreOf } from './target-options.js';
import type { PageOptions } from './target-options.js';

type Options = TargetOptions & OutputOptions;

const STATES = ['pending', 'approved', 'rejected', 'issued', 'closed'] as const;
const COLUMNS = [
  { name: 'applicationId', kind: 'id' },
  'type',
  { name: 'state', kind: 'state' },
  'submitted',
  { name: 'applicant', kind: 'did' },
  { name: 'subject', kind: 'did', wide: true },
  'reason',
  'ended',
] as const;
const ENDS = [
  ['reject', 'reject an application that waits or is approved, with its offers'],
  ['close', 'stop what was approved: withdraw its offers and issue nothing more from it'],
] as const;
/** The characters of an application's id. */
const WHOLE = 22;

/** `gridpass application`: who asks for credentials, and what is answered. */
export function addApplicationCommands(program: Command, io: Io): void {
  const application = program.command('application').description('applications for credentials');
  addApplicationCreate(application, io);
  addApplicationCopy(application, io, wholeApplicationId);
  addList(application, io);
  const one = addTargetOptions(application.command('show').description('show one application with its claims').argument('<id>', ID));
  withExamples(one, 'gridpass application show Jx81Qw2b --tenant dso').action(async (text: string, options: Options) => {
    const id = await wholeApplicationId(io, options, text);
    const document = await askAdmin(io, options, { method: 'GET', path: `applications/${encodeURIComponent(id)}` });
    show(io, options, { document, names: [id], people: () => printJson(io, document) });
  });
  addApplicationApprove(application, io, wholeApplicationId);
  for (const [verb, says] of ENDS) addEnd(application, io, verb, says);
  const offer = addTargetOptions(
    application.command('offer').description('make an offer for an approved application').argument('<id>', ID),
  ).option('--tx-code', 'protect it with a code that goes another way');
  withExamples(offer, 'gridpass application offer Jx81Qw2b --tenant dso').action(
    async (text: string, options: Options & { readonly txCode?: boolean }) => {
      const id = await wholeApplicationId(io, options, text);
      const path = `applications/${encodeURIComponent(id)}/offers`;
      const document = await askAdmin(io, options, { method: 'POST', path, json: { txCode: options.txCode === true } });
      show(io, options, {
        document,
        names: [memberOf(document, 'offerId')],
        people: () => {
          io.out(`${toCell(memberOf(document, 'offerUri'))}\n`);
          const txCode = memberOf(document, 'txCode');
          if (typeof txCode === 'string') io.out(`transaction code: ${toCell(txCode)}\n`);
        },
      });
    },
  );
}

const ID = 'the id of an application, or its beginning';

function addList(application: Command, io: Io): void {
  const list = addPageOptions(addTargetOptions(application.command('list').description('list applications')))
    .addOption(new Option('--state <state>', 'which of them; all unless given').choices(STATES))
    .action(async (options: Options & PageOptions & { readonly state?: string }) => {
      const { limit = '50', after, state } = options;
      const query = new URLSearchParams({
        limit,
        ...(state === undefined ? {} : { state }),
        ...(after === undefined ? {} : { after }),
      });
      const page = await askAdmin(io, options, { method: 'GET', path: `applications?${query.toString()}` });
      const below = moreOf(page, options, 'application', 'list', ...(state === undefined ? [] : ['--state', state]));
      showRows(io, options, {
        document: page,
        id: 'applicationId',
        columns: COLUMNS,
        nameOf: await partyNames(io, options),
        rows: rowsOf(memberOf(page, 'rows')).map((row) => ({
          ...row,
          submitted: toDate(memberOf(row, 'submittedAt')),
          ended: endedBy(row),
        })),
        ...(below === undefined ? {} : { below }),
      });
    });
  withExamples(
    list,
    'gridpass application list --tenant dso --state pending',
    'gridpass application list --tenant dso --state pending -o name | xargs -n1 gridpass application show --tenant dso',
  );
}

function addEnd(application: Command, io: Io, verb: 'reject' | 'close', says: string): void {
  const command = addFinalOptions(addTargetOptions(application.command(verb).description(says).argument('<id>', ID)))
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (text: string, options: Options & FinalOptions & { readonly reason: string }) => {
      const plan = async (): Promise<Plan> => planOf(io, options, verb, await wholeApplicationId(io, options, text));
      if (!(await isMeant(io, options, `application ${verb}`, plan))) return;
      const id = await wholeApplicationId(io, options, text);
      const path = `applications/${encodeURIComponent(id)}/${verb}`;
      const document = await askAdmin(io, options, { method: 'POST', path, json: { reason: options.reason } });
      show(io, options, { document, names: [id], people: () => io.out(`${id} is ${toCell(memberOf(document, 'state'))}\n`) });
    });
  withExamples(command, `gridpass application ${verb} Jx81Qw2b --reason 'unknown to us' --tenant dso --yes`);
}

async function planOf(io: Io, options: Options, verb: string, id: string): Promise<Plan> {
  const application = await askAdmin(io, options, { method: 'GET', path: `applications/${encodeURIComponent(id)}` });
  const query = new URLSearchParams({ limit: '200', applicationId: id });
  const offers = rowsOf(memberOf(await askAdmin(io, options, { method: 'GET', path: `offers?${query.toString()}` }), 'rows'));
  const open = offers.filter((row) => memberOf(row, 'redeemedAt') === undefined && memberOf(row, 'withdrawn') === undefined);
  const [type, state] = [memberOf(application, 'type') ?? '', memberOf(application, 'state') ?? ''];
  return {
    does: `${verb} the application ${id}: ${toCell(type)}, ${toCell(state)}`,
    falls: [`${String(open.length)} open offers are withdrawn`, 'what was issued from it stays: revoke it with gridpass credential revoke'],
    document: { applicationId: id, type, state, offers: open.map((row) => memberOf(row, 'offerId') ?? '') },
  };
}

function wholeApplicationId(io: Io, options: TargetOptions, text: string): Promise<string> {
  const list = ['application', 'list'];
  return wholeId(text, idsOf(io, options, { what: 'application', member: 'applicationId', length: WHOLE, path: 'applications', list }));
}

/** Why what had been approved was ended; its approval is in the column before. */
function endedBy(row: JsonObject): JsonValue {
  const closed = memberOf(row, 'closed');
  return (closed !== undefined && isJsonObject(closed) ? memberOf(closed, 'reason') : undefined) ?? '';
}
