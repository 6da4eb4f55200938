import { getBytes } from 'ethers';
import { instant } from '@gridpass/core';
import type { Digest, Instant } from '@gridpass/core';
import { encodeBase64url } from '@gridpass/codec';
import { toAccount } from './account.js';
import type { Account } from './account.js';
import type { Chain } from './chain.js';
import { valuesOf } from './contract-call.js';
import type { ContractCalls } from './contract-call.js';

/** An admission that the chain's history shows as standing; its channel is known by its id alone. */
export interface StandingAdmission {
  readonly account: Account;
  readonly channelId: string;
  readonly until: Instant;
  readonly receipt: Digest;
}

type Entry = StandingAdmission & { readonly by: string };
type Standing = ReadonlyMap<string, Entry>;

/** What stood at a block, and the block. */
interface Snapshot {
  readonly number: number;
  readonly hash: string;
  readonly standing: Standing;
}

/** What the events of one ChannelAdmission add up to. */
export interface AdmissionHistory {
  /** What stands at the newest block. Reads the whole history once, and then what came since. */
  standing(): Promise<Standing>;
}

const LOG_BLOCKS = 10_000;
/** Below this many blocks nothing is expected to change any more; if it does, the snapshot's hash tells. */
const FINALITY = 64;

/**
 * Follows the admissions of a contract. What was read is kept in memory as of a block that lies deep enough; a chain on which that
 * block is another, or gone, is read from its beginning. Throws Fault CHAIN_UNAVAILABLE.
 */
export function createAdmissionHistory(chain: Chain, calls: ContractCalls): AdmissionHistory {
  const topics = [['AdmissionGranted', 'AdmissionWithdrawn'].map((event) => topicOf(calls, event))];
  let snapshot: Snapshot | undefined;

  async function hashOf(number: number): Promise<string | undefined> {
    return (await chain.use((provider) => provider.getBlock(number)))?.hash ?? undefined;
  }

  async function apply(standing: Map<string, Entry>, from: number, to: number): Promise<void> {
    for (let start = from; start <= to; start += LOG_BLOCKS) {
      const end = Math.min(start + LOG_BLOCKS - 1, to);
      const logs = await chain.use((provider) => provider.getLogs({ address: calls.address, topics, fromBlock: start, toBlock: end }));
      for (const log of logs) {
        const event = calls.contract.parseLog(log);
        if (event === null) continue;
        const [account, channel, by] = valuesOf(event.args);
        const key = `${String(channel)} ${String(account)}`;
        // Whoever touched it last answers for it.
        standing.delete(key);
        if (event.name !== 'AdmissionGranted') continue;
        standing.set(key, {
          account: toAccount(String(account)),
          channelId: String(channel),
          by: String(by),
          until: instant(Number(event.args['until'])),
          receipt: toDigest(String(event.args['receipt'])),
        });
      }
    }
  }

  return {
    standing: async () => {
      const newest = await chain.use((provider) => provider.getBlockNumber());
      const kept = snapshot;
      const known = kept !== undefined && kept.number <= newest && (await hashOf(kept.number)) === kept.hash ? kept : undefined;
      const standing = new Map(known?.standing);
      let next = known === undefined ? 0 : known.number + 1;
      const settled = newest - FINALITY;
      if (next <= settled) {
        // Asked before the events: a block that changes while they are read leaves a hash that no longer fits.
        const hash = await hashOf(settled);
        await apply(standing, next, settled);
        snapshot = hash === undefined ? undefined : { number: settled, hash, standing: new Map(standing) };
        next = settled + 1;
      }
      await apply(standing, next, newest);
      return standing;
    },
  };
}

/** 32 bytes of the chain as a digest of ours. */
export function toDigest(bytes32: string): Digest {
  return encodeBase64url(getBytes(bytes32)) as Digest;
}

function topicOf({ contract }: ContractCalls, event: string): string {
  const fragment = contract.getEvent(event);
  if (fragment === null) throw new TypeError(`the contract has no event ${event}`);
  return fragment.topicHash;
}
