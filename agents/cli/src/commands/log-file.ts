import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { isJsonObject, memberOf, parseJson, toLines } from '@gridpass/codec';
import { InputError } from '@gridpass/core';
import type { JsonObject, JsonValue, PublicJwk } from '@gridpass/core';
import { parsePublicJwk } from '@gridpass/keys';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { readText } from './policy-files.js';

/** The lines of a log, and the key they are held against. */
export interface OpenedLog {
  readonly source: FirstLine;
  /** Where the key is from: a file of `--key`, the server of the log, or the export itself. */
  readonly keySource: 'file' | 'server' | 'export';
  readonly publicJwk: PublicJwk;
}

/** An export in a file. */
export function openLogFile(io: Io, file: string, keyFile: string | undefined): Promise<OpenedLog> {
  return openLines(io, { lines: readLines(resolve(io.directory, file)) }, keyFile);
}

/** Lines from wherever, held against the key of `keyFile`, else of the server, else of their own header. */
export async function openLines(
  io: Io,
  { lines, servedKey }: { readonly lines: AsyncIterable<string>; readonly servedKey?: PublicJwk },
  keyFile: string | undefined,
): Promise<OpenedLog> {
  const source = new FirstLine(lines);
  const keySource = keyFile !== undefined ? 'file' : servedKey !== undefined ? 'server' : 'export';
  const publicJwk =
    keyFile !== undefined
      ? toKey(await readJson(resolve(io.directory, keyFile)), keyFile)
      : (servedKey ?? keyOfHeader(await source.first()));
  return { source, keySource, publicJwk };
}

/** The lines of a file, as they are read. */
export async function* readLines(path: string): AsyncIterable<string> {
  try {
    yield* toLines(createReadStream(path), { crlf: true });
  } catch (cause) {
    if (cause instanceof InputError) throw new CommandError(cause.code, `${path}: ${cause.message}`, { cause });
    throw new CommandError('REQUEST_MALFORMED', `${path} cannot be read`, { cause });
  }
}

/** Lets the first line be looked at before all lines are read. */
export class FirstLine {
  readonly #lines: AsyncIterator<string>;
  #first: string | undefined;

  constructor(lines: AsyncIterable<string>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async first(): Promise<string> {
    const next = await this.#lines.next();
    this.#first = next.done === true ? '' : next.value;
    return this.#first;
  }

  async *all(): AsyncIterable<string> {
    if (this.#first !== undefined) yield this.#first;
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next()) yield next.value;
  }
}

function keyOfHeader(line: string): PublicJwk {
  const json = parseJson(line);
  const header: JsonObject = json.ok && isJsonObject(json.value) ? json.value : {};
  return toKey(memberOf(header, 'key') ?? null, 'the export');
}

/** A public key out of JSON; `where` is named where it is none. */
export function toKey(value: JsonValue, where: string): PublicJwk {
  const key = parsePublicJwk(value);
  if (!key.ok) throw new CommandError('REQUEST_MALFORMED', `${where} holds no public key`);
  return key.value;
}

async function readJson(path: string): Promise<JsonValue> {
  const json = parseJson(await readText(path));
  if (!json.ok) throw new CommandError('CONFIG_INVALID', `${path} is not JSON`);
  return json.value;
}
