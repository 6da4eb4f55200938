import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isJsonObject, parseJson } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';

/** How claims are given. */
export const CLAIMS_HELP = 'what it shall say: JSON, or @ and a file with it';

/** The claims of `--claims`: JSON, or `@` and the name of a file with it. */
export async function readClaims(io: Io, text: string): Promise<JsonObject> {
  const json = parseJson(text.startsWith('@') ? await readClaimsFile(resolve(io.directory, text.slice(1))) : text);
  if (!json.ok || !isJsonObject(json.value)) throw new CommandError('REQUEST_MALFORMED', '--claims is no JSON object');
  return json.value;
}

async function readClaimsFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandError('REQUEST_MALFORMED', `--claims: ${file} cannot be read`, { cause });
  }
}
