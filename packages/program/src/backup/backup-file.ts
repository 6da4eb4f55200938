import { createReadStream } from 'node:fs';
import { toLines, utf8, type LineRules } from '@gridpass/codec';
import { InputError } from '@gridpass/core';
import { openSealedStream, sealStream } from '@gridpass/keys';
import { exists } from '../log-files.js';
import { hasCode, makeWhole } from '../whole-file.js';

const FORMAT = 'gridpass-backup';
/** A row is a line, whatever its values hold. */
export const ROW_LINES: LineRules = { maxBytes: 256 * 1024 * 1024 };

/**
 * Writes lines into a sealed file that was not there before, readable by its owner alone: whole, on the disk, or not at all. InputError
 * CONFLICT where there is one of that name.
 */
export async function writeBackupFile(file: string, lines: AsyncIterable<string>, passphrase: string): Promise<void> {
  const taken = new InputError('CONFLICT', `${file} is there already; give the backup another name`);
  if (await exists(file)) throw taken;
  if (!(await makeWhole(file, sealStream(FORMAT, toBytes(lines), passphrase)))) throw taken;
}

/** The lines of a sealed file, each once it is known to be as it was written. InputError ARCHIVE_INVALID names the file and what is wrong with it. */
export async function* readBackupFile(file: string, passphrase: string): AsyncGenerator<string> {
  try {
    yield* toLines(openSealedStream(FORMAT, createReadStream(file), passphrase), ROW_LINES);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new InputError('CONFIG_INVALID', `there is no backup ${file}`, { cause: error });
    if (error instanceof InputError && error.code === 'ARCHIVE_INVALID')
      throw new InputError('ARCHIVE_INVALID', `${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

async function* toBytes(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield utf8(`${line}\n`);
}
