// What the start of a program, or its peers, would refuse is refused by `--check-config` too: pairs of keys that are each acceptable alone.
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '@gridpass/config';
import { InputError } from '@gridpass/core';
import { deviceConfig } from '@gridpass/device';
import { issuerConfig } from '@gridpass/issuer';
import { marketplaceConfig } from '@gridpass/marketplace';
import { walletConfig } from '@gridpass/wallet';

const digest = 'x'.repeat(43);
const SHARED = {
  database: { kind: 'pglite', directory: 'store' },
  keyEncryptionKeys: [{ id: 'k1', file: 'kek' }],
  anchors: [{ did: 'did:web:regulator.example', mayIssue: ['RegulatorAccreditation'] }],
};
const TENANT = {
  tenant: 'dso',
  displayName: 'DSO',
  mayIssue: ['CustomerStatus'],
  operators: [{ name: 'ops', tokenDigest: digest, duties: ['read'] }],
};
const WALLET = { tenant: 'a', displayName: 'A', kind: 'household', tokenDigest: digest };
const PROGRAMS = {
  issuer: [issuerConfig, { ...SHARED, publicOrigin: 'https://issuer.example', tenants: [TENANT] }],
  wallet: [walletConfig, { ...SHARED, publicOrigin: 'https://wallet.example', wallets: [WALLET] }],
  marketplace: [
    marketplaceConfig,
    {
      ...SHARED,
      publicOrigin: 'https://market.example',
      tenant: 'market',
      operatorTokenDigest: digest,
      zones: { '10YNO-1--------2': { jurisdiction: 'NO' } },
    },
  ],
  device: [deviceConfig, { ...SHARED, tenant: 'meter', market: { url: 'https://market.example', mqttUrl: 'mqtts://market.example' } }],
} as const;
const CHAIN = { chainId: 1, rpcUrl: 'https://node.example', registry: `0x${'1'.repeat(40)}` };

function check(program: keyof typeof PROGRAMS, change: Readonly<Record<string, unknown>> = {}): void {
  const [schema, config] = PROGRAMS[program];
  readConfig({ schema: schema as typeof issuerConfig, env: {}, envPrefix: 'GRIDPASS_', overrides: { ...config, ...change } });
}

describe('--check-config', () => {
  it.each(Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[])('takes what each of these cases changes: %s', (program) => {
    expect(() => check(program)).not.toThrow();
  });

  it('takes lists that readers take, to the second', () => {
    expect(() => check('issuer', { listTtlSeconds: 30, listResignSeconds: 269 })).not.toThrow();
    expect(() => check('issuer', { fetch: { allow: ['http://127.0.0.1:8080'], allowPrivate: true } })).not.toThrow();
    expect(() => check('wallet', { publicOrigin: 'http://127.0.0.1:4200' })).not.toThrow();
  });

  it('takes one person with one token at two tenants, and one with two tokens while they change', () => {
    expect(() => check('issuer', { tenants: [TENANT, { ...TENANT, tenant: 'b' }] })).not.toThrow();
    const operators = [...TENANT.operators, { name: 'ops', tokenDigest: 'y'.repeat(43), duties: ['read'] }];
    expect(() => check('issuer', { tenants: [{ ...TENANT, operators }] })).not.toThrow();
  });

  it('takes a household that says nothing of spare faces, and an organisation', () => {
    expect(() => check('wallet', { wallets: [{ ...WALLET, spareFaces: 16 }] })).not.toThrow();
    expect(() => check('wallet', { wallets: [{ ...WALLET, kind: 'organisation' }] })).not.toThrow();
  });

  it.each<readonly [string, keyof typeof PROGRAMS, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'lists that are too old for readers',
      'issuer',
      { listTtlSeconds: 30, listResignSeconds: 270 },
      /listResignSeconds: signed anew after 270 s .* 300 s/,
    ],
    ['lists that end in a cache', 'issuer', { listLifeSeconds: 140 }, /listResignSeconds: .* 150 s old/],
    [
      'lists that end before they are asked for again',
      'issuer',
      { listTtlSeconds: 60, listLifeSeconds: 239 },
      /listLifeSeconds: .*239 is less than 4 × 60/,
    ],
    ['an origin in plain http', 'issuer', { publicOrigin: 'http://issuer.example' }, /publicOrigin: .*https/],
    ['an origin that is spelled otherwise', 'marketplace', { publicOrigin: 'https://MARKET.example:443' }, /publicOrigin: /],
    ['an allowed address in plain http', 'wallet', { fetch: { allow: ['http://issuer.example'] } }, /fetch: .*plain http/],
    ['the loopback where no private address is open', 'wallet', { fetch: { allow: ['http://127.0.0.1:1'] } }, /fetch: .*plain http/],
    [
      'a node in plain http',
      'device',
      { chains: [{ ...CHAIN, rpcUrl: 'http://node.example' }] },
      /chains\.0\.rpcUrl: http:\/\/node\.example: plain http/,
    ],
    [
      'a node on an address that is not open',
      'device',
      { chains: [{ ...CHAIN, rpcUrl: 'https://10.0.0.5:8545' }] },
      /chains\.0\.rpcUrl: .*allowPrivate/,
    ],
    ['an allowed address that is not open', 'wallet', { fetch: { allow: ['https://192.168.1.1'] } }, /fetch: .*allowPrivate/],
    ['an address that is never open', 'wallet', { fetch: { allow: ['https://169.254.169.254'], allowPrivate: true } }, /fetch: .*never/],
    [
      'a DID on no chain',
      'issuer',
      { tenants: [TENANT, { ...TENANT, tenant: 'b', provider: 'did:ethr' }] },
      /tenants\.1\.provider: did:ethr needs a chain/,
    ],
    [
      'a household with a DID for everybody',
      'wallet',
      { wallets: [{ ...WALLET, provider: 'did:web' }] },
      /wallets\.0\.provider: .*leave it out/,
    ],
    ['a chain twice', 'wallet', { chains: [CHAIN, CHAIN] }, /chains: chainId 1 is there twice/],
    [
      'a key-encryption key twice',
      'marketplace',
      {
        keyEncryptionKeys: [
          { id: 'a', file: 'b' },
          { id: 'a', file: 'c' },
        ],
      },
      /keyEncryptionKeys: id a is there twice/,
    ],
    [
      'two operators of one tenant with one token',
      'issuer',
      { tenants: [{ ...TENANT, operators: [...TENANT.operators, { name: 'second', tokenDigest: digest, duties: ['keys'] }] }] },
      /tenants\.0\.operators\.1\.tokenDigest: is that of ops; each needs a token of its own/,
    ],
    [
      'two wallets with one token',
      'wallet',
      { wallets: [WALLET, { ...WALLET, tenant: 'b', tokenDigest: 'y'.repeat(43) }, { ...WALLET, tenant: 'c' }] },
      /wallets\.2\.tokenDigest: is that of a; each needs a token of its own/,
    ],
    [
      'spare faces of an organisation, which has one DID',
      'wallet',
      { wallets: [{ ...WALLET, kind: 'organisation', spareFaces: 4 }] },
      /wallets\.0\.spareFaces: .*leave it out/,
    ],
    [
      'an account that anchors at no contract',
      'issuer',
      { chains: [CHAIN], anchorAccountKeyFile: 'account' },
      /anchorAccountKeyFile: the first of `chains` .* no auditAnchor/,
    ],
    ['a tenant twice', 'issuer', { tenants: [TENANT, TENANT] }, /tenants: tenant dso is there twice/],
    ['a wallet twice', 'wallet', { wallets: [WALLET, WALLET] }, /wallets: tenant a is there twice/],
    [
      'a root for what no root may issue',
      'marketplace',
      { anchors: [{ did: 'did:web:a.example', mayIssue: ['CustomerStatus'] }] },
      /anchors: .*cannot be a root for CustomerStatus; a root may issue (?:[A-Za-z]+, )*RegulatorAccreditation/,
    ],
    ['a root that is no DID', 'device', { anchors: [{ did: 'did:', mayIssue: ['RegulatorAccreditation'] }] }, /anchors: /],
    ['a name that no tenant can have', 'device', { tenant: 'Meter 1' }, /tenant: /],
  ])('refuses %s', (_name, program, change, said) => {
    expect(() => check(program, change)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(said) }));
  });

  it.each(Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[])('names each key once, whatever is wrong with it: %s', (program) => {
    const lines = Object.keys(PROGRAMS[program][0].shape).flatMap((key) =>
      ['x', 'http://a.example', 'https://A.example/', -1, true, null, {}, [], ['x'], [{}]].flatMap((wrong) =>
        linesOf(program, { [key]: wrong }),
      ),
    );
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter((line) => /^(?:\S+\.)?(\w+): (?:\S+\.)?\1: /.test(line))).toEqual([]);
    if (program !== 'device') expect(linesOf(program, { publicOrigin: 'https://A.example/' })).not.toEqual([]);
  });
});

/** What is said of a configuration, line by line; nothing where it is acceptable. */
function linesOf(program: keyof typeof PROGRAMS, change: Readonly<Record<string, unknown>>): readonly string[] {
  try {
    check(program, change);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message.split('\n').map((line) => line.trim());
  }
}
