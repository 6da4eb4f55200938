import { isError, zeroPadValue } from 'ethers';
import type { JsonRpcProvider, TransactionReceipt } from 'ethers';
import { Fault } from '@gridpass/core';
import type { SignedRegistryCall } from '@gridpass/core';
import type { Account } from '../account.js';
import { readGasTerms } from '../gas-terms.js';
import type { GasTerms } from '../gas-terms.js';
import type { Chain } from '../chain.js';
import { DID_REGISTRY, identityOf } from './registry-call.js';

/** Where a call took effect. */
export interface Effect {
  readonly hash: string;
  readonly block: number;
}

/** What a mined transaction did: the registry's event, or its no. */
export type Found = (Effect & { readonly kind: 'effect' | 'reverted' }) | undefined;

/** The node's no to a call that was only tried. */
export interface Refused {
  readonly reason: string;
}

/** What the relayer asks a node; each failure of the node is a Fault. */
export interface NodeView {
  /** Fault CHAIN_INCONSISTENT where the registry has no code: a call there would be mined and do nothing. */
  assertRegistry(): Promise<void>;
  counts(): Promise<{ readonly latest: number; readonly pending: number; readonly head: number }>;
  found(hash: string): Promise<Found>;
  isKnown(hash: string): Promise<boolean>;
  /** Against what is pending too, or against the newest block alone. */
  tryCall(call: SignedRegistryCall, at: 'pending' | 'latest'): Promise<{ readonly gas: bigint } | Refused>;
  registryNonce(owner: string): Promise<number>;
  /** Where somebody else sent the very same call and it took effect; the registry's own chain of changes is walked back. */
  effectOf(call: SignedRegistryCall): Promise<Effect | undefined>;
  gasTerms(): Promise<GasTerms>;
  /** Hands a transaction over; whether the node has it now. Fault CHAIN_UNAVAILABLE where the account cannot pay. */
  handOver(transaction: { readonly hash: string; readonly raw: string }): Promise<boolean>;
}

/** How many changes back the same call is looked for; it is among the last ones or nowhere. */
const MOST_CHANGES = 64;

/** The node as the relayer sees it, for one paying account. */
export function createNodeView(chain: Chain, registry: string, account: Account): NodeView {
  const ask = async (provider: JsonRpcProvider, name: string, argument: string): Promise<bigint> => {
    const answer = await provider.call({ to: registry, data: DID_REGISTRY.encodeFunctionData(name, [argument]) });
    return BigInt(answer);
  };
  return {
    assertRegistry: async () => {
      const code = await chain.use((provider) => provider.getCode(registry));
      if (code === '0x')
        throw new Fault('CHAIN_INCONSISTENT', 'there is no DID registry at the configured address; did the chain lose its state?');
    },
    counts: () =>
      chain.use(async (provider) => {
        const [latest, pending, head] = await Promise.all([
          provider.getTransactionCount(account, 'latest'),
          provider.getTransactionCount(account, 'pending'),
          provider.getBlockNumber(),
        ]);
        return { latest, pending, head };
      }),
    found: (hash) => chain.use(async (provider) => toFound(await provider.getTransactionReceipt(hash), registry)),
    isKnown: (hash) => chain.use(async (provider) => (await provider.send('eth_getTransactionByHash', [hash])) !== null),
    tryCall: (call, at) =>
      chain.use(async (provider) => {
        try {
          const answer: unknown = await provider.send('eth_estimateGas', [{ from: account, to: registry, data: call.data }, at]);
          const gas = BigInt(String(answer));
          return { gas: gas + gas / 4n + 20_000n };
        } catch (cause) {
          if (!isError(cause, 'CALL_EXCEPTION')) throw cause;
          return { reason: /^bad_(?:actor|signature)$/u.test(cause.reason ?? '') ? (cause.reason ?? '') : 'reverted' };
        }
      }),
    registryNonce: (owner) => chain.use(async (provider) => Number(await ask(provider, 'nonce', owner))),
    effectOf: (call) =>
      chain.use(async (provider) => {
        const identity = identityOf(call);
        let block = Number(await ask(provider, 'changed', identity));
        for (let step = 0; step < MOST_CHANGES && block > 0; step += 1) {
          const logs = await provider.getLogs({
            address: registry,
            topics: [null, zeroPadValue(identity, 32)],
            fromBlock: block,
            toBlock: block,
          });
          let previous = 0;
          for (const log of logs) {
            const transaction = await provider.getTransaction(log.transactionHash);
            if (transaction?.data.toLowerCase() === call.data) return { hash: log.transactionHash, block };
            const before = Number(DID_REGISTRY.parseLog(log)?.args['previousChange'] ?? 0);
            if (before < block) previous = before;
          }
          block = previous;
        }
        return undefined;
      }),
    gasTerms: () => chain.use(readGasTerms),
    handOver: (transaction) =>
      chain.use(async (provider) => {
        try {
          await provider.broadcastTransaction(transaction.raw);
          return true;
        } catch (cause) {
          // Nodes word "known already", "nonce too low" and "underpriced" each in their own way; whether it is there, they all tell.
          if ((await provider.send('eth_getTransactionByHash', [transaction.hash])) !== null) return true;
          if (isError(cause, 'NONCE_EXPIRED') || isError(cause, 'REPLACEMENT_UNDERPRICED')) return false;
          if (isError(cause, 'INSUFFICIENT_FUNDS'))
            throw new Fault('CHAIN_UNAVAILABLE', "the relayer's account cannot pay the fee; fund it", { cause });
          throw cause;
        }
      }),
  };
}

/** A call at an address without the registry's code is mined too, but has no event. */
function toFound(receipt: TransactionReceipt | null, registry: string): Found {
  if (receipt === null) return undefined;
  const took = receipt.status === 1 && receipt.logs.some((log) => log.address.toLowerCase() === registry);
  return { kind: took ? 'effect' : 'reverted', hash: receipt.hash, block: receipt.blockNumber };
}
