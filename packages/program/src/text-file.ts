import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError, isError } from '@gridpass/core';
import { decodeUtf8 } from '@gridpass/codec';

/** Of any file that a configuration names. */
const MAX_BYTES = 1_048_576;

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'what should be a directory on the way is a file',
  EISDIR: 'it is a directory',
  EACCES: 'this program may not read it',
  EPERM: 'this program may not read it',
};

/** The text of a file that the configuration names. Throws InputError CONFIG_INVALID with the key, the path that was tried and why, never its content. */
export function readTextFile(key: string, file: string): string {
  return readNamedFile(`${key}:`, file);
}

/** The same of a file that is not called by its key: `the key file`. `advice` says what belongs into it. */
export function readNamedFile(whose: string, file: string, advice = ''): string {
  // A relative path is tried from the working directory, which is seldom where the configuration lies.
  const wrong = (why: string, cause?: unknown): InputError =>
    new InputError('CONFIG_INVALID', `${whose} ${resolve(file)} cannot be read: ${why}${advice}`, { cause });
  let bytes: Uint8Array;
  try {
    // What is no file, e.g. a pipe, would hold the whole program until somebody writes.
    const { isFile, size } = statOf(file);
    if (!isFile) throw wrong('it is no regular file');
    if (size > MAX_BYTES) throw wrong(`it has more than ${MAX_BYTES} bytes`);
    bytes = readFileSync(file);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const code = isError(cause) && 'code' in cause ? String(cause.code) : 'unknown';
    throw wrong(Object.hasOwn(WHY, code) ? (WHY[code] ?? code) : code, cause);
  }
  const text = decodeUtf8(bytes);
  // Read leniently it would be another text than the one that lies there, and what is noted of it another digest.
  if (!text.ok) throw wrong('it is not UTF-8');
  return text.value;
}

function statOf(file: string): { readonly isFile: boolean; readonly size: number } {
  const stat = statSync(file);
  // A directory says so by itself, as it is read.
  return { isFile: stat.isFile() || stat.isDirectory(), size: stat.size };
}
