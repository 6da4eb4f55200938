import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { InputError } from '@gridpass/core';
import type { KeyEncryptionKey } from '@gridpass/keys';
import { readNamedFile } from './text-file.js';
import { makeWhole } from './whole-file.js';

/** Where a key-encryption key is read from. */
export interface KeyFile {
  readonly id: string;
  readonly file: string;
}

/** Reads key-encryption keys: 64 hexadecimal digits a file. Throws InputError CONFIG_INVALID that names the file, never its content. */
export function readKeyFiles(files: readonly KeyFile[]): readonly KeyEncryptionKey[] {
  return files.map(({ id, file }) => {
    const text = readNamedFile('the key file', file).trim();
    if (!/^[0-9a-f]{64}$/i.test(text))
      throw new InputError('CONFIG_INVALID', `the key file ${resolve(file)} does not hold 64 hexadecimal digits`);
    return { id, bytes: new Uint8Array(Buffer.from(text, 'hex')) };
  });
}

/** Makes a key file that only its owner can read, unless it is there; a crash leaves the whole file or none. */
export async function ensureKeyFile(file: string): Promise<void> {
  await makeWhole(file, `${randomBytes(32).toString('hex')}\n`);
}
