import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { decodeUtf8 } from '@gridpass/codec';
import { InputError, ok, refuse } from '@gridpass/core';
import type { Outcome, RegisterEntry } from '@gridpass/core';
import { REGISTER_COLUMNS, parseRow } from './parse-row.js';

/** One line of a register and what became of it. `bytesRead` grows to the length of the input, for progress. */
export interface RegisterLine {
  readonly line: number;
  readonly bytesRead: number;
  readonly entry: Outcome<RegisterEntry>;
}

export interface RegisterLimits {
  readonly maxLineBytes: number;
  readonly maxLines: number;
}

export const DEFAULT_REGISTER_LIMITS: RegisterLimits = { maxLineBytes: 16_384, maxLines: 1_000_000 };

/**
 * Reads a register as a stream, line by line. LF, CRLF and CR each end a line, so that two rows are never read as one. A bad line is reported and the next one is read: fields of this form never
 * hold line breaks, so a quote left open spoils its own line only. Throws InputError REGISTER_UNREADABLE when the first
 * line is not the register's header or the text is not UTF-8.
 */
export async function* readRegister(
  input: AsyncIterable<Uint8Array>,
  limits: RegisterLimits = DEFAULT_REGISTER_LIMITS,
): AsyncIterable<RegisterLine> {
  let number = 0;
  for await (const { bytes, bytesRead } of splitLines(input, limits.maxLineBytes)) {
    number += 1;
    if (number > limits.maxLines) throw new InputError('REGISTER_UNREADABLE', `the register has more than ${limits.maxLines} lines`);
    const line = number;
    if (bytes === undefined) {
      assertAfterHeader(line);
      yield { line, bytesRead, entry: refuse('ROW_MALFORMED', 'register', `the line is longer than ${limits.maxLineBytes} bytes`) };
      continue;
    }
    const decoded = decodeUtf8(bytes);
    const text = decoded.ok ? withoutMark(decoded.value, line) : undefined;
    if (line === 1) {
      assertHeader(text);
      continue;
    }
    if (text === undefined) yield { line, bytesRead, entry: refuse('ROW_MALFORMED', 'register', 'the line is not UTF-8') };
    else if (text !== '') yield { line, bytesRead, entry: parseLine(text) };
  }
  if (number === 0) throw new InputError('REGISTER_UNREADABLE', 'the register is empty');
}

function parseLine(text: string): Outcome<RegisterEntry> {
  const fields = splitFields(text);
  return fields.ok ? parseRow(fields.value) : fields;
}

function splitFields(text: string): Outcome<readonly string[]> {
  // Before anything is built of them: a line has room for thousands of columns.
  if (hasMoreColumns(text, REGISTER_COLUMNS.length))
    return refuse('ROW_MALFORMED', 'register', `more than ${REGISTER_COLUMNS.length} columns`);
  try {
    const records: unknown = parse(text, { delimiter: ';', record_delimiter: '\n', relax_column_count: true });
    const [fields, ...more] = Array.isArray(records) ? (records as readonly unknown[]) : [];
    if (more.length > 0 || !Array.isArray(fields) || !fields.every((field): field is string => typeof field === 'string')) {
      return refuse('ROW_MALFORMED', 'register', 'the line does not hold one record');
    }
    return ok(fields);
  } catch (error) {
    if (error instanceof CsvError) return refuse('ROW_MALFORMED', 'register', 'the quotes of the line do not match');
    throw error;
  }
}

/** Counts semicolons outside quotes, no further than it has to. */
function hasMoreColumns(text: string, most: number): boolean {
  let columns = 1;
  let isQuoted = false;
  for (let index = 0; index < text.length && columns <= most; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) isQuoted = !isQuoted;
    else if (unit === SEMICOLON && !isQuoted) columns += 1;
  }
  return columns > most;
}

function assertHeader(text: string | undefined): void {
  const fields = text === undefined ? undefined : splitFields(text);
  if (fields?.ok !== true || fields.value.join(';') !== REGISTER_COLUMNS.join(';')) {
    throw new InputError('REGISTER_UNREADABLE', `the first line must be the header ${REGISTER_COLUMNS.join(';')}`);
  }
}

function assertAfterHeader(line: number): void {
  if (line === 1) throw new InputError('REGISTER_UNREADABLE', 'the first line is too long to be the header of a register');
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;
const SEMICOLON = 59;

/** Splits at LF, CRLF and CR; holds one line at most, and gives `bytes: undefined` for a line over the bound. */
async function* splitLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<{ bytes: Uint8Array | undefined; bytesRead: number }> {
  let kept: Uint8Array[] = [];
  let size = 0;
  let bytesRead = 0;
  const take = (): Uint8Array | undefined => {
    const bytes = size > maxBytes ? undefined : join(kept, size);
    kept = [];
    size = 0;
    return bytes;
  };
  let wasReturn = false;
  for await (const chunk of input) {
    let start = 0;
    for (let end = 0; end < chunk.length; end += 1) {
      const byte = chunk[end];
      const isSecond = wasReturn && byte === LINE_FEED;
      wasReturn = byte === CARRIAGE_RETURN;
      if (isSecond) start = end + 1;
      if (isSecond || (byte !== LINE_FEED && byte !== CARRIAGE_RETURN)) continue;
      size += end - start;
      if (size <= maxBytes) kept.push(chunk.subarray(start, end));
      yield { bytes: take(), bytesRead: bytesRead + end + 1 };
      start = end + 1;
    }
    size += chunk.length - start;
    if (size <= maxBytes) kept.push(chunk.subarray(start));
    bytesRead += chunk.length;
  }
  if (size > 0) yield { bytes: take(), bytesRead };
}

function join(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Spreadsheets put a byte order mark before the first line. */
function withoutMark(text: string, line: number): string {
  return line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
}
