import { readAccountFile } from './account-file.js';
import { readKeyFiles, type KeyFile } from './key-files.js';

/** The files that configurations name; a program that has none of a kind leaves the key out of its schema. */
interface ConfiguredFiles {
  readonly keyEncryptionKeys?: readonly KeyFile[];
  readonly relayer?: { readonly accountKeyFile?: string | undefined } | undefined;
  readonly anchorAccountKeyFile?: string | undefined;
  readonly accountKeyFile?: string | undefined;
}

/**
 * Reads every file that the configuration names, as the start will: what `--check-config` accepts has its keys. Throws InputError
 * CONFIG_INVALID that names the file, never its content.
 */
export function checkConfiguredFiles(configured: object): void {
  const config: ConfiguredFiles = configured;
  readKeyFiles(config.keyEncryptionKeys ?? []);
  const accounts = {
    'relayer.accountKeyFile': config.relayer?.accountKeyFile,
    anchorAccountKeyFile: config.anchorAccountKeyFile,
    accountKeyFile: config.accountKeyFile,
  };
  for (const [key, file] of Object.entries(accounts)) if (file !== undefined) readAccountFile(key, file);
}
