import { isJsonObject } from '@gridpass/codec';
import { InputError } from '@gridpass/core';
import { readAccountFile } from './account-file.js';
import { readKeyFiles } from './key-files.js';
import { readTextFile } from './text-file.js';
import { readCertificates, readTlsPair } from './tls-files.js';

/** Where configurations name files, by key; `[]` stands behind a list, `*` for every key of a table. `test/docs/configured-files.test.ts` holds it against every schema. */
const KEY_FILES = ['keyEncryptionKeys[].file'] as const;
const TLS_PAIRS = ['http.tls', 'mqtt.tls', 'metrics.tls'] as const;
const CERTIFICATE_FILES = ['market.caFile'] as const;
const POLICY_FILES = ['policies.*'] as const;
const ACCOUNT_FILES = ['accountKeyFile', 'anchorAccountKeyFile', 'relayer.accountKeyFile'] as const;

/**
 * Reads every file that the configuration names, as the start will: what `--check-config` accepts has its keys. Throws InputError
 * CONFIG_INVALID that names the file, never its content, and for an account that is there twice: two senders of one account take each other's nonces.
 */
export function checkConfiguredFiles(configured: object): void {
  for (const key of KEY_FILES) readKeyFiles(valuesAt(configured, key.split('.')).map((file) => ({ id: key, file })));
  for (const key of TLS_PAIRS) {
    const [certificateFile, keyFile] = ['certificateFile', 'keyFile'].map((name) => {
      const [file] = valuesAt(configured, [...key.split('.'), name]);
      if (file !== undefined) readTextFile(`${key}.${name}`, file);
      return file;
    });
    if (certificateFile !== undefined && keyFile !== undefined) readTlsPair(key, { certificateFile, keyFile });
  }
  for (const key of CERTIFICATE_FILES) for (const file of valuesAt(configured, key.split('.'))) readCertificates(key, file);
  for (const key of POLICY_FILES) for (const file of valuesAt(configured, key.split('.'))) readTextFile(key, file);
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
  if (step === '*') return isJsonObject(value) ? Object.values(value).flatMap((one) => valuesAt(one, rest)) : [];
  const name = step.replace('[]', '');
  const member: unknown = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  const members: readonly unknown[] = step.endsWith('[]') && Array.isArray(member) ? member : [member];
  return members.flatMap((one) => valuesAt(one, rest));
}
