// Each key of a configuration that names a file is one that `--check-config` reads. The keys come from the schemas: a new one cannot be missed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeConfig } from '@gridpass/config';
import { deviceConfig } from '@gridpass/device';
import { issuerConfig } from '@gridpass/issuer';
import { ledgerGateConfig } from '@gridpass/ledger-gate';
import { marketplaceConfig } from '@gridpass/marketplace';
import { walletConfig } from '@gridpass/wallet';
import { checkConfiguredFiles } from '../../packages/program/src/configured-files.js';
import { LISTENERS } from '../../packages/program/src/own-ports.js';

const SCHEMAS = {
  device: deviceConfig,
  issuer: issuerConfig,
  'ledger-gate': ledgerGateConfig,
  marketplace: marketplaceConfig,
  wallet: walletConfig,
};

/** A key is one of a file where its name or what it says of itself has the word. */
const filesOf = (schema: (typeof SCHEMAS)[keyof typeof SCHEMAS]) =>
  describeConfig(schema)
    // What a directory lies beside is no file to read.
    .filter(({ key, says }) => /file$/i.test(key) || (/\bfile\b/i.test(says) && !/directory/i.test(key)))
    // A table of files has names of the operator's own.
    .map(({ key }) => (key === 'policies' ? 'policies.*' : key));
const keys = Object.entries(SCHEMAS).flatMap(([program, schema]) => filesOf(schema).map((key) => [program, key] as const));

/** A configuration with one value at one key. */
const configOf = (key: string, value: string): object =>
  key
    .split('.')
    .reduceRight<unknown>((inner, step) => (step.endsWith('[]') ? { [step.slice(0, -2)]: [inner] } : { [step]: inner }), value) as object;

describe('a listener of a configuration', () => {
  it('is one whose port is held against those of the others', () => {
    const ports = Object.values(SCHEMAS).flatMap((schema) => describeConfig(schema).filter(({ key }) => /(?:^|\.)port$/.test(key)));
    expect([...new Set(ports.map(({ key }) => key))].sort()).toEqual(LISTENERS.map((key) => `${key}.port`));
  });
});

describe('a file that a configuration names', () => {
  it('is found in each schema', () => {
    expect(filesOf(deviceConfig)).toEqual(['keyEncryptionKeys[].file', 'market.caFile']);
    expect([...new Set(keys.map(([, key]) => key))].sort()).toEqual([
      'accountKeyFile',
      'anchorAccountKeyFile',
      'http.tls.certificateFile',
      'http.tls.keyFile',
      'keyEncryptionKeys[].file',
      'market.caFile',
      'metrics.tls.certificateFile',
      'metrics.tls.keyFile',
      'mqtt.tls.certificateFile',
      'mqtt.tls.keyFile',
      'policies.*',
      'policies.behind_the_meter',
      'policies.multi_class',
      'policies.telemetry',
      'relayer.accountKeyFile',
    ]);
  });

  it.each(keys)('is read by --check-config: %s %s', (_program, key) => {
    expect(() => checkConfiguredFiles(configOf(key, '/nowhere/at-all'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('/nowhere/at-all') }),
    );
  });

  describe('and that holds an account', () => {
    let directory = '';
    const account = (name: string, digit: string): string => {
      writeFileSync(join(directory, name), `0x${digit.repeat(64)}\n`);
      return join(directory, name);
    };
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'configured-files-'));
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    it.each([
      ['accountKeyFile', 'relayer.accountKeyFile'],
      ['anchorAccountKeyFile', 'relayer.accountKeyFile'],
    ])('is for one sender: not for %s and %s', (one, other) => {
      const [first, copy, second] = [account('first', '1'), account('copy', '1'), account('second', '2')];
      const both = (file: string): object => ({ ...configOf(one, first), ...configOf(other, file) });
      expect(() => checkConfiguredFiles(both(second))).not.toThrow();
      for (const file of [first, copy])
        expect(() => checkConfiguredFiles(both(file))).toThrow(
          expect.objectContaining({ code: 'CONFIG_INVALID', message: `${other}: the account of ${one}; each needs one of its own` }),
        );
    });
  });
});
