import { createReadStream } from 'node:fs';
import { toLines, utf8, type LineRules } from '@gridpass/codec';
import { InputError } from '@gridpass/core';
import { openSealedStream, sealStream } from '@gridpass/keys';
import { exists } from '../log-files.js';
import { hasCode, makeWhole } from '../whole-file.js';

const FORMAT = 'gridpass-backup';
type RowRules = LineRules & { readonly maxBytes: number };
/** A row is a line, whatever its values hold. What is longer could not be read again, and is not written. */
export const ROW_LINES: RowRules = { maxBytes: 256 * 1024 * 1024 };

/**
 * Writes lines into a sealed file that was not there before, readable by its owner alone: whole, on the disk, or not at all. InputError
 * CONFLICT where there is one of that name, ARCHIVE_INVALID for a row that is longer than `rules` allow. `rules` are for tests of the bound.
 */
export async function writeBackupFile(file: string, lines: AsyncIterable<string>, passphrase: string, rules = ROW_LINES): Promise<void> {
  const taken = new InputError('CONFLICT', `${file} is there already; give the backup another name`);
  if (await exists(file)) throw taken;
  if (!(await makeWhole(file, sealStream(FORMAT, toBytes(file, lines, rules), passphrase)))) throw taken;
}

/** The lines of a sealed file, each once it is known to be as it was written. InputError ARCHIVE_INVALID names the file and what is wrong with it. */
export async function* readBackupFile(file: string, passphrase: string, rules = ROW_LINES): AsyncGenerator<string> {
  try {
    yield* toLines(openSealedStream(FORMAT, createReadStream(file), passphrase), rules);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new InputError('CONFIG_INVALID', `there is no backup ${file}`, { cause: error });
    if (error instanceof InputError && (error.code === 'ARCHIVE_INVALID' || error.code === 'REQUEST_MALFORMED'))
      throw new InputError('ARCHIVE_INVALID', `${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

async function* toBytes(file: string, lines: AsyncIterable<string>, { maxBytes }: RowRules): AsyncGenerator<Uint8Array> {
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const bytes = utf8(`${line}\n`);
    if (bytes.length - 1 > maxBytes)
      throw new InputError('ARCHIVE_INVALID', `${file}: row ${number} is longer than ${maxBytes} bytes and could not be read again`);
    yield bytes;
  }
}
