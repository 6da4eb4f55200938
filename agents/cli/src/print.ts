import { toShownText } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import type { Io } from './io.js';

/** Writes JSON: one document, indented for people, as short as needed for programs through a pipe. */
export function printJson(io: Pick<Io, 'out'>, value: JsonValue): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes rows under their column names, each as wide as its widest cell. */
export function printTable(io: Pick<Io, 'out'>, columns: readonly string[], rows: readonly JsonObject[]): void {
  const cells = rows.map((row) => columns.map((column) => toCell(row[column])));
  const widths = columns.map((column, index) => Math.max(column.length, ...cells.map((row) => widthOf(row[index] ?? ''))));
  for (const row of [columns, ...cells])
    io.out(
      `${row
        .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell))))
        .join('  ')
        .trimEnd()}\n`,
    );
  if (rows.length === 0) io.out('(none)\n');
}

/** Marks that isolate a text take no room. */
const widthOf = (cell: string): number => cell.replace(/[\u2068\u2069]/gu, '').length;

/** A value in one line. Names come from other people's registers and applications: one of them could redraw the terminal. */
export function toCell(value: JsonValue | undefined): string {
  const text = value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  return toShownText(text);
}

/** Seconds since 1970 as people read them. */
export function toDate(value: JsonValue | undefined): string {
  return typeof value === 'number' ? new Date(value * 1_000).toISOString().replace('.000', '') : '';
}
