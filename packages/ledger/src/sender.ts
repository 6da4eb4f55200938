import { setTimeout as sleep } from 'node:timers/promises';
import { isError } from 'ethers';
import type { JsonRpcProvider, TransactionReceipt } from 'ethers';
import { untilWon } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import type { Account, AccountSigner } from './account.js';
import { toAccount } from './account.js';
import type { Chain } from './chain.js';
import { readGasTerms } from './gas-terms.js';
import { revertOf } from './revert.js';
import type { Revert } from './revert.js';
import { toSignedCall } from './sign-call.js';
import type { Call } from './sign-call.js';

/** A mined transaction, or the contract's no. A no costs no transaction where it can be foreseen. */
export type Sent =
  | {
      readonly kind: 'mined';
      readonly hash: string;
      readonly blockNumber: number;
      readonly gasUsed: number;
      readonly created?: Account;
      readonly receipt: TransactionReceipt;
    }
  | { readonly kind: 'reverted'; readonly revert: Revert };

/** Sends transactions of one account, any number at once. */
export interface Sender {
  readonly account: Account;
  send(call: Call): Promise<Sent>;
}

interface Submitted {
  readonly hash: string;
  readonly raw: string;
}

const CONFIRM_SECONDS = 60;
const REPEAT_MS = 3_000;

/**
 * A sender whose calls take turns from reading the nonce to handing over the transaction, and wait for their blocks side
 * by side. Several senders of one account get in each other's way but lose nothing: who finds the nonce gone takes the next, after
 * a random pause, since two that go in step would lose to the same one for ever.
 * Throws Fault CHAIN_UNAVAILABLE when the node is away or the transaction is not mined within a minute; whoever must know
 * whether it came through then reads the chain, and may send again, since all our writes are idempotent.
 */
export function createSender(chain: Chain, signer: AccountSigner): Sender {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(fn: () => Promise<T>): Promise<T> => {
    const mine = turn.then(fn);
    // Who sent is told by `mine` how it ended; the next in turn only has to know that it has.
    turn = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  };

  const submit = (call: Call): Promise<Submitted | Revert> =>
    inTurn(() =>
      chain.use(async (provider) => {
        const gasLimit = await estimate(provider, signer.account, call);
        if (typeof gasLimit !== 'bigint') return gasLimit;
        const won = await untilWon(async () => {
          const [nonce, gas] = await Promise.all([provider.getTransactionCount(signer.account, 'pending'), readGasTerms(provider)]);
          const submitted = await toSignedCall(signer, call, {
            chainId: chain.chainId,
            nonce,
            gasLimit,
            gas,
          });
          return (await broadcast(provider, submitted)) ? submitted : undefined;
        });
        if (won !== undefined) return won;
        throw new Fault('CHAIN_UNAVAILABLE', 'another program sends from the same account and takes every nonce');
      }),
    );

  return {
    account: signer.account,
    send: async (call) => {
      const submitted = await submit(call);
      if ('name' in submitted) return { kind: 'reverted', revert: submitted };
      const receipt = await chain.use((provider) => awaitReceipt(provider, submitted));
      if (receipt.status !== 1) return { kind: 'reverted', revert: { name: '', args: [] } };
      return {
        kind: 'mined',
        hash: receipt.hash,
        blockNumber: receipt.blockNumber,
        gasUsed: Number(receipt.gasUsed),
        receipt,
        ...(receipt.contractAddress === null ? {} : { created: toAccount(receipt.contractAddress) }),
      };
    },
  };
}

/** Gas for the call on top of what is pending, with room for a book that grows until the block; or the contract's no. */
async function estimate(provider: JsonRpcProvider, from: Account, call: Call): Promise<bigint | Revert> {
  try {
    const answer: unknown = await provider.send('eth_estimateGas', [
      { from, ...(call.to === undefined ? {} : { to: call.to }), data: call.data },
      'pending',
    ]);
    const gas = BigInt(String(answer));
    return gas + gas / 4n + 20_000n;
  } catch (cause) {
    const revert = revertOf(cause);
    if (revert === undefined) throw cause;
    return revert;
  }
}

/** Hands a transaction over; twice is no failure. False when its nonce went to another transaction of the account. */
async function broadcast(provider: JsonRpcProvider, submitted: Submitted): Promise<boolean> {
  try {
    await provider.broadcastTransaction(submitted.raw);
    return true;
  } catch (cause) {
    if (isError(cause, 'CALL_EXCEPTION') || isError(cause, 'INVALID_ARGUMENT')) throw cause;
    // Nodes word "known already", "nonce too low" and "underpriced" each in their own way; whether it is there, they all tell.
    const known: unknown = await provider.send('eth_getTransactionByHash', [submitted.hash]);
    if (known !== null) return true;
    if (isError(cause, 'NONCE_EXPIRED') || isError(cause, 'REPLACEMENT_UNDERPRICED')) return false;
    throw cause;
  }
}

/** Waits for the block; a node that restarted has forgotten what was pending, so the transaction is handed over again. */
async function awaitReceipt(provider: JsonRpcProvider, submitted: Submitted): Promise<TransactionReceipt> {
  for (let waited = 0; waited < CONFIRM_SECONDS * 1000;) {
    const receipt = await provider.getTransactionReceipt(submitted.hash);
    if (receipt !== null) return receipt;
    const pause = Math.min(20 + waited / 10, 500);
    await sleep(pause);
    if (Math.floor((waited + pause) / REPEAT_MS) > Math.floor(waited / REPEAT_MS)) await broadcast(provider, submitted);
    waited += pause;
  }
  throw new Fault('CHAIN_UNAVAILABLE', `the transaction was not mined within ${CONFIRM_SECONDS} s`);
}
