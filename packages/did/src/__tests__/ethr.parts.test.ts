import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ContractFactory, JsonRpcProvider, Wallet } from 'ethers';
import type { BaseContract, ContractTransactionResponse } from 'ethers';
import { EthereumDIDRegistry } from 'ethr-did-registry';
import { assertOk, instant } from '@gridpass/core';
import type { Did, FetchPort, Instant } from '@gridpass/core';
import { createGuardedFetch } from '@gridpass/net';
import type { GuardedFetch } from '@gridpass/net';
import { compressPoint, generatePrivateJwk, rawPublicKeyOf, toPublicJwk } from '@gridpass/keys';
import type { PrivateJwk } from '@gridpass/keys';
import { DEVELOPMENT_KEYS, startAnvil } from '@gridpass/testkit';
import { createDidResolver, parseDid, toDidEthr, verificationMethodOf } from '../index.js';

const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
const bytes32 = (text: string): string => hexOf(Uint8Array.from({ length: 32 }, (_, index) => text.charCodeAt(index) || 0));
const NULL_ADDRESS = `0x${'00'.repeat(20)}`;

describe('did:ethr on a real chain', () => {
  let anvil: Awaited<ReturnType<typeof startAnvil>>;
  let provider: JsonRpcProvider;
  let registry: string;
  let fetch: GuardedFetch;
  let now: Instant;
  const clock = { now: () => now };

  beforeAll(async () => {
    anvil = await startAnvil();
    provider = new JsonRpcProvider(anvil.rpcUrl, anvil.chainId, { staticNetwork: true, cacheTimeout: -1 });
    const deployed = await new ContractFactory(
      EthereumDIDRegistry.abi,
      EthereumDIDRegistry.bytecode,
      new Wallet(DEVELOPMENT_KEYS[0], provider),
    ).deploy();
    await deployed.waitForDeployment();
    registry = await deployed.getAddress();
    now = instant(await chainSeconds());
    fetch = createGuardedFetch({ allow: [anvil.rpcUrl], allowPrivate: true, maxRedirects: 0, clock });
  });
  afterAll(async () => {
    provider.destroy();
    await fetch.close();
    await anvil.stop();
  });

  const chainSeconds = async (): Promise<number> => (await provider.getBlock('latest'))?.timestamp ?? 0;
  const resolverOver = (port: FetchPort, more: object = {}) =>
    createDidResolver({
      methods: ['ethr'],
      chains: [{ chainId: anvil.chainId, rpcUrl: anvil.rpcUrl, registry }],
      fetch: port,
      clock,
      cacheSeconds: 60,
      maxEntries: 10,
      ...more,
    });

  /** A DID whose owner can send transactions, and the registry's functions called by that owner. */
  async function createIdentity() {
    const private_ = generatePrivateJwk('ES256K');
    const wallet = new Wallet(hexOf(Buffer.from(private_.d, 'base64url')), provider);
    await provider.send('anvil_setBalance', [wallet.address, '0x56bc75e2d63100000']);
    const contract: BaseContract = new ContractFactory(EthereumDIDRegistry.abi, EthereumDIDRegistry.bytecode, wallet).attach(registry);
    const call = async (name: string, ...args: readonly unknown[]): Promise<void> => {
      const sent: ContractTransactionResponse = await contract.getFunction(name).send(wallet.address, ...args);
      await sent.wait();
      now = instant(await chainSeconds());
    };
    const did = toDidEthr(toPublicJwk(private_), anvil.chainId);
    return { private_, did, call };
  }
  const pubHex = (jwk: PrivateJwk): string => hexOf(compressPoint('secp256k1', rawPublicKeyOf(toPublicJwk(jwk))));
  const keysOf = async (did: Did, options = {}) => assertOk(await resolverOver(fetch).resolveDid(did, options)).keys;

  it('resolves a DID that no transaction ever touched', async () => {
    const { did, private_ } = await createIdentity();
    const publicJwk = toPublicJwk(private_);
    expect(await keysOf(did)).toEqual([
      {
        id: verificationMethodOf(did, publicJwk),
        alg: 'ES256K',
        publicJwk,
        relationships: ['assertionMethod', 'authentication'],
      },
    ]);
  });

  it('has no key for the address form, which names an account only', async () => {
    const { did } = assertOk(await resolverOver(fetch).resolveDid(assertOk(parseDid(`did:ethr:0x7a69:0x${'ab'.repeat(20)}`))));
    expect(await keysOf(did)).toEqual([]);
  });

  it('gives an attribute key until its validity ends, to the second, and after revocation no more', async () => {
    const { did, call } = await createIdentity();
    const [first, second] = [generatePrivateJwk('ES256K'), generatePrivateJwk('ES256K')];
    await call('setAttribute', bytes32('did/pub/Secp256k1/sigAuth/hex'), pubHex(first), 100);
    const end = now + 100;
    expect((await keysOf(did)).slice(1)).toEqual([
      { id: `${did}#delegate-1`, alg: 'ES256K', publicJwk: toPublicJwk(first), relationships: ['assertionMethod', 'authentication'] },
    ]);
    now = instant(end - 1);
    expect(await keysOf(did)).toHaveLength(2);
    now = instant(end); // ERC-1056: valid while validity > now
    expect(await keysOf(did)).toHaveLength(1);
    await call('setAttribute', bytes32('did/pub/Secp256k1/veriKey/hex'), pubHex(second), 1000);
    expect(await keysOf(did)).toContainEqual({
      id: `${did}#delegate-2`,
      alg: 'ES256K',
      publicJwk: toPublicJwk(second),
      relationships: ['assertionMethod'],
    });
    await call('revokeAttribute', bytes32('did/pub/Secp256k1/veriKey/hex'), pubHex(second));
    expect((await keysOf(did)).map((key) => key.publicJwk)).not.toContainEqual(toPublicJwk(second));
  });

  it('tells what was true at a moment in the past', async () => {
    const { did, call } = await createIdentity();
    const before = now;
    await provider.send('evm_increaseTime', [3600]);
    const key = generatePrivateJwk('ES256K');
    await call('setAttribute', bytes32('did/pub/Secp256k1/veriKey/hex'), pubHex(key), 600);
    const set = now;
    await provider.send('evm_increaseTime', [3600]);
    await call('changeOwner', NULL_ADDRESS);
    expect(await resolverOver(fetch).resolveDid(did)).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
    expect(await keysOf(did, { at: before })).toHaveLength(1);
    expect(await keysOf(did, { at: set })).toHaveLength(2);
    expect(await keysOf(did, { at: instant(set + 599) })).toHaveLength(2);
    // No block lies between, so this needs the moment itself, not the block's time.
    expect(await keysOf(did, { at: instant(set + 600) })).toHaveLength(1);
    expect(await keysOf(did, { at: instant(0) })).toHaveLength(1);
    expect(await resolverOver(fetch).resolveDid(did, { at: instant(now + 9999) })).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
  });

  it('forgets the key in the DID once another account owns it', async () => {
    const { did, call } = await createIdentity();
    await call('changeOwner', new Wallet(DEVELOPMENT_KEYS[1]).address);
    expect(await keysOf(did)).toEqual([]);
  });

  it('has no key for a delegate, which is an account only, and reads services', async () => {
    const { did, call } = await createIdentity();
    await call('addDelegate', bytes32('sigAuth'), new Wallet(DEVELOPMENT_KEYS[1]).address, 1000);
    await call('setAttribute', bytes32('did/svc/Admission'), hexOf(new TextEncoder().encode('https://dso.example/admit')), 1000);
    const resolved = assertOk(await resolverOver(fetch).resolveDid(did));
    expect(resolved.keys).toHaveLength(1);
    expect(resolved.services).toEqual([{ id: `${did}#service-1`, types: ['Admission'], endpoints: ['https://dso.example/admit'] }]);
    expect(Number(resolved.versionId)).toBeGreaterThan(0);
  });

  it('refuses a DID whose owner wrote text that is no UTF-8', async () => {
    const { did, call } = await createIdentity();
    await call('setAttribute', bytes32('did/svc/Admission'), '0xff', 1000);
    expect(await resolverOver(fetch).resolveDid(did)).toMatchObject({ refusal: { code: 'DID_NOT_FOUND' } });
  });

  it('serves the cached document until told to ask anew', async () => {
    const { did, call } = await createIdentity();
    const resolver = resolverOver(fetch);
    const warm = await resolver.resolveDid(did);
    await call('changeOwner', NULL_ADDRESS);
    expect((await resolver.resolveDid(did)).value).toBe(warm.value);
    expect(await resolver.resolveDid(did, { fresh: true })).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
    expect(await resolver.resolveDid(did)).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
    expect((await resolver.resolver.resolve(did)).didDocumentMetadata.deactivated).toBe(true);
  });

  it('refuses a chain that is not configured, and one that is named otherwise', async () => {
    const { did } = await createIdentity();
    for (const other of [did.replace('0x7a69', '0x1'), did.replace('0x7a69', 'mainnet'), did.replace('0x7a69:', '')]) {
      expect(await resolverOver(fetch).resolveDid(assertOk(parseDid(other)))).toMatchObject({
        refusal: { code: 'DID_METHOD_UNSUPPORTED' },
      });
    }
  });

  it('cannot tell, and says so, when the chain is another one or has no registry there', async () => {
    const { did } = await createIdentity();
    const elsewhere = { chains: [{ chainId: 5, rpcUrl: anvil.rpcUrl, registry }] };
    await expect(resolverOver(fetch, elsewhere).resolveDid(assertOk(parseDid(did.replace('0x7a69', '0x5'))))).rejects.toMatchObject({
      code: 'RESOLVER_UNAVAILABLE',
    });
    const empty = { chains: [{ chainId: anvil.chainId, rpcUrl: anvil.rpcUrl, registry: `0x${'01'.repeat(20)}` }] };
    await expect(resolverOver(fetch, empty).resolveDid(did)).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' });
  });

  it.each(['eth_chainId', 'eth_getBlockByNumber', 'eth_call', 'eth_getLogs'])(
    'cannot tell when the node fails at %s, and recovers',
    async (method) => {
      const { did, call } = await createIdentity();
      await call('setAttribute', bytes32('did/pub/Secp256k1/veriKey/hex'), pubHex(generatePrivateJwk('ES256K')), 1000);
      let broken = true;
      const flaky: FetchPort = {
        fetchDocument: async (url, options) => {
          const asked = Buffer.from(options.body ?? []).toString();
          return broken && asked.includes(`"${method}"`)
            ? { ok: true, value: { status: 502, mediaType: 'text/html', bytes: new Uint8Array() } }
            : fetch.fetchDocument(url, options);
        },
      };
      const resolver = resolverOver(flaky);
      await expect(resolver.resolveDid(did)).rejects.toMatchObject({ name: 'Fault', code: 'RESOLVER_UNAVAILABLE' });
      broken = false;
      expect(assertOk(await resolver.resolveDid(did)).keys).toHaveLength(2);
    },
  );

  it('does not take a shorter history from a node that forgot some of it', async () => {
    const { did, call } = await createIdentity();
    await call('setAttribute', bytes32('did/pub/Secp256k1/veriKey/hex'), pubHex(generatePrivateJwk('ES256K')), 1000);
    const pruned: FetchPort = {
      fetchDocument: async (url, options) => {
        const asked = Buffer.from(options.body ?? []).toString();
        if (!asked.includes('"eth_getLogs"')) return fetch.fetchDocument(url, options);
        return {
          ok: true,
          value: { status: 200, mediaType: 'application/json', bytes: new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"result":[]}') },
        };
      },
    };
    await expect(resolverOver(pruned).resolveDid(did)).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' });
  });

  it('cannot tell when the chain is down', async () => {
    const { did } = await createIdentity();
    const second = await startAnvil();
    const port = createGuardedFetch({ allow: [second.rpcUrl], allowPrivate: true, maxRedirects: 0, clock });
    const resolver = resolverOver(port, { chains: [{ chainId: second.chainId, rpcUrl: second.rpcUrl, registry }] });
    await second.stop();
    await expect(resolver.resolveDid(did)).rejects.toMatchObject({ name: 'Fault', code: 'RESOLVER_UNAVAILABLE' });
    await port.close();
  });
});
