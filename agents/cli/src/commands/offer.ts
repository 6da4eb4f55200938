import type { Command } from 'commander';
import { isJsonObject, memberOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { askJson } from '../adapters/http.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { printJson, printTable, toDate } from '../print.js';
import { resolveTarget } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions } from './target-options.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly application?: string;
  readonly limit?: string;
  readonly after?: string;
  readonly reason?: string;
}

/** `gridpass offer`: the offers that are out, and taking them back. */
export function addOfferCommands(program: Command, io: Io): void {
  const offer = program.command('offer').description('offers that were made for applications');
  addTargetOptions(offer.command('list').description('list offers, the next to end first'))
    .option('--application <id>', 'those of one application')
    .option('--limit <n>', 'rows of a page', '50')
    .option('--after <cursor>', 'the page after this one')
    .action(async (options: Options) => {
      const query = new URLSearchParams({
        limit: options.limit ?? '50',
        ...(options.application === undefined ? {} : { applicationId: options.application }),
        ...(options.after === undefined ? {} : { after: options.after }),
      });
      const page = await ask(io, options, 'GET', `?${query.toString()}`);
      if (options.json === true) return printJson(io, page);
      printTable(
        io,
        ['offerId', 'applicationId', 'state', 'ends'],
        rowsOf(memberOf(page, 'rows')).map((row) => ({ ...row, state: stateOf(row), ends: toDate(memberOf(row, 'expiresAt')) })),
      );
      const next = memberOf(page, 'next');
      if (typeof next === 'string') io.out(`more: --after ${next}\n`);
      return undefined;
    });
  addTargetOptions(offer.command('withdraw').description('take an offer back').argument('<id>'))
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (id: string, options: Options) => {
      const answer = await ask(io, options, 'POST', `/${encodeURIComponent(id)}/withdraw`, { reason: options.reason ?? '' }).catch(
        (error: unknown) => {
          if (!(error instanceof CommandError) || error.code !== 'CONFLICT') throw error;
          const hint = `${id} was redeemed, and a credential of it stands: revoke it with gridpass credential revoke`;
          throw new CommandError('CONFLICT', `${hint}; ${error.message}`, { cause: error });
        },
      );
      if (options.json === true) printJson(io, answer);
      else io.out(`${id} is ${stateOf(answer)}\n`);
    });
}

function stateOf(offer: JsonObject): string {
  const redeemed = memberOf(offer, 'redeemedAt') !== undefined;
  // What was redeemed stays said: a credential may have come of it before the rest was taken back.
  if (memberOf(offer, 'withdrawn') !== undefined) return redeemed ? 'redeemed, then withdrawn' : 'withdrawn';
  return redeemed ? 'redeemed' : 'open';
}

async function ask(io: Io, options: TargetOptions, method: 'GET' | 'POST', path: string, json?: JsonObject): Promise<JsonObject> {
  const { url, tenant, token } = await resolveTarget(io, options);
  return askJson({
    url: `${url}/t/${encodeURIComponent(tenant)}/admin/offers${path}`,
    method,
    token,
    ...(json === undefined ? {} : { json }),
  });
}

function rowsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}
