import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { chainConfig } from '../chain-config.js';
import { checkChains, relayerConfig } from '../index.js';

const schema = z
  .strictObject({
    chains: z.array(z.strictObject({ rpcUrl: z.string(), auditAnchor: z.string().optional() })),
    relayer: relayerConfig,
    anchorAccountKeyFile: z.string().optional(),
    did: z.string().optional(),
    tenants: z.array(z.strictObject({ provider: z.string() })).optional(),
    wallets: z.array(z.strictObject({ provider: z.string(), kind: z.string() })).optional(),
  })
  .check(checkChains);

describe('a configuration without a chain', () => {
  it.each([
    ['a relayer', { relayer: {} }, ['relayer']],
    ['an account that anchors', { anchorAccountKeyFile: '/key' }, ['anchorAccountKeyFile']],
    ["a program's own did:ethr", { did: 'did:ethr' }, ['did']],
    ["a tenant's did:ethr", { tenants: [{ provider: 'did:jwk' }, { provider: 'did:ethr' }] }, ['tenants', 1, 'provider']],
    ["an organisation's did:ethr", { wallets: [{ provider: 'did:ethr', kind: 'organisation' }] }, ['wallets', 0, 'provider']],
  ])('is refused for %s, by its key, and accepted with a chain', (_what, keys, path) => {
    expect(schema.safeParse({ chains: [], ...keys }).error?.issues.map((issue) => issue.path)).toEqual([path]);
    expect(schema.safeParse({ chains: [{ rpcUrl: 'https://node.example', auditAnchor: '0x' }], ...keys }).success).toBe(true);
  });

  it('is refused for an account that anchors where the first chain has no contract for it', () => {
    const chains = [{ rpcUrl: 'https://node.example' }, { rpcUrl: 'https://other.example', auditAnchor: '0x' }];
    expect(schema.safeParse({ chains, anchorAccountKeyFile: '/key' }).error?.issues.map(({ path }) => path)).toEqual([
      ['anchorAccountKeyFile'],
    ]);
    expect(schema.safeParse({ chains }).success).toBe(true);
  });

  it('is accepted for what needs none', () => {
    const wallets = [{ provider: 'did:ethr', kind: 'household' }];
    expect(schema.safeParse({ chains: [], did: 'did:jwk', tenants: [{ provider: 'did:web' }], wallets }).success).toBe(true);
  });
});

describe('a chain whose node is no URL', () => {
  const whole = z.strictObject({ chains: z.array(chainConfig), fetch: z.strictObject({ allowPrivate: z.boolean() }) }).check(checkChains);
  const registry = `0x${'0'.repeat(40)}`;
  const fetch = { allowPrivate: false };

  it.each(['not a url', '', 'https://'])('is refused by the name of its field, beside what else is wrong: %j', (wrong) => {
    const [first, second] = [
      { chainId: 1, rpcUrl: wrong, registry },
      { chainId: 2, rpcUrl: 'https://node.example', witnessRpcUrl: wrong, registry },
    ];
    expect(whole.safeParse({ chains: [first, second], fetch }).error?.issues.map(({ path }) => path)).toEqual([
      ['chains', 0, 'rpcUrl'],
      ['chains', 1, 'witnessRpcUrl'],
    ]);
  });
});
