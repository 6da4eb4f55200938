import { Transaction } from 'ethers';
import type { Account, AccountSigner } from './account.js';
import type { Chain } from './chain.js';

const GAS_LIMIT = 1_000_000n;

/** One transaction to send. */
export interface Call {
  /** Absent = creation of a contract. */
  readonly to?: Account;
  readonly data: string;
}

/** What a transaction says beside its call. */
export interface CallTerms {
  readonly chainId: number;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** A call as a signed transaction (EIP-1559) with its hash, 0x-hex. */
export async function toSignedCall(
  signer: AccountSigner,
  call: Call,
  terms: CallTerms,
): Promise<{ readonly hash: string; readonly raw: string }> {
  const transaction = Transaction.from({ ...terms, type: 2, to: call.to ?? null, data: call.data, value: 0n });
  transaction.signature = { ...(await signer.signDigest(transaction.unsignedHash)) };
  return { hash: transaction.hash ?? '', raw: transaction.serialized };
}

/**
 * A signed transaction as 0x-hex, ready for `eth_sendRawTransaction`: what a wallet of one's own hands to a node. Nothing is
 * sent and nothing is tried first, so a contract's no comes when it is mined.
 */
export async function signCall(chain: Chain, signer: AccountSigner, call: Call): Promise<string> {
  const nonce = await chain.use((provider) => provider.getTransactionCount(signer.account, 'pending'));
  const fees = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
  return (await toSignedCall(signer, call, { chainId: chain.chainId, nonce, gasLimit: GAS_LIMIT, ...fees })).raw;
}
