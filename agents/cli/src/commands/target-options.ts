import { Option } from 'commander';
import type { Command } from 'commander';
import { memberOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { askJson } from '../adapters/http.js';
import { advise } from '../advice.js';
import type { Io } from '../io.js';
import type { IdSource } from '../ids.js';
import { addOutputOptions } from '../output.js';
import { resolveTarget } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { httpAddress, wholeNumber } from '../values.js';

/** The options of every command that talks to an issuer, with those of its output. */
export function addTargetOptions(command: Command): Command {
  return addOutputOptions(addSocietyOption(command))
    .addOption(new Option('--url <address>', "the issuer's address instead of the society's").argParser(httpAddress))
    .option('--tenant <id>', 'on whose behalf; the operator token comes from the society or OPERATOR_TOKEN');
}

/** Where the society on this machine is described. */
export function addSocietyOption(command: Command): Command {
  return command.option('--society <file>', 'the running society (default: .gridpass/society.json)');
}

/** The options of a list that comes in pages. */
export function addPageOptions(command: Command): Command {
  return command
    .addOption(new Option('--limit <n>', 'rows of a page, 1 to 200').argParser(wholeNumber(1, 200)).default('50'))
    .option('--after <cursor>', 'the page after this one, as the page before says');
}

/** What a list is asked for. */
export interface PageOptions {
  readonly limit?: string;
  readonly after?: string;
}

/** How to see the page after this one; undefined where it is the last. */
export function moreOf(page: JsonObject, options: TargetOptions & PageOptions, ...words: readonly string[]): string | undefined {
  const next = memberOf(page, 'next');
  if (typeof next !== 'string') return undefined;
  return `more: ${advise(options, ...words, '--limit', options.limit ?? '50', '--after', next)}`;
}

/** A call to the admin routes of an issuer. */
export interface AdminCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below `/t/TENANT/admin/`. */
  readonly path: string;
  readonly json?: JsonObject;
  /** Whose operator asks where nobody is named. */
  readonly tenant?: string;
}

/** Asks an issuer as one of its operators. */
export async function askAdmin(io: Io, options: TargetOptions, call: AdminCall): Promise<JsonObject> {
  const { url, tenant, token } = await resolveTarget(io, options, call.tenant);
  return askJson({
    url: `${url}/t/${encodeURIComponent(tenant)}/admin/${call.path}`,
    method: call.method,
    token,
    ...(call.json === undefined ? {} : { json: call.json }),
  });
}

/** Where whole ids of an issuer are looked up by their beginnings, page by page. */
export function idsOf(
  io: Io,
  options: TargetOptions,
  given: {
    readonly what: string;
    readonly member: string;
    readonly length: number;
    readonly path: string;
    readonly list: readonly string[];
  },
): IdSource {
  const { what, member, length, path, list } = given;
  return {
    what,
    member,
    length,
    seen: advise(options, ...list),
    page: (after) => {
      const query = new URLSearchParams({ limit: '200', ...(after === undefined ? {} : { after }) });
      return askAdmin(io, options, { method: 'GET', path: `${path}?${query.toString()}` });
    },
  };
}
