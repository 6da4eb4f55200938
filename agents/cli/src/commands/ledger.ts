import type { Command } from 'commander';
import { isJsonObject, memberOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { withExamples } from '../help.js';
import type { Io } from '../io.js';
import { show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { printTable, toCell, toDate } from '../print.js';
import { objectOf } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions, askAdmin } from './target-options.js';

type Options = TargetOptions & OutputOptions;

/** Whose operator asks where nobody is named. */
const DEFAULT_TENANT = 'dso';

/** `gridpass ledger`: the chain as the issuer sees it. */
export function addLedgerCommands(program: Command, io: Io): void {
  const ledger = program.command('ledger').description('the chain, the relayer and the index of DIDs');
  const status = addTargetOptions(ledger.command('status').description('show the chain, the relayer with its calls, the index')).action(
    async (options: Options) => print(io, options, await askAdmin(io, options, { method: 'GET', path: 'ledger', tenant: DEFAULT_TENANT })),
  );
  withExamples(status, 'gridpass ledger status --tenant dso');
  const rebuild = addTargetOptions(ledger.command('rebuild').description('read all DID events again from the chain')).action(
    async (options: Options) =>
      print(io, options, await askAdmin(io, options, { method: 'POST', path: 'ledger/rebuild', tenant: DEFAULT_TENANT })),
  );
  withExamples(rebuild, 'gridpass ledger rebuild --tenant dso');
}

function print(io: Io, options: Options, answer: JsonObject): void {
  const index = objectOf(answer, 'index');
  const rows = [
    ...['chainId', 'registry', 'head'].map((name) => ({ what: name, value: toCell(memberOf(answer, name)) })),
    ...Object.entries(objectOf(answer, 'relayer')).map(([name, value]) => ({ what: `relayer ${name}`, value: toCell(value) })),
    ...(Object.keys(index).length === 0
      ? [{ what: 'index', value: 'none' }]
      : Object.entries(index).map(([name, value]) => ({ what: `index ${name}`, value: toIndexCell(name, value) }))),
  ];
  show(io, options, {
    document: answer,
    names: [memberOf(answer, 'registry')],
    people: (wide) => printTable(io, ['what', 'value'], rows, { wide }),
  });
}

/** The newest block in one cell, and times as people read them. */
function toIndexCell(name: string, value: JsonValue): string {
  if (name === 'head' && isJsonObject(value)) return `${toCell(memberOf(value, 'number'))} ${toCell(memberOf(value, 'hash'))}`;
  return name === 'confirmedAt' ? toDate(value) : toCell(value);
}
