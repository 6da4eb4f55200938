import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { accountFromPrivateKey, createAccountKey, type AccountSigner } from '@gridpass/ledger';

/** The account of a key file, made the first time; only its owner can read it. */
export async function openLedgerAccount(file: string): Promise<AccountSigner> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${createAccountKey()}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Object && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft);
  }
  return accountFromPrivateKey((await readFile(file, 'utf8')).trim());
}
