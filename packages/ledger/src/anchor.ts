import { getBytes, hexlify, id } from 'ethers';
import { Fault, InputError, instant, ok, refuse } from '@gridpass/core';
import type { Instant, Outcome } from '@gridpass/core';
import type { Account } from './account.js';
import { toAccount } from './account.js';
import type { Chain } from './chain.js';
import { createContractCalls, isRevert, membersOf } from './contract-call.js';
import type { Revert } from './revert.js';
import type { Sender } from './sender.js';

/** A tree head and the block time by which the chain knew it. */
export interface AnchoredCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  readonly anchoredAt: Instant;
}

/** Reads anchored checkpoints. A log is named by its origin. */
export interface AnchorReader {
  latestCheckpoint(origin: string): Promise<AnchoredCheckpoint | undefined>;
  /** The first checkpoint that covers the entry: it existed at `anchoredAt` at the latest. Undefined when there is none yet. */
  firstCovering(origin: string, index: number): Promise<AnchoredCheckpoint | undefined>;
  writerOf(origin: string): Promise<Account | undefined>;
}

/** Anchors checkpoints in transactions of one account. */
export interface AnchorWriter {
  /** Names the writer of a log; the sender must be the registrar. */
  registerLog(origin: string, writer: Account): Promise<void>;
  /** Anchors the next tree head; LOG_INCONSISTENT when it does not extend the last one. `proof` as RFC 9162 has it. */
  anchorCheckpoint(checkpoint: {
    readonly origin: string;
    readonly size: number;
    readonly root: Uint8Array;
    readonly proof: readonly Uint8Array[];
  }): Promise<Outcome<true>>;
}

/** A reader of the anchors at `address`. */
export function createAnchorReader(chain: Chain, address: Account): AnchorReader {
  const calls = createContractCalls(chain, 'AuditAnchor', address);
  const one = async (method: string, args: readonly unknown[]): Promise<AnchoredCheckpoint | undefined> => {
    const answer = await calls.tryRead(method, args);
    if (isRevert(answer)) {
      if (answer.name === 'AuditAnchorLogUnknown' || answer.name === 'AuditAnchorNotCovered') return undefined;
      throw new Fault('CHAIN_INCONSISTENT', `AuditAnchor.${method} answered ${answer.name || 'nothing known'}`);
    }
    const [root, size, anchoredAt] = membersOf(answer);
    return { root: getBytes(String(root)), size: Number(size), anchoredAt: instant(Number(anchoredAt)) };
  };
  return {
    latestCheckpoint: (origin) => one('latest', [id(origin)]),
    firstCovering: (origin, index) => one('firstCovering', [id(origin), index]),
    writerOf: async (origin) => {
      const writer = toAccount(String((await calls.read('writerOf', [id(origin)]))[0]));
      return /^0x0{40}$/.test(writer) ? undefined : writer;
    },
  };
}

/** A writer to the anchors at `address`. */
export function createAnchorWriter(chain: Chain, address: Account, sender: Sender): AnchorWriter {
  const calls = createContractCalls(chain, 'AuditAnchor', address);
  const send = async (method: string, args: readonly unknown[]): Promise<Revert | undefined> => {
    const sent = await sender.send(calls.encode(method, args));
    return sent.kind === 'reverted' ? sent.revert : undefined;
  };
  return {
    registerLog: async (origin, writer) => {
      const revert = await send('registerLog', [id(origin), writer]);
      if (revert !== undefined) throw new InputError('CONFIG_INVALID', `the chain did not register the log: ${revert.name}`);
    },
    anchorCheckpoint: async ({ origin, size, root, proof }) => {
      const revert = await send('anchor', [id(origin), size, hexlify(root), proof.map((hash) => hexlify(hash))]);
      if (revert === undefined) return ok(true);
      if (revert.name === 'AuditAnchorInconsistent' || revert.name === 'AuditAnchorNotGrowing')
        return refuse('LOG_INCONSISTENT', 'anchor', revert.name);
      throw new Fault('CHAIN_INCONSISTENT', `the anchor was turned down: ${revert.name || 'no known reason'}`);
    },
  };
}
