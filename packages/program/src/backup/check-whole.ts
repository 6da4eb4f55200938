import { InputError } from '@gridpass/core';
import { readBackupFile } from './backup-file.js';
import { readManifest, type Manifest } from './manifest.js';

/** Reads the backup to its end: what is damaged anywhere is found before anything is written. */
export async function checkWhole(file: string, passphrase: string): Promise<Manifest> {
  const lines = readBackupFile(file, passphrase);
  const manifest = await readManifest(lines);
  let last = '';
  for await (const line of lines) last = line;
  if (!last.startsWith('{"kind":"end"')) throw new InputError('ARCHIVE_INVALID', `${file}: it has no end`);
  return manifest;
}
