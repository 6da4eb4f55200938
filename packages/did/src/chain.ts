import { AsyncLocalStorage } from 'node:async_hooks';
import { Signature, Transaction, hexlify } from 'ethers';
import type { FetchPort } from '@gridpass/core';
import type { DigestSigner } from '@gridpass/keys';
import type { EthrChain } from './methods/ethr.js';
import { RpcProvider } from './methods/rpc.js';

/** An ethers provider for sending changes to a registry, through the fetch port as everything else. */
export function createChainProvider(chain: EthrChain, fetch: FetchPort): RpcProvider {
  return new RpcProvider({ ...chain, fetch, resolution: new AsyncLocalStorage() });
}

/** Signs an unsigned serialised transaction; the digest is computed here, so that nothing but a transaction can be signed. */
export async function signTransaction(unsigned: Uint8Array, signer: DigestSigner): Promise<string> {
  const transaction = Transaction.from(hexlify(unsigned));
  transaction.signature = Signature.from(await signer.signDigest(transaction.unsignedHash));
  return transaction.serialized;
}
