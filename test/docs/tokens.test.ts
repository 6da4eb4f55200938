// The form of a token is told wherever its digest is configured, and by the text that says how to make one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { ACCESS_TOKEN_FORM, bearerTokenOf, isTokenOf } from '@gridpass/codec';
import { describeConfig } from '@gridpass/config';
import { issuerConfig } from '@gridpass/issuer';
import { ledgerGateConfig } from '@gridpass/ledger-gate';
import { marketplaceConfig } from '@gridpass/marketplace';
import { walletConfig } from '@gridpass/wallet';

const digests = [issuerConfig, ledgerGateConfig, marketplaceConfig, walletConfig].flatMap((schema) =>
  describeConfig(schema).filter(({ key }) => /tokenDigest$/i.test(key)),
);
const deployment = readFileSync(join(import.meta.dirname, '../../docs/deployment.md'), 'utf8');

describe('the digest of a token in a configuration', () => {
  it('is found in each program that has some', () => {
    expect(digests.map(({ key }) => key)).toEqual([
      'tenants[].operators[].tokenDigest',
      'auditorTokenDigest',
      'operatorTokenDigest',
      'auditorTokenDigest',
      'operatorTokenDigest',
      'wallets[].tokenDigest',
    ]);
  });

  it.each(digests)('says which form the token has: $key', ({ says }) => {
    expect(says).toContain(ACCESS_TOKEN_FORM);
  });

  it('is told in the text, with the form', () => {
    expect(deployment.replaceAll(/\s+/g, ' ')).toContain(ACCESS_TOKEN_FORM);
  });

  it('comes with its token out of the command of the text', () => {
    const [, script = ''] = /^node -e '(.*digest.*)'$/m.exec(deployment) ?? [];
    const [token = '', digest = ''] = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim().split(' ');
    expect({ token: bearerTokenOf(`Bearer ${token}`), known: isTokenOf(token, digest) }).toEqual({ token, known: true });
    expect(token).toHaveLength(43);
  });
});
