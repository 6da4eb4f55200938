import { Fault, instant } from '@gridpass/core';
import type { Digest, Instant } from '@gridpass/core';
import type { Account } from './account.js';
import { createAdmissionHistory, toDigest } from './admission-history.js';
import type { StandingAdmission } from './admission-history.js';
import type { Chain } from './chain.js';
import { channelId, toBytes32 } from './channel.js';
import { createContractCalls, valuesOf } from './contract-call.js';
import type { Sender } from './sender.js';
import type { Call } from './sign-call.js';

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

/** A reader of the admissions at `address`. */
export function createAdmissionReader(chain: Chain, address: Account): AdmissionReader {
  const calls = createContractCalls(chain, 'ChannelAdmission', address);
  const history = createAdmissionHistory(chain, calls);
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
    standingAdmissions: async (gate) =>
      [...(await history.standing()).values()].flatMap(({ by, ...admission }) => (by === gate ? [admission] : [])),
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
