import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '@gridpass/config';
import { issuerConfig } from '@gridpass/issuer';
import { ledgerGateConfig } from '@gridpass/ledger-gate';
import { marketplaceConfig } from '@gridpass/marketplace';
import { walletConfig } from '@gridpass/wallet';

const docker = join(import.meta.dirname, '../../docker');
const SCHEMAS = { issuer: issuerConfig, 'ledger-gate': ledgerGateConfig, marketplace: marketplaceConfig, wallet: walletConfig };

describe('the configuration files of the compose file', () => {
  it('are there for each program that the compose file starts with one', () => {
    expect(readdirSync(join(docker, 'config')).sort()).toEqual(Object.keys(SCHEMAS).map((name) => `${name}.json`));
    const compose = readFileSync(join(docker, 'compose.yaml'), 'utf8');
    for (const name of Object.keys(SCHEMAS)) expect(compose).toContain(`target: ${name} `);
  });

  it.each(Object.entries(SCHEMAS))('%s.json is acceptable, with the database address from the environment', (name, schema) => {
    const env = { GRIDPASS_DATABASE__URL: 'postgres://gridpass:password@postgres/db' };
    const config = readConfig({
      schema: schema as typeof marketplaceConfig,
      file: join(docker, 'config', `${name}.json`),
      env,
      envPrefix: 'GRIDPASS_',
    });
    expect(config).toMatchObject({ database: { url: env.GRIDPASS_DATABASE__URL }, http: { host: '0.0.0.0' } });
    expect(config.publicOrigin).toMatch(/^https:/);
    expect(config.fetch.allow).toContain(config.publicOrigin);
  });

  it('take what docs/deployment.md adds for a chain', () => {
    const text = readFileSync(join(docker, '../docs/deployment.md'), 'utf8');
    // Parts alone: the whole ones, with a database, are files of the walk.
    const blocks = [...text.matchAll(/```json\n([^`]*)```/g)]
      .map(([, json = '']) => JSON.parse(json) as Record<string, unknown>)
      .filter((block) => !Object.hasOwn(block, 'database'));
    const [chains, relayer] = ['chains', 'relayer'].map((key) => blocks.find((block) => Object.hasOwn(block, key)));
    const read = (name: keyof typeof SCHEMAS, overrides: Record<string, unknown>) =>
      readConfig({
        schema: SCHEMAS[name] as typeof issuerConfig,
        file: join(docker, 'config', `${name}.json`),
        env: {},
        envPrefix: 'GRIDPASS_',
        overrides,
      });
    expect(read('issuer', { ...chains, ...relayer })).toMatchObject({ ...chains, ...relayer });
    expect(read('wallet', { ...chains, relayer: relayer?.['relayer'] })).toMatchObject(chains ?? {});
    for (const name of ['marketplace', 'ledger-gate'] as const) expect(read(name, { ...chains })).toMatchObject(chains ?? {});
    // A relayer without a chain, a did:ethr without one, and a key that nothing reads are told before anything starts.
    expect(() => read('issuer', { ...relayer })).toThrow(/relayer: there is no chain/);
    expect(() => read('issuer', { ...chains, relayer: { maxFee: 1 } })).toThrow(expect.objectContaining({ code: 'CONFIG_UNKNOWN_KEY' }));
    expect(() => read('wallet', { relayer: {} })).toThrow(/relayer: there is no chain/);
  });

  it('hold no password and no key', () => {
    for (const name of Object.keys(SCHEMAS)) {
      const text = readFileSync(join(docker, 'config', `${name}.json`), 'utf8');
      expect(text).not.toMatch(/postgres:\/\/[^@/]*:|"d":|0x[0-9a-f]{64}/i);
    }
  });
});
