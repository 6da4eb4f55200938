import { rm, mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeError } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant } from '@gridpass/core';
import {
  CONTRACT_NAMES,
  connectChain,
  createAdmissionReader,
  createAdmissionWriter,
  createSender,
  deployContracts,
  isDeployed,
  launchEmbeddedNode,
} from '../index.js';
import { CHANNEL, admin, createWorld, gate, newReceipt } from './world.js';
import type { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.stop();
});

const grant = async () => ({
  account: world.stranger().account,
  channel: CHANNEL,
  until: instant((await world.now()) + 1000),
  receipt: newReceipt(),
});

describe('deployContracts', () => {
  it('finds what stands and changes nothing', async () => {
    const height = await world.chain.provider.getBlockNumber();
    expect(
      await deployContracts({ chain: world.chain, deployer: admin, gate: gate.account, channels: [CHANNEL], recorded: world.contracts }),
    ).toEqual(world.contracts);
    expect(await world.chain.provider.getBlockNumber()).toBe(height);
    for (const name of CONTRACT_NAMES) expect([name, await isDeployed(world.chain, name, world.contracts[name])]).toEqual([name, true]);
    expect(await isDeployed(world.chain, 'EnergyMarket', world.contracts.ChannelAdmission)).toBe(false);
    expect(await isDeployed(world.chain, 'EnergyMarket', world.stranger().account)).toBe(false);
  });

  it('begins anew where the recorded addresses hold something else, dependants included', async () => {
    const recorded = { ...world.contracts, ChannelAdmission: world.contracts.EnergyMarket };
    const again = await deployContracts({ chain: world.chain, deployer: admin, gate: gate.account, channels: [CHANNEL], recorded });
    expect(again.DidRegistry).toBe(world.contracts.DidRegistry);
    expect(again.AuditAnchor).toBe(world.contracts.AuditAnchor);
    for (const name of ['ChannelAdmission', 'EnergyMarket', 'AccountPermissioning', 'NodePermissioning'] as const)
      expect(again[name]).not.toBe(world.contracts[name]);
  });

  it('gives a chain that lost everything the same addresses', async () => {
    const other = await createWorld();
    expect(other.contracts).toEqual(world.contracts);
    await other.stop();
  });

  it('stands again after the node was stopped, with its state', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gridpass-chain-'));
    const stateFile = join(directory, 'state.json');
    const first = await launchEmbeddedNode({ stateFile, developmentAccounts: 0 });
    const chain = connectChain(first);
    // Nobody on this chain has money: gas is free.
    const contracts = await deployContracts({ chain, deployer: admin, gate: gate.account, channels: [CHANNEL] });
    const wanted = await grant();
    await createAdmissionWriter(chain, contracts.ChannelAdmission, createSender(chain, gate)).admit([wanted]);
    chain.close();
    await first.stop();
    const second = await launchEmbeddedNode({ stateFile, developmentAccounts: 0 });
    const after = connectChain(second);
    expect(await deployContracts({ chain: after, deployer: admin, gate: gate.account, channels: [CHANNEL], recorded: contracts })).toEqual(
      contracts,
    );
    const reader = createAdmissionReader(after, contracts.ChannelAdmission);
    expect(await reader.isAdmitted(wanted, wanted.until)).toBe(false);
    expect(await reader.isAdmitted(wanted, instant(wanted.until - 1))).toBe(true);
    expect(await reader.standingAdmissions(gate.account)).toMatchObject([{ account: wanted.account, receipt: wanted.receipt }]);
    after.close();
    await second.stop();
    await rm(directory, { recursive: true });
  });
});

describe('a sender', () => {
  it('keeps its nonces in order under concurrency, two senders of one account included', async () => {
    const chains = [connectChain(world.node), connectChain(world.node)];
    const writers = chains.map((chain) => createAdmissionWriter(chain, world.contracts.ChannelAdmission, createSender(chain, gate)));
    const grants = await Promise.all(Array.from({ length: 40 }, grant));
    await Promise.all(grants.map((one, i) => writers[i % 2]!.admit([one])));
    const reader = createAdmissionReader(world.chain, world.contracts.ChannelAdmission);
    for (const one of grants) expect(await reader.admissionOf(one)).toMatchObject({ receipt: one.receipt });
    chains.forEach((chain) => {
      chain.close();
    });
  });

  it('takes its turn however many nonces in a row another sender wins', async () => {
    const LOST = 40;
    const other = world.stranger();
    let lost = 0;
    // The node as it is, except that someone else is faster so many times: told as the node tells it, of a nonce that is used.
    const provider = new Proxy(world.chain.provider, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (name === 'broadcastTransaction')
          return (raw: string) => {
            lost += 1;
            if (lost <= LOST) throw makeError('nonce has already been used', 'NONCE_EXPIRED', { transaction: {} });
            return target.broadcastTransaction(raw);
          };
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const sender = createSender({ ...world.chain, use: (fn) => fn(provider) }, other.signer);
    expect((await sender.send({ to: gate.account, data: '0x' })).kind).toBe('mined');
    expect(lost).toBe(LOST + 1);
  });

  it('waits for its block on a chain that mines at intervals', async () => {
    const node = await launchEmbeddedNode({ developmentAccounts: 0, blockSeconds: 1 });
    const chain = connectChain(node);
    const sender = createSender(chain, world.stranger().signer);
    const sent = await Promise.all(Array.from({ length: 5 }, () => sender.send({ to: gate.account, data: '0x' })));
    expect(sent.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'mined'));
    chain.close();
    await node.stop();
  });
});

describe('a chain', () => {
  it('is asked who it is again after each failure', async () => {
    let chainId = world.node.chainId;
    let broken = false;
    const server = createServer((request, response) => {
      const chunks: string[] = [];
      request
        .setEncoding('utf8')
        .on('data', (text: string) => chunks.push(text))
        .on('end', () => {
          if (broken) {
            response.writeHead(502).end();
            return;
          }
          const json = JSON.parse(chunks.join('')) as { id: number; method: string } | { id: number; method: string }[];
          const answer = (item: { id: number; method: string }) => ({
            jsonrpc: '2.0',
            id: item.id,
            result: item.method === 'eth_chainId' ? `0x${chainId.toString(16)}` : '0x1',
          });
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify(Array.isArray(json) ? json.map(answer) : answer(json)));
        });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      server.once('listening', resolve);
    });
    const address = server.address();
    const chain = connectChain({ rpcUrl: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, chainId });
    expect(await chain.ask('eth_blockNumber', [])).toBe('0x1');
    broken = true;
    await expect(chain.ask('eth_blockNumber', [])).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
    broken = false;
    chainId = 5;
    await expect(chain.ask('eth_blockNumber', [])).rejects.toMatchObject({ code: 'CHAIN_INCONSISTENT' });
    chain.close();
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  it('that has no contract where one was deployed is inconsistent, never empty', async () => {
    await expect(createAdmissionReader(world.chain, world.stranger().account).admissionOf(await grant())).rejects.toMatchObject({
      code: 'CHAIN_INCONSISTENT',
    });
  });
});
