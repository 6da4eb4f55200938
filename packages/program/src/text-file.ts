import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError, isError } from '@gridpass/core';

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
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = isError(cause) && 'code' in cause ? String(cause.code) : 'unknown';
    const why = Object.hasOwn(WHY, code) ? WHY[code] : code;
    // A relative path is tried from the working directory, which is seldom where the configuration lies.
    throw new InputError('CONFIG_INVALID', `${whose} ${resolve(file)} cannot be read: ${why}${advice}`, { cause });
  }
}
