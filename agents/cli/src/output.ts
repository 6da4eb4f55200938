import { Option } from 'commander';
import type { Command } from 'commander';
import { isJsonObject } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import type { Io } from './io.js';
import { printJson, printTable, toCell } from './print.js';
import type { Column, Style } from './print.js';

/** How a command prints its answer. */
export interface OutputOptions {
  readonly output?: 'json' | 'wide' | 'name';
  readonly json?: boolean;
}

/** An answer in the forms that a command can be asked for. */
export interface Answer {
  /** Its one document, with the fields of the API. */
  readonly document: JsonValue;
  /** What it is about: ids alone, one a line, to be handed on. */
  readonly names: readonly (JsonValue | undefined)[];
  /** Writes it for people. */
  readonly people: (wide: boolean) => void;
}

/** `-o` of every command, and its old spelling. */
export function addOutputOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-o, --output <form>', 'json: one document; wide: more columns, full ids; name: ids alone, one a line').choices([
        'json',
        'wide',
        'name',
      ]),
    )
    .option('--json', 'the same as -o json');
}

/** Whether one document is asked for. */
export const asksJson = ({ output, json }: OutputOptions): boolean => json === true || output === 'json';

/** Prints an answer as it was asked for. */
export function show(io: Io, options: OutputOptions, { document, names, people }: Answer): void {
  if (asksJson(options)) printJson(io, document);
  else if (options.output === 'name') for (const name of names) io.out(`${toCell(name)}\n`);
  else people(options.output === 'wide');
}

/** Rows of an answer as a table; `id` is the member that names a row. */
export interface Rows {
  readonly document: JsonValue;
  readonly id: string;
  readonly rows: readonly JsonObject[];
  readonly columns: readonly (Column | string)[];
  readonly nameOf?: NonNullable<Style['nameOf']>;
  /** What is said below the table. */
  readonly below?: string;
}

/** Prints rows as they were asked for. */
export function showRows(io: Io, options: OutputOptions, { document, id, rows, columns, nameOf, below }: Rows): void {
  show(io, options, {
    document,
    names: rows.map((row) => row[id]),
    people: (wide) => {
      printTable(io, columns, rows, { wide, ...(nameOf === undefined ? {} : { nameOf }) });
      if (below !== undefined) io.out(`${below}\n`);
    },
  });
}

/** The objects of a list. */
export function rowsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}
