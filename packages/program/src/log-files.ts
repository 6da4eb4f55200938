import { createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { toLines } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import { hasCode } from './whole-file.js';

/** The lines of a file, without their ends. It may have been carried about where lines end with `\r\n`. */
export const linesOf = (file: string): AsyncGenerator<string> => toLines(createReadStream(file), { crlf: true });

/** Undefined where there is no such file; a replica may take one away at any time. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new Fault('AUDIT_UNAVAILABLE', `${file} cannot be read`, { cause: error });
  }
}

export async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw new Fault('AUDIT_UNAVAILABLE', `${file} cannot be read`, { cause: error });
  }
}
