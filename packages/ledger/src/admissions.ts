import { getBytes } from 'ethers';
import type { Interface } from 'ethers';
import { Fault, instant } from '@gridpass/core';
import type { Digest, Instant } from '@gridpass/core';
import { encodeBase64url } from '@gridpass/codec';
import type { Account } from './account.js';
import { toAccount } from './account.js';
import type { Chain } from './chain.js';
import { channelId, toBytes32 } from './channel.js';
import { createContractCalls, valuesOf } from './contract-call.js';
import type { Call, Sender } from './sender.js';

/** An account in a channel. */
export interface AdmissionKey {
  readonly account: Account;
  readonly channel: string;
}

/** An admission as the chain keeps it. */
export interface ChainAdmission {
  readonly until: Instant;
  readonly admittedAt: Instant;
  readonly receipt: Digest;
}

/** An admission the gate decided on. `receipt` is the leaf hash of the decision's audit record. */
export interface AdmissionGrant extends AdmissionKey {
  readonly until: Instant;
  readonly receipt: Digest;
}

/** An admission that the chain's history shows as standing; its channel is known by its id alone. */
export interface StandingAdmission {
  readonly account: Account;
  readonly channelId: string;
  readonly until: Instant;
  readonly receipt: Digest;
}

/** Reads admissions. */
export interface AdmissionReader {
  admissionOf(key: AdmissionKey): Promise<ChainAdmission | undefined>;
  /** Whether the account may act at `at`; the end is exclusive. */
  isAdmitted(key: AdmissionKey, at: Instant): Promise<boolean>;
  /** What `gate` admitted and did not withdraw, read from the events up to the newest block. */
  standingAdmissions(gate: Account): Promise<readonly StandingAdmission[]>;
}

/** Writes admissions, in transactions of the gate's account. All are idempotent: sent again, they change nothing. */
export interface AdmissionWriter {
  /** Up to 200 at once, all or none. */
  admit(grants: readonly AdmissionGrant[]): Promise<void>;
  /** Up to 200 at once; those that are not admitted are passed over. */
  withdraw(keys: readonly (AdmissionKey | StandingAdmission)[]): Promise<void>;
}

/** Most entries of one batch (ChannelAdmission.BATCH_MOST). */
export const BATCH_MOST = 200;
const LOG_BLOCKS = 10_000;

/** A reader of the admissions at `address`. */
export function createAdmissionReader(chain: Chain, address: Account): AdmissionReader {
  const calls = createContractCalls(chain, 'ChannelAdmission', address);
  const admissionOf = async ({ account, channel }: AdmissionKey): Promise<ChainAdmission | undefined> => {
    const [until, admittedAt, receipt] = valuesOf(await calls.read('admissionOf', [account, channelId(channel)]));
    return Number(until) === 0
      ? undefined
      : { until: instant(Number(until)), admittedAt: instant(Number(admittedAt)), receipt: toDigest(String(receipt)) };
  };
  return {
    admissionOf,
    isAdmitted: async (key, at) => {
      const admission = await admissionOf(key);
      return admission !== undefined && admission.until > at;
    },
    standingAdmissions: async (gate) => {
      const standing = new Map<string, StandingAdmission>();
      const topics = [[topicOf(calls.contract, 'AdmissionGranted'), topicOf(calls.contract, 'AdmissionWithdrawn')]];
      const newest = await chain.use((provider) => provider.getBlockNumber());
      for (let from = 0; from <= newest; from += LOG_BLOCKS) {
        const logs = await chain.use((provider) =>
          provider.getLogs({ address, topics, fromBlock: from, toBlock: Math.min(from + LOG_BLOCKS - 1, newest) }),
        );
        for (const log of logs) {
          const event = calls.contract.parseLog(log);
          if (event === null) continue;
          const [account, channel, by] = valuesOf(event.args);
          const key = `${String(channel)} ${String(account)}`;
          // Whoever touched it last answers for it.
          standing.delete(key);
          if (event.name === 'AdmissionGranted' && by === gate) {
            standing.set(key, {
              account: toAccount(String(account)),
              channelId: String(channel),
              until: instant(Number(event.args['until'])),
              receipt: toDigest(String(event.args['receipt'])),
            });
          }
        }
      }
      return [...standing.values()];
    },
  };
}

/** A writer to the admissions at `address`; the sender's account must hold the gate role. */
export function createAdmissionWriter(chain: Chain, address: Account, sender: Sender): AdmissionWriter {
  const calls = createContractCalls(chain, 'ChannelAdmission', address);
  const send = async (call: Call): Promise<void> => {
    const sent = await sender.send(call);
    if (sent.kind === 'reverted')
      throw new Fault('CHAIN_INCONSISTENT', `the chain turned the admission down: ${sent.revert.name || 'no known reason'}`);
  };
  return {
    admit: async (grants) => {
      const inputs = grants.map(
        ({ account, channel, until, receipt }) => [account, channelId(channel), until, toBytes32(receipt)] as const,
      );
      const [first] = inputs;
      if (first === undefined) return;
      await send(inputs.length === 1 ? calls.encode('admit', first) : calls.encode('admitBatch', [inputs]));
    },
    withdraw: async (keys) => {
      const inputs = keys.map((key) => [key.account, 'channelId' in key ? key.channelId : channelId(key.channel)] as const);
      const [first] = inputs;
      if (first === undefined) return;
      await send(inputs.length === 1 ? calls.encode('withdraw', first) : calls.encode('withdrawBatch', [inputs]));
    },
  };
}

function toDigest(bytes32: string): Digest {
  return encodeBase64url(getBytes(bytes32)) as Digest;
}

function topicOf(contract: Interface, event: string): string {
  const fragment = contract.getEvent(event);
  if (fragment === null) throw new TypeError(`the contract has no event ${event}`);
  return fragment.topicHash;
}
