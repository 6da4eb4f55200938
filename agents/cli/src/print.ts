import { toShownText } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import type { Io } from './io.js';

/** A column of a table, by the member of a row that it shows. */
export interface Column {
  readonly name: string;
  /** `id`: as short as tells the rows apart; `did`: short, beside the name of the party; `state`: in colour. Text unless told. */
  readonly kind?: 'id' | 'did' | 'state';
  /** Shown with `-o wide` alone. */
  readonly wide?: true;
}

/** How a table is shown. */
export interface Style {
  /** Everything, in full, however long the lines become. */
  readonly wide?: boolean;
  /** The name of a party that has this DID. */
  readonly nameOf?: (did: string) => string | undefined;
}

/** The longest line of a table, in cells of the terminal. */
const LINE = 120;
const GAP = 2;
/** The fewest characters of an id that are shown, and of a cell that has to give way. */
const SHORTEST = 8;
const COLOURS: Readonly<Record<string, number>> = {
  ...{ active: 32, approved: 32, issued: 32, up: 32, valid: 32, open: 32 },
  ...{ pending: 33, suspended: 33, expiring: 33, offered: 33 },
  ...{ revoked: 31, rejected: 31, down: 31, expired: 31, closed: 31, withdrawn: 31 },
};

/** Writes JSON: one document, indented for people, as short as needed for programs through a pipe. */
export function printJson(io: Pick<Io, 'out'>, value: JsonValue): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes rows under their column names, in lines of at most 120 cells unless the style is wide. */
export function printTable(
  io: Pick<Io, 'out' | 'colours'>,
  columns: readonly (Column | string)[],
  rows: readonly JsonObject[],
  style: Style = {},
): void {
  const wide = style.wide === true;
  const shown = columns.map((column) => (typeof column === 'string' ? { name: column } : column)).filter((column) => wide || !column.wide);
  const texts = shown.map((column) => textsOf(column, rows, style));
  const widths = fit(
    shown.map(({ name, kind }, index) => ({
      width: Math.max(widthOf(name), ...(texts[index] ?? []).map(widthOf)),
      fixed: kind === 'id',
    })),
    wide ? Infinity : LINE,
  );
  const write = (cells: readonly string[], kinds: readonly (Column['kind'] | 'title')[]): void => {
    const line = cells.map((cell, index) => {
      const clipped = clip(cell, widths[index] ?? 0);
      const padding = index === cells.length - 1 ? '' : ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(clipped)));
      return paint(io, clipped, kinds[index]) + padding;
    });
    io.out(`${line.join(' '.repeat(GAP)).trimEnd()}\n`);
  };
  write(
    shown.map(({ name }) => name),
    shown.map(() => 'title'),
  );
  for (const index of rows.keys())
    write(
      texts.map((column) => column[index] ?? ''),
      shown.map(({ kind }) => kind),
    );
  if (rows.length === 0) io.out('(none)\n');
}

function textsOf({ name, kind }: Column, rows: readonly JsonObject[], { wide, nameOf }: Style): readonly string[] {
  const cells = rows.map((row) => toCell(row[name]));
  if (kind === 'did')
    return cells.map((cell) => {
      const party = toCell(nameOf?.(cell));
      return [party, wide === true ? cell : shortDid(cell)].filter(Boolean).join(' ');
    });
  return kind === 'id' && wide !== true ? shorten(cells) : cells;
}

/** The shortest beginnings that tell ids apart from each other, of 8 characters at least. */
export function shorten(ids: readonly string[]): readonly string[] {
  const different = [...new Set(ids)];
  return ids.map((id) => {
    for (let length = SHORTEST; length < id.length; length += 1) {
      const start = id.slice(0, length);
      if (different.every((other) => other === id || !other.startsWith(start))) return start;
    }
    return id;
  });
}

/** A DID by its method and its end, which differs most. */
export function shortDid(did: string): string {
  const [, method = '', rest = ''] = /^(did:[a-z0-9]+:)(.+)$/u.exec(did) ?? [];
  return rest.length > 24 ? `${method}…${rest.slice(-10)}` : did;
}

/** Takes from the widest columns what does not fit into a line. */
function fit(columns: readonly { readonly width: number; readonly fixed: boolean }[], line: number): readonly number[] {
  const widths = columns.map(({ width }) => width);
  const room = line - GAP * (widths.length - 1);
  for (let over = sum(widths) - room; over > 0; over = sum(widths) - room) {
    const most = Math.max(...widths.filter((_width, index) => columns[index]?.fixed !== true));
    const at = widths.findIndex((width, index) => width === most && columns[index]?.fixed !== true);
    if (at < 0 || most <= SHORTEST) break;
    widths[at] = most - 1;
  }
  return widths;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Letters that take two cells of a terminal. */
const DOUBLE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60\p{Emoji_Presentation}]/u;
const NO_CELL = /[\p{Mn}\p{Me}\p{Cf}]/u;
const cellsOf = (letter: string): number => (NO_CELL.test(letter) ? 0 : DOUBLE.test(letter) ? 2 : 1);
/** Marks that isolate a text take no room, and neither do accents. */
const widthOf = (text: string): number => sum([...text].map(cellsOf));

/** The text in so many cells; what was isolated stays so. */
function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const isolated = text.startsWith('\u2068');
  let kept = '';
  let room = width - 1;
  for (const letter of text.replace(/[\u2068\u2069]/gu, '')) {
    room -= cellsOf(letter);
    if (room < 0) break;
    kept += letter;
  }
  return isolated ? `\u2068${kept}…\u2069` : `${kept}…`;
}

function paint({ colours }: Pick<Io, 'colours'>, text: string, kind: Column['kind'] | 'title'): string {
  const colour = kind === 'title' ? 1 : kind === 'state' ? COLOURS[text] : undefined;
  return colours === true && colour !== undefined && text !== '' ? `\u001b[${colour}m${text}\u001b[0m` : text;
}

/** A value in one line. Names come from other people's registers and applications: one of them could redraw the terminal. */
export function toCell(value: JsonValue | undefined): string {
  const text = value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  return toShownText(text);
}

/** Seconds since 1970 as people read them. */
export function toDate(value: JsonValue | undefined): string {
  return typeof value === 'number' ? new Date(value * 1_000).toISOString().replace('.000', '') : '';
}
