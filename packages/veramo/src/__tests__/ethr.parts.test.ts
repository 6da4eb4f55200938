import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ContractFactory, JsonRpcProvider, Wallet, computeAddress } from 'ethers';
import { EthereumDIDRegistry } from 'ethr-did-registry';
import { assertOk, instant, tenantId } from '@gridpass/core';
import type { Did } from '@gridpass/core';
import { createDidResolver } from '@gridpass/did';
import type { EthrChain } from '@gridpass/did';
import { openKeyVault } from '@gridpass/keys';
import { createGuardedFetch } from '@gridpass/net';
import type { GuardedFetch } from '@gridpass/net';
import { createDidRepository, createKeyRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { DEVELOPMENT_KEYS, startAnvil, openTestStore } from '@gridpass/testkit';
import { createAgent } from '../index.js';

describe('a did:ethr of the vault on a real chain', () => {
  let anvil: Awaited<ReturnType<typeof startAnvil>>;
  let provider: JsonRpcProvider;
  let fetch: GuardedFetch;
  let store: Store;
  let chain: EthrChain;
  const clock = { now: () => instant(Math.floor(Date.now() / 1000)) };
  const tenant = tenantId('dso');

  beforeAll(async () => {
    anvil = await startAnvil();
    provider = new JsonRpcProvider(anvil.rpcUrl, anvil.chainId, { staticNetwork: true, cacheTimeout: -1 });
    const deployer = new Wallet(DEVELOPMENT_KEYS[0], provider);
    const registry = await new ContractFactory(EthereumDIDRegistry.abi, EthereumDIDRegistry.bytecode, deployer).deploy();
    await registry.waitForDeployment();
    chain = { chainId: anvil.chainId, rpcUrl: anvil.rpcUrl, registry: await registry.getAddress() };
    fetch = createGuardedFetch({ allow: [anvil.rpcUrl], allowPrivate: true, maxRedirects: 0, clock });
    store = await openTestStore();
  });
  afterAll(async () => {
    provider.destroy();
    await store.close();
    await fetch.close();
    await anvil.stop();
  });

  it('resolves at once, and takes a second key and a service, signed by the vault', async () => {
    const vault = openKeyVault({ repository: createKeyRepository(store), keks: [{ id: 'k', bytes: new Uint8Array(32).fill(1) }], clock });
    const resolver = createDidResolver({ methods: ['ethr'], chains: [chain], fetch, clock, cacheSeconds: 0, maxEntries: 10 });
    const repository = createDidRepository(store);
    const agent = createAgent({
      repository,
      keys: vault.keysOf(tenant, 'owning'),
      clock,
      resolver,
      chains: [chain],
      chainFetch: fetch,
      defaultProvider: 'did:ethr',
    });
    const { did, keys } = await agent.didManagerCreate();
    expect(assertOk(await resolver.resolveDid(did as Did)).keys.map((key) => key.id)).toEqual([`${did}#controllerKey`]);

    await provider.send('anvil_setBalance', [computeAddress(`0x${keys[0]?.publicKeyHex ?? ''}`), '0x56bc75e2d63100000']);
    for (const type of ['Secp256k1', 'Secp256r1'] as const) {
      const key = await agent.keyManagerCreate({ kms: 'gridpass', type });
      await agent.didManagerAddKey({ did, key, options: { ttl: 3600, gasLimit: 200_000 } });
      const { keys: listed } = assertOk(await resolver.resolveDid(did as Did));
      expect(listed.map((entry) => entry.publicJwk)).toContainEqual(await vault.keysOf(tenant, 'owning').publicJwk(key.kid));
    }
    await agent.didManagerAddService({
      did,
      service: { id: '#admit', type: 'Admission', serviceEndpoint: 'https://dso.example' },
      options: { ttl: 3600 },
    });
    expect(assertOk(await resolver.resolveDid(did as Did)).services).toMatchObject([
      { types: ['Admission'], endpoints: ['https://dso.example'] },
    ]);
  });
});
