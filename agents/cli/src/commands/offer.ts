import type { Command } from 'commander';
import { memberOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { advise } from '../advice.js';
import { withExamples } from '../help.js';
import { wholeId } from '../ids.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { rowsOf, show, showRows } from '../output.js';
import type { OutputOptions } from '../output.js';
import { toDate } from '../print.js';
import type { TargetOptions } from '../society-file.js';
import { addPageOptions, addTargetOptions, askAdmin, idsOf, moreOf } from './target-options.js';
import type { PageOptions } from './target-options.js';

interface Options extends TargetOptions, OutputOptions, PageOptions {
  readonly application?: string;
  readonly reason?: string;
}

const COLUMNS = [{ name: 'offerId', kind: 'id' }, { name: 'applicationId', kind: 'id' }, { name: 'state', kind: 'state' }, 'ends'] as const;
/** The characters of an offer's id. */
const WHOLE = 22;

/** `gridpass offer`: the offers that are out, and taking them back. */
export function addOfferCommands(program: Command, io: Io): void {
  const offer = program.command('offer').description('offers that were made for applications');
  const list = addPageOptions(addTargetOptions(offer.command('list').description('list offers, the next to end first')))
    .option('--application <id>', 'those of one application, by its whole id')
    .action(async (options: Options) => {
      const { limit = '50', application, after } = options;
      const query = new URLSearchParams({
        limit,
        ...(application === undefined ? {} : { applicationId: application }),
        ...(after === undefined ? {} : { after }),
      });
      const page = await askAdmin(io, options, { method: 'GET', path: `offers?${query.toString()}` });
      const below = moreOf(page, options, 'offer', 'list', ...(application === undefined ? [] : ['--application', application]));
      showRows(io, options, {
        document: page,
        id: 'offerId',
        columns: COLUMNS,
        rows: rowsOf(memberOf(page, 'rows')).map((row) => ({ ...row, state: stateOf(row), ends: toDate(memberOf(row, 'expiresAt')) })),
        ...(below === undefined ? {} : { below }),
      });
    });
  withExamples(list, 'gridpass offer list --tenant dso');
  const withdraw = addTargetOptions(
    offer.command('withdraw').description('take an offer back').argument('<id>', 'the id of an offer, or its beginning'),
  )
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (text: string, options: Options) => {
      const source = idsOf(io, options, { what: 'offer', member: 'offerId', length: WHOLE, path: 'offers', list: ['offer', 'list'] });
      const id = await wholeId(text, source);
      const document = await withdrawOffer(io, options, id);
      show(io, options, { document, names: [id], people: () => io.out(`${id} is ${stateOf(document)}\n`) });
    });
  withExamples(withdraw, "gridpass offer withdraw Zk20aR7c --reason 'sent to the wrong party' --tenant dso");
}

function withdrawOffer(io: Io, options: Options, id: string): Promise<JsonObject> {
  const path = `offers/${encodeURIComponent(id)}/withdraw`;
  return askAdmin(io, options, { method: 'POST', path, json: { reason: options.reason ?? '' } }).catch((error: unknown) => {
    if (!(error instanceof CommandError) || error.code !== 'CONFLICT') throw error;
    const revoke = advise(options, 'credential', 'revoke', '--digest', 'DIGEST', '--reason', 'WHY');
    const hint = `${id} was redeemed, and a credential of it stands; revoke it with: ${revoke}`;
    throw new CommandError('CONFLICT', `${hint}; ${error.message}`, { cause: error, ending: 'no' });
  });
}

function stateOf(offer: JsonObject): string {
  const redeemed = memberOf(offer, 'redeemedAt') !== undefined;
  // What was redeemed stays said: a credential may have come of it before the rest was taken back.
  if (memberOf(offer, 'withdrawn') !== undefined) return redeemed ? 'redeemed, then withdrawn' : 'withdrawn';
  return redeemed ? 'redeemed' : 'open';
}
