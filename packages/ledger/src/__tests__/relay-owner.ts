import { computeAddress, hexlify, solidityPackedKeccak256, zeroPadBytes } from 'ethers';
import type { SigningKey } from 'ethers';
import { tenantId } from '@gridpass/core';
import type { Did, SignedRegistryCall } from '@gridpass/core';
import { DID_REGISTRY } from '../relayer/registry-call.js';

export const TENANT = tenantId('participant');

/** An owner that signs calls by hand, from the contract's source: the check on what the did package signs. */
export interface Owner {
  readonly key: SigningKey;
  readonly address: string;
  /** setAttribute('did/svc/S', text) with a nonce of the registry. */
  service(text: string, nonce: number): SignedRegistryCall;
}

export function createOwner(key: SigningKey, registry: string): Owner {
  const address = computeAddress(key.publicKey).toLowerCase();
  return {
    key,
    address,
    service: (text, nonce) => {
      const name = zeroPadBytes(hexlify(new TextEncoder().encode('did/svc/S')), 32);
      const value = hexlify(new TextEncoder().encode(text));
      const digest = solidityPackedKeccak256(
        ['bytes1', 'bytes1', 'address', 'uint256', 'address', 'string', 'bytes32', 'bytes', 'uint256'],
        ['0x19', '0x00', registry, nonce, address, 'setAttribute', name, value, 1000],
      );
      const { v, r, s } = key.sign(digest);
      const data = DID_REGISTRY.encodeFunctionData('setAttributeSigned', [address, v, r, s, name, value, 1000]);
      return { chainId: 31_337, registry, did: `did:ethr:0x7a69:${key.compressedPublicKey}` as Did, owner: address, nonce, data };
    },
  };
}
