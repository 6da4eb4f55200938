import { open, rm } from 'node:fs/promises';
import { types } from 'node:util';
import { CommandError } from '../io.js';

/**
 * Writes lines into a file that was not there before, readable by its owner alone, and tells how many. Nothing is made where the
 * source says no at once, and nothing is left where it ends with an error: a part of an export looks like a whole one.
 */
export async function writeLines(path: string, lines: AsyncIterable<string>): Promise<number> {
  const iterator = lines[Symbol.asyncIterator]();
  let next = await iterator.next();
  const file = await create(path);
  let count = 0;
  try {
    for (; next.done !== true; next = await iterator.next()) {
      await file.write(`${next.value}\n`);
      count += 1;
    }
  } catch (error) {
    await rm(path);
    throw error;
  } finally {
    await file.close();
  }
  return count;
}

/** The same for a text that is at hand. */
export async function writeText(path: string, text: string): Promise<void> {
  const file = await create(path);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

async function create(path: string): ReturnType<typeof open> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    const exists = types.isNativeError(cause) && 'code' in cause && cause.code === 'EEXIST';
    throw new CommandError('CONFIG_INVALID', `${path} ${exists ? 'is there already' : 'cannot be written'}`, { cause });
  }
}
