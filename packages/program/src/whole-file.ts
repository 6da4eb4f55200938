import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { types } from 'node:util';

/** What a file is to hold: a text, or pieces that are written as they come. */
type Content = string | AsyncIterable<Uint8Array>;

/** Makes a file that only its owner can read, with its directory; false, and nothing is changed, where there is one of that name. */
export async function makeWhole(file: string, text: Content): Promise<boolean> {
  return placed(file, text, async (draft) => {
    try {
      // link, not rename: of two that make it at once one wins, and neither replaces what is in use.
      await link(draft, file);
      return true;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      return false;
    }
  });
}

/** The same in the place of the file that may be there. */
export async function replaceWhole(file: string, text: Content): Promise<void> {
  await placed(file, text, async (draft) => {
    await rename(draft, file);
    return true;
  });
}

/**
 * INVARIANT: the file is there whole or not at all, also for a replica that reads it meanwhile and after a crash. Text and name are
 * on the disk when this returns: the name stands in the directory, which is written by a sync of its own.
 */
async function placed(file: string, text: Content, place: (draft: string) => Promise<boolean>): Promise<boolean> {
  const directory = dirname(file);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await place(draft))) return false;
  } finally {
    await rm(draft, { force: true });
  }
  const names = await open(directory, 'r');
  try {
    await names.sync();
  } finally {
    await names.close();
  }
  return true;
}

/** Whether it is an error of the system with that code, such as ENOENT. */
export const hasCode = (error: unknown, code: string): boolean => types.isNativeError(error) && 'code' in error && error.code === code;
