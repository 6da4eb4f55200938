import { Transaction } from 'ethers';
import type { Account, AccountSigner } from './account.js';
import type { Chain } from './chain.js';
import { readGasTerms, toFeeMembers } from './gas-terms.js';
import type { GasTerms } from './gas-terms.js';

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
  readonly gas: GasTerms;
}

/** A call as a signed transaction with its hash, 0x-hex. */
export async function toSignedCall(
  signer: AccountSigner,
  call: Call,
  { gas, ...terms }: CallTerms,
): Promise<{ readonly hash: string; readonly raw: string }> {
  const transaction = Transaction.from({ ...terms, ...toFeeMembers(gas), to: call.to ?? null, data: call.data, value: 0n });
  transaction.signature = { ...(await signer.signDigest(transaction.unsignedHash)) };
  return { hash: transaction.hash ?? '', raw: transaction.serialized };
}

/**
 * A signed transaction as 0x-hex, ready for `eth_sendRawTransaction`: what a wallet of one's own hands to a node. Nothing is
 * sent and nothing is tried first, so a contract's no comes when it is mined.
 */
export async function signCall(chain: Chain, signer: AccountSigner, call: Call): Promise<string> {
  const [nonce, gas] = await chain.use((provider) =>
    Promise.all([provider.getTransactionCount(signer.account, 'pending'), readGasTerms(provider)]),
  );
  return (await toSignedCall(signer, call, { chainId: chain.chainId, nonce, gasLimit: GAS_LIMIT, gas })).raw;
}
