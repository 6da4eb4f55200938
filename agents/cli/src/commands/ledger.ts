import type { Command } from 'commander';
import { isJsonObject, memberOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { askJson } from '../adapters/http.js';
import type { Io } from '../io.js';
import { printJson, printTable, toCell, toDate } from '../print.js';
import { objectOf, resolveTarget } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions } from './target-options.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** Whose operator asks where nobody is named. */
const DEFAULT_TENANT = 'dso';

/** `gridpass ledger`: the chain as the issuer sees it. */
export function addLedgerCommands(program: Command, io: Io): void {
  const ledger = program.command('ledger').description('the chain, the relayer and the index of DIDs');
  addTargetOptions(ledger.command('status').description('the chain, the relayer with its calls, the index')).action(
    async (options: Options) => {
      print(io, options, await ask(io, options, 'GET', 'ledger'));
    },
  );
  addTargetOptions(ledger.command('rebuild').description('read all DID events again from the chain')).action(async (options: Options) => {
    print(io, options, await ask(io, options, 'POST', 'ledger/rebuild'));
  });
}

async function ask(io: Io, options: Options, method: 'GET' | 'POST', path: string): Promise<JsonObject> {
  const { url, tenant, token } = await resolveTarget(io, options, DEFAULT_TENANT);
  return askJson({ url: `${url}/t/${encodeURIComponent(tenant)}/admin/${path}`, method, token });
}

function print(io: Io, options: Options, answer: JsonObject): void {
  if (options.json === true) {
    printJson(io, answer);
    return;
  }
  const index = objectOf(answer, 'index');
  const rows = [
    ...['chainId', 'registry', 'head'].map((name) => ({ what: name, value: toCell(memberOf(answer, name)) })),
    ...Object.entries(objectOf(answer, 'relayer')).map(([name, value]) => ({ what: `relayer ${name}`, value: toCell(value) })),
    ...(Object.keys(index).length === 0
      ? [{ what: 'index', value: 'none' }]
      : Object.entries(index).map(([name, value]) => ({ what: `index ${name}`, value: toIndexCell(name, value) }))),
  ];
  printTable(io, ['what', 'value'], rows);
}

/** The newest block in one cell, and times as people read them. */
function toIndexCell(name: string, value: JsonValue): string {
  if (name === 'head' && isJsonObject(value)) return `${toCell(memberOf(value, 'number'))} ${toCell(memberOf(value, 'hash'))}`;
  return name === 'confirmedAt' ? toDate(value) : toCell(value);
}
