import { SigningKey, hexlify, keccak256, randomBytes } from 'ethers';
import { instant } from '@gridpass/core';
import type { Instant } from '@gridpass/core';
import { createRelayRepository } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import type { Store } from '@gridpass/store';
import { createRelayer } from '../index.js';
import type { Relayer, RelayerParts } from '../index.js';
import { DID_REGISTRY } from '../relayer/registry-call.js';
import { createOwner } from './relay-owner.js';
import type { Owner } from './relay-owner.js';
import { createWorld, gate } from './world.js';
import type { World } from './world.js';

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
        settings: { pollMs: 10, waitSeconds: 240, maxBackOffMs: 200, ...settings },
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
