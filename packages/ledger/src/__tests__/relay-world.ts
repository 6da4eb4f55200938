import { SigningKey, computeAddress, hexlify, keccak256, randomBytes, solidityPackedKeccak256, zeroPadBytes } from 'ethers';
import { instant, tenantId } from '@gridpass/core';
import type { Did, Instant, SignedRegistryCall } from '@gridpass/core';
import { createRelayRepository } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import type { Store } from '@gridpass/store';
import { createRelayer } from '../index.js';
import type { Relayer, RelayerParts } from '../index.js';
import { DID_REGISTRY } from '../relayer/registry-call.js';
import { createWorld, gate } from './world.js';
import type { World } from './world.js';

export const TENANT = tenantId('participant');

/** An owner that signs calls by hand, from the contract's source: the check on what the did package signs. */
export interface Owner {
  readonly key: SigningKey;
  readonly address: string;
  /** setAttribute('did/svc/S', text) with a nonce of the registry. */
  service(text: string, nonce: number): SignedRegistryCall;
}

export interface RelayWorld {
  readonly world: World;
  readonly store: Store;
  readonly registry: string;
  readonly clock: { now(): Instant; pass(seconds: number): void };
  owner(): Owner;
  relayer(parts?: Partial<RelayerParts>): Relayer;
  /** What the registry's events say was set for an owner, in order. */
  effects(owner: Owner): Promise<readonly string[]>;
  nonce(owner: Owner): Promise<number>;
  stop(): Promise<void>;
}

export async function createRelayWorld(): Promise<RelayWorld> {
  const world = await createWorld();
  const store = await openTestStore();
  const repository = createRelayRepository(store);
  const registry = world.contracts.DidRegistry.toLowerCase();
  let ahead = 0;
  const clock = { now: () => instant(Math.floor(Date.now() / 1000) + ahead), pass: (seconds: number) => void (ahead += seconds) };
  const opened: Relayer[] = [];
  return {
    world,
    store,
    registry,
    clock,
    owner: () => createOwner(new SigningKey(hexlify(randomBytes(32))), registry),
    relayer: (parts = {}) => {
      const { settings, ...rest } = parts;
      const relayer = createRelayer({
        repository,
        chain: world.chain,
        signer: gate,
        registry: world.contracts.DidRegistry,
        clock,
        settings: { pollMs: 10, waitSeconds: 30, maxBackOffMs: 200, ...settings },
        ...rest,
      });
      opened.push(relayer);
      return relayer;
    },
    effects: (owner) => effectsOf(world, registry, owner),
    nonce: async (owner) =>
      Number(await world.chain.provider.call({ to: registry, data: DID_REGISTRY.encodeFunctionData('nonce', [owner.address]) })),
    stop: async () => {
      await Promise.all(opened.map((relayer) => relayer.close().catch(() => undefined)));
      await store.close();
      await world.stop();
    },
  };
}

export function createOwner(key: SigningKey, registry: string): Owner {
  const address = computeAddress(key.publicKey).toLowerCase();
  return {
    key,
    address,
    service: (text, nonce) => {
      const name = zeroPadBytes(hexlify(new TextEncoder().encode('did/svc/S')), 32);
      const value = hexlify(new TextEncoder().encode(text));
      const digest = solidityPackedKeccak256(
        ['bytes1', 'bytes1', 'address', 'uint256', 'address', 'string', 'bytes32', 'bytes', 'uint256'],
        ['0x19', '0x00', registry, nonce, address, 'setAttribute', name, value, 1000],
      );
      const { v, r, s } = key.sign(digest);
      const data = DID_REGISTRY.encodeFunctionData('setAttributeSigned', [address, v, r, s, name, value, 1000]);
      return { chainId: 31_337, registry, did: `did:ethr:0x7a69:${key.compressedPublicKey}` as Did, owner: address, nonce, data };
    },
  };
}

export async function effectsOf(world: Pick<World, 'chain'>, registry: string, owner: Owner): Promise<readonly string[]> {
  const logs = await world.chain.provider.getLogs({
    address: registry,
    fromBlock: 0,
    topics: [
      keccak256(new TextEncoder().encode('DIDAttributeChanged(address,bytes32,bytes,uint256,uint256)')),
      `0x${owner.address.slice(2).padStart(64, '0')}`,
    ],
  });
  return logs.map((log) => Buffer.from(String(DID_REGISTRY.parseLog(log)?.args['value']).slice(2), 'hex').toString());
}
