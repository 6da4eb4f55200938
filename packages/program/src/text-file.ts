import { readFileSync } from 'node:fs';
import { InputError } from '@gridpass/core';

/** The text of a file that the configuration names. Throws InputError CONFIG_INVALID with the key and the file's name, never its content. */
export function readTextFile(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError('CONFIG_INVALID', `${key}: ${file} cannot be read`, { cause });
  }
}
