import { describe, expect, it } from '@jest/globals';
import { Interface, id } from 'ethers';
import { ARTEFACTS } from '../index.js';
import type { Account, Chain } from '../index.js';
import { createAdmissionHistory } from '../admission-history.js';
import { createContractCalls } from '../contract-call.js';

const contract = new Interface(ARTEFACTS.ChannelAdmission.abi);
const account = (digit: number): Account => `0x${String(digit).repeat(40)}` as Account;
const channel = id('behind_the_meter');

/** A chain of one event a block at most; `fork` names the branch that its blocks from `forkedAt` belong to. */
function createPaperChain(): {
  readonly chain: Chain;
  readonly asked: number[];
  height: number;
  fork: string;
  forkedAt: number;
  readonly events: Map<number, { readonly topics: string[]; readonly data: string }>;
} {
  const world = { asked: [] as number[], height: 0, fork: 'a', forkedAt: 0, events: new Map() };
  const provider = {
    getBlockNumber: async () => world.height,
    getBlock: async (number: number) => ({ hash: id(`${number >= world.forkedAt ? world.fork : 'a'} ${number}`) }),
    getLogs: async ({ fromBlock, toBlock }: { fromBlock: number; toBlock: number }) => {
      world.asked.push(fromBlock);
      return [...world.events].filter(([at]) => at >= fromBlock && at <= toBlock).map(([, log]) => log as unknown);
    },
  };
  const chain = { chainId: 1, use: (fn: (given: unknown) => unknown) => fn(provider) } as unknown as Chain;
  return Object.assign(world, { chain });
}
const granted = (to: Account) => contract.encodeEventLog('AdmissionGranted', [to, channel, account(9), 100, id('receipt')]);
const withdrawn = (from: Account) => contract.encodeEventLog('AdmissionWithdrawn', [from, channel, account(9), id('receipt')]);

describe('the history of admissions', () => {
  it('is read once and then from where it was left, and from its beginning on a chain that is another', async () => {
    const world = createPaperChain();
    const history = createAdmissionHistory(world.chain, createContractCalls(world.chain, 'ChannelAdmission', account(8)));
    const accounts = async (): Promise<string[]> => [...(await history.standing()).values()].map((entry) => entry.account);
    const from = async (): Promise<number | undefined> => {
      world.asked.length = 0;
      await history.standing();
      return world.asked[0];
    };

    world.events.set(5, granted(account(1))).set(190, granted(account(2)));
    world.height = 200;
    expect(await accounts()).toEqual([account(1), account(2)]);
    // 64 blocks are read again: they may still change.
    expect(await from()).toBe(137);

    world.events.delete(190);
    expect(await accounts()).toEqual([account(1)]);
    world.events.set(250, withdrawn(account(1))).set(260, granted(account(3)));
    world.height = 300;
    expect(await accounts()).toEqual([account(3)]);
    expect(await from()).toBe(237);

    // A fork above what is kept is seen, one below makes everything be read anew, and so does a chain that lost its state.
    [world.fork, world.forkedAt] = ['b', 250];
    expect(await from()).toBe(237);
    [world.fork, world.forkedAt] = ['c', 100];
    world.events.delete(250);
    expect(await from()).toBe(0);
    expect(await accounts()).toEqual([account(1), account(3)]);
    world.height = 10;
    world.events.delete(260);
    expect(await accounts()).toEqual([account(1)]);
    expect(await from()).toBe(0);
  });
});
