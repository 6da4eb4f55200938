import { isJsonObject } from '@gridpass/codec';
import { InputError } from '@gridpass/core';
import { readAccountFile } from './account-file.js';
import { readKeyFiles } from './key-files.js';

/** Where configurations name files, by key; `[]` stands behind a list. `test/docs/configured-files.test.ts` holds it against every schema. */
const KEY_FILES = ['keyEncryptionKeys[].file'] as const;
const ACCOUNT_FILES = ['accountKeyFile', 'anchorAccountKeyFile', 'relayer.accountKeyFile'] as const;

/**
 * Reads every file that the configuration names, as the start will: what `--check-config` accepts has its keys. Throws InputError
 * CONFIG_INVALID that names the file, never its content, and for an account that is there twice: two senders of one account take each other's nonces.
 */
export function checkConfiguredFiles(configured: object): void {
  for (const key of KEY_FILES) readKeyFiles(valuesAt(configured, key.split('.')).map((file) => ({ id: key, file })));
  const keyOf = new Map<string, string>();
  for (const key of ACCOUNT_FILES) {
    for (const file of valuesAt(configured, key.split('.'))) {
      const account = readAccountFile(key, file).account.toLowerCase();
      const first = keyOf.get(account);
      if (first !== undefined) throw new InputError('CONFIG_INVALID', `${key}: the account of ${first}; each needs one of its own`);
      keyOf.set(account, key);
    }
  }
}

/** The texts at one key; none where a key on the way is left out. */
function valuesAt(value: unknown, [step, ...rest]: readonly string[]): readonly string[] {
  if (step === undefined) return typeof value === 'string' ? [value] : [];
  const name = step.replace('[]', '');
  const member: unknown = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  const members: readonly unknown[] = step.endsWith('[]') && Array.isArray(member) ? member : [member];
  return members.flatMap((one) => valuesAt(one, rest));
}
