import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SigningKey, hexlify, randomBytes } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assertOk, instant } from '@gridpass/core';
import { createRelayRepository } from '@gridpass/store';
import { DEVELOPMENT_KEYS, linesOf, openTestStore, seedStoreDirectory, spawnTypeScript, startAnvil } from '@gridpass/testkit';
import { connectChain, createRelayer, deployContracts } from '../index.js';
import { createOwner, TENANT } from './relay-owner.js';
import { effectsOf } from './relay-world.js';
import { admin, createWorld, gate } from './world.js';
import type { World } from './world.js';

const PROGRAM = fileURLToPath(new URL('relay-process.ts', import.meta.url));
const COUNT = 6;

describe('a relayer that is killed', () => {
  let world: World;
  let directory: string;
  beforeAll(async () => {
    world = await createWorld();
    directory = await mkdtemp(join(tmpdir(), 'relay-'));
    await seedStoreDirectory(join(directory, 'store'));
  });
  afterAll(async () => {
    await world.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('again and again, at any step, loses no call and sends none twice', async () => {
    const key = new SigningKey(hexlify(randomBytes(32)));
    const registry = world.contracts.DidRegistry;
    const owner = createOwner(key, registry.toLowerCase());
    const args = [world.node.rpcUrl, registry, join(directory, 'store'), key.privateKey, String(COUNT), DEVELOPMENT_KEYS[1]];
    for (const killAt of [1, 4, 7, 2]) {
      const child = spawnTypeScript(PROGRAM, args);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      let seen = 0;
      for await (const line of linesOf(child)) {
        if (/^(?:write|handOver|settle)$/u.test(line) && (seen += 1) === killAt) child.kill('SIGKILL');
      }
      await ended;
    }
    const child = spawnTypeScript(PROGRAM, args);
    const lines: string[] = [];
    for await (const line of linesOf(child)) lines.push(line);
    expect(lines.at(-1)).toBe(`ends ${Array.from({ length: COUNT }, () => 'mined').join(' ')}`);
    expect(await effectsOf(world, registry.toLowerCase(), owner)).toEqual(
      Array.from({ length: COUNT }, (_, nonce) => `https://${String(nonce)}.example`),
    );
  });
});

describe('a relayer whose node', () => {
  it('is down and comes back goes on by itself; without its registry it sends nothing', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'relay-'));
    const stateFile = join(directory, 'state.json');
    let node = await startAnvil({ stateFile });
    const { rpcUrl } = node;
    const port = Number(new URL(rpcUrl).port);
    const chain = connectChain({ rpcUrl, chainId: node.chainId });
    const contracts = await deployContracts({ chain, deployer: admin, gate: gate.account, channels: [] });
    const store = await openTestStore();
    const faults: string[] = [];
    const relayer = createRelayer({
      repository: createRelayRepository(store),
      chain,
      signer: gate,
      registry: contracts.DidRegistry,
      clock: { now: () => instant(Math.floor(Date.now() / 1000)) },
      settings: { pollMs: 10, maxBackOffMs: 100 },
      onFault: ({ code }) => faults.push(code),
    });
    const owner = createOwner(new SigningKey(hexlify(randomBytes(32))), contracts.DidRegistry.toLowerCase());
    const until = async (code: string): Promise<void> => {
      while (!faults.includes(code)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    try {
      await node.stop();
      const ids = assertOk(
        await relayer.addCalls(
          TENANT,
          [0, 1, 2].map((nonce) => owner.service(`https://${String(nonce)}.example`, nonce)),
        ),
      );
      await until('CHAIN_UNAVAILABLE');
      // Another chain under the same address: no registry on it.
      node = await startAnvil({ port });
      await until('CHAIN_INCONSISTENT');
      expect((await relayer.status(TENANT)).states).toMatchObject({ queued: 3, submitted: 0, failed: 0 });
      await node.stop();
      node = await startAnvil({ port, stateFile });
      expect((await relayer.settled(TENANT, ids)).map(({ state }) => state)).toEqual(['mined', 'mined', 'mined']);
      expect(await effectsOf({ chain }, contracts.DidRegistry.toLowerCase(), owner)).toHaveLength(3);
    } finally {
      await relayer.close();
      chain.close();
      await store.close();
      await node.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
