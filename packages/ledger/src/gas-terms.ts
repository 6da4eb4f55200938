import type { JsonRpcProvider } from 'ethers';

/** What a transaction offers for gas, in wei for each unit. */
export interface GasTerms {
  /** The most it pays. */
  readonly price: bigint;
  /** Of that, for who makes the block (EIP-1559). Absent on a chain that burns nothing: there a transaction pays its price. */
  readonly priority?: bigint;
}

/**
 * What the chain asks for gas now. Where blocks have no base fee, or one of zero, a transaction pays the price that the node
 * names, which may be a minimum of its operator's, and is one of before EIP-1559, as some of these chains take no other.
 */
export async function readGasTerms(provider: JsonRpcProvider): Promise<GasTerms> {
  const { maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
  if (maxFeePerGas !== null) return { price: maxFeePerGas, priority: maxPriorityFeePerGas ?? 0n };
  // Asked again: the library keeps to itself why a node named no price.
  return { price: BigInt(String(await provider.send('eth_gasPrice', []))) };
}

/** The members of a transaction that say so. */
export function toFeeMembers({ price, priority }: GasTerms) {
  return priority === undefined
    ? ({ type: 0, gasPrice: price } as const)
    : ({ type: 2, maxFeePerGas: price, maxPriorityFeePerGas: priority } as const);
}
