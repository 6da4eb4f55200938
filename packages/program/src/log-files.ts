import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Fault } from '@gridpass/core';
import { hasCode } from './checkpoint-files.js';

/** The lines of a file, without their ends. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) yield line;
}

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

/** A file that is there whole or not at all, also for a replica that reads it meanwhile. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flush: true });
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
