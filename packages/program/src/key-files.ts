import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { types } from 'node:util';
import { InputError } from '@gridpass/core';
import type { KeyEncryptionKey } from '@gridpass/keys';

/** Where a key-encryption key is read from. */
export interface KeyFile {
  readonly id: string;
  readonly file: string;
}

/** Reads key-encryption keys: 64 hexadecimal digits a file. Throws InputError CONFIG_INVALID that names the file, never its content. */
export function readKeyFiles(files: readonly KeyFile[]): readonly KeyEncryptionKey[] {
  return files.map(({ id, file }) => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8').trim();
    } catch (cause) {
      throw new InputError('CONFIG_INVALID', `the key file ${file} cannot be read`, { cause });
    }
    if (!/^[0-9a-f]{64}$/i.test(text)) throw new InputError('CONFIG_INVALID', `the key file ${file} does not hold 64 hexadecimal digits`);
    return { id, bytes: new Uint8Array(Buffer.from(text, 'hex')) };
  });
}

/** Makes a key file that only its owner can read, unless it is there; a crash leaves the whole file or none. */
export async function ensureKeyFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(32).toString('hex')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // link, not rename: of two starting processes one wins, and neither replaces a key that is in use.
    await link(draft, file);
  } catch (error) {
    if (!(types.isNativeError(error) && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft);
  }
}
