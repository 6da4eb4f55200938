import { readFileSync } from 'node:fs';
import { InputError, type TenantId } from '@gridpass/core';
import { accountFromPrivateKey, toAccountSigner, type AccountSigner } from '@gridpass/ledger';
import { takeTurn } from '@gridpass/store';
import type { Program } from './open-program.js';

/** The account whose private key a file holds: 0x and 64 hexadecimal digits. Throws InputError CONFIG_INVALID with the key and the file's name, never its content. */
export function readAccountFile(key: string, file: string): AccountSigner {
  try {
    return accountFromPrivateKey(readFileSync(file, 'utf8').trim());
  } catch (cause) {
    if (cause instanceof InputError) throw new InputError('CONFIG_INVALID', `${key}: ${file} does not hold 0x and 64 hexadecimal digits`);
    throw new InputError('CONFIG_INVALID', `${key}: ${file} cannot be read; write 0x and 64 hexadecimal digits into it`, { cause });
  }
}

/** An account whose key lies in the vault, made the first time, by the first of replicas that start at once. */
export async function openVaultAccount(
  { vault, store }: Pick<Program, 'vault' | 'store'>,
  tenant: TenantId,
  keyId: string,
): Promise<AccountSigner> {
  const keys = vault.keysOf(tenant, 'account');
  await takeTurn(store, async () => {
    if ((await keys.findKey(keyId)) === undefined) await keys.createKey('ES256K', { keyId, label: 'pays on a chain' });
  });
  return toAccountSigner(await keys.digestSigner(keyId));
}
