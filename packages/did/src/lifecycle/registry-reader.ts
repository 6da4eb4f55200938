import { Interface, computeAddress } from 'ethers';
import { Fault, refuse, ok } from '@gridpass/core';
import type { Did, FetchPort, Outcome, PublicJwk } from '@gridpass/core';
import { compressPoint, rawPublicKeyOf } from '@gridpass/keys';
import { createChainProvider } from '../chain.js';
import type { EthrChain } from '../methods/ethr.js';
import { methodIdOf, methodOf } from '../parse.js';

const REGISTRY = new Interface(['function identityOwner(address) view returns (address)', 'function nonce(address) view returns (uint)']);

/** What the registry says now. Throws Fault RESOLVER_UNAVAILABLE when the node does not answer. */
export interface RegistryReader {
  /** Lower case. */
  ownerOf(identity: string): Promise<string>;
  nonceOf(owner: string): Promise<number>;
}

/** Reads a registry's newest block through the fetch port. */
export function createRegistryReader(chain: EthrChain, fetch: FetchPort): RegistryReader {
  const provider = createChainProvider(chain, fetch);
  const ask = async (name: 'identityOwner' | 'nonce', account: string): Promise<bigint> => {
    await provider.checkChain();
    const answer = await provider.send('eth_call', [{ to: chain.registry, data: REGISTRY.encodeFunctionData(name, [account]) }, 'latest']);
    if (typeof answer !== 'string' || !/^0x[0-9a-f]{64}$/u.test(answer))
      throw new Fault('RESOLVER_UNAVAILABLE', 'did:ethr: there is no registry at the configured address');
    return BigInt(answer);
  };
  return {
    ownerOf: async (identity) => `0x${(await ask('identityOwner', identity)).toString(16).padStart(40, '0')}`,
    nonceOf: async (owner) => Number(await ask('nonce', owner)),
  };
}

/** The account of a secp256k1 key, lower case. */
export function accountOf(jwk: PublicJwk): string {
  return computeAddress(`0x${keyHexOf(jwk)}`).toLowerCase();
}

/** A secp256k1 key as the registry holds it: compressed. */
export function keyHexOf(jwk: PublicJwk): string {
  return Buffer.from(compressPoint('secp256k1', rawPublicKeyOf(jwk))).toString('hex');
}

/** The account whose document a did:ethr is, in its chain. Refuses DID_METHOD_UNSUPPORTED for others. */
export function identityOfDid(did: Did, chainId: number): Outcome<string> {
  const [chain = '', id = ''] = methodOf(did) === 'ethr' ? methodIdOf(did).split(':') : [];
  if (chain !== `0x${chainId.toString(16)}`) return refuse('DID_METHOD_UNSUPPORTED', 'lifecycle', 'did: not a did:ethr of this chain');
  return ok(id.length === 42 ? id.toLowerCase() : computeAddress(id).toLowerCase());
}
