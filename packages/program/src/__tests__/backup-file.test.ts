import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readBackupFile, writeBackupFile } from '../backup/backup-file.js';

const PASSPHRASE = 'a passphrase of enough characters';
const RULES = { maxBytes: 8 };
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gridpass-backup-file-'));
});
afterAll(() => rm(directory, { recursive: true }));

const write = async (name: string, row: string, rules = RULES): Promise<string> => {
  async function* rows(): AsyncGenerator<string> {
    yield* ['first', row];
  }
  const file = join(directory, name);
  await writeBackupFile(file, rows(), PASSPHRASE, rules);
  return file;
};
const read = async (file: string): Promise<readonly string[]> => {
  const lines: string[] = [];
  for await (const line of readBackupFile(file, PASSPHRASE, RULES)) lines.push(line);
  return lines;
};

it('a backup has no row that could not be read again, counted in bytes', async () => {
  // Four letters of two bytes each.
  expect(await read(await write('fits', 'øøøø'))).toEqual(['first', 'øøøø']);
  await expect(write('too-long', 'øøøøo')).rejects.toMatchObject({
    code: 'ARCHIVE_INVALID',
    message: expect.stringMatching(/too-long: row 2 is longer than 8 bytes/),
  });
  expect((await readdir(directory)).filter((name) => name.startsWith('too-long'))).toEqual([]);
});

it('a row that cannot be read is told of with the file that it is in', async () => {
  const file = await write('of-others', 'øøøøo', { maxBytes: 9 });
  await expect(read(file)).rejects.toMatchObject({
    code: 'ARCHIVE_INVALID',
    message: expect.stringMatching(/of-others: line 2: longer than 8 bytes/),
  });
});
