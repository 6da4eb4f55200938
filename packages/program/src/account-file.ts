import { InputError, type TenantId } from '@gridpass/core';
import { accountFromPrivateKey, toAccountSigner, type AccountSigner } from '@gridpass/ledger';
import { takeTurn } from '@gridpass/store';
import type { Program } from './open-program.js';
import { readNamedFile } from './text-file.js';

/** The account whose private key a file holds: 0x and 64 hexadecimal digits. Throws InputError CONFIG_INVALID with the key and the file's name, never its content. */
export function readAccountFile(key: string, file: string): AccountSigner {
  const text = readNamedFile(`${key}:`, file, '; write 0x and 64 hexadecimal digits into it').trim();
  try {
    return accountFromPrivateKey(text);
  } catch (cause) {
    // Without the cause: its message may quote the key.
    if (cause instanceof InputError) throw new InputError('CONFIG_INVALID', `${key}: ${file} does not hold 0x and 64 hexadecimal digits`);
    throw cause;
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
