import { Transaction } from 'ethers';
import type { AccountSigner } from './account.js';
import type { Chain } from './chain.js';
import type { Call } from './sender.js';

const GAS_LIMIT = 1_000_000n;

/**
 * A signed transaction as 0x-hex, ready for `eth_sendRawTransaction`: what a wallet of one's own hands to a node. Nothing is
 * sent and nothing is tried first, so a contract's no comes when it is mined.
 */
export async function signCall(chain: Chain, signer: AccountSigner, call: Call): Promise<string> {
  const nonce = await chain.use((provider) => provider.getTransactionCount(signer.account, 'pending'));
  const transaction = Transaction.from({
    type: 2,
    chainId: chain.chainId,
    nonce,
    to: call.to ?? null,
    data: call.data,
    value: 0n,
    gasLimit: GAS_LIMIT,
    maxFeePerGas: 0n,
    maxPriorityFeePerGas: 0n,
  });
  transaction.signature = { ...(await signer.signDigest(transaction.unsignedHash)) };
  return transaction.serialized;
}
