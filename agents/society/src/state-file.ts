import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';

/** What `society.json` says: where everything is, and the demo tokens of a society that lives on one machine. */
export interface SocietyState {
  readonly version: 1;
  readonly ports: {
    readonly issuer: number;
    readonly wallet: number;
    readonly marketplace: number;
    readonly mqtt: number;
    readonly ledgerGate: number;
    readonly chain: number;
    readonly otherWallets: number;
  };
  readonly urls: Readonly<Record<string, string>>;
  readonly chain: { readonly chainId: number; readonly contracts: Readonly<Record<string, string>> };
  /** Tenant ids with their DIDs. */
  readonly tenants: Readonly<Record<string, string>>;
  /** Those of them that the issuer program issues for; the others are wallets, devices and gates. */
  readonly issuers: readonly string[];
  /** Bearer tokens of operators and wallets; this file is readable by its owner alone. */
  readonly tokens: Readonly<Record<string, string>>;
  /** What each act left behind, by act id; an act that is here has been played. */
  readonly acts: Readonly<Record<string, ActRecord>>;
}

/** What an act says of itself: public facts only. */
export interface ActRecord {
  readonly title: string;
  readonly at: number;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** Reads the file; undefined when there is none. Throws InputError CONFIG_INVALID for a file that is not ours. */
export async function readState(file: string): Promise<SocietyState | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Object && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const json = parseJson(text);
  if (!json.ok || !isJsonObject(json.value) || memberOf(json.value, 'version') !== 1) {
    throw new InputError(
      'CONFIG_INVALID',
      `${file} is damaged, or not of a society of this version; move its directory away to begin a new one`,
    );
  }
  return json.value as unknown as SocietyState;
}

/** Replaces the file as a whole: a crash leaves the old one or the new one. */
export async function writeState(file: string, state: SocietyState): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}
