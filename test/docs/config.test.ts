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

  it('hold no password and no key', () => {
    for (const name of Object.keys(SCHEMAS)) {
      const text = readFileSync(join(docker, 'config', `${name}.json`), 'utf8');
      expect(text).not.toMatch(/postgres:\/\/[^@/]*:|"d":|0x[0-9a-f]{64}/i);
    }
  });
});
