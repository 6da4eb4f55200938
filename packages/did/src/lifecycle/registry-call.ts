import { Interface, concat, hexlify, keccak256, solidityPacked, toBeHex, zeroPadBytes, zeroPadValue } from 'ethers';
import { InputError } from '@gridpass/core';
import type { Did, SignedRegistryCall } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import type { DigestSigner } from '@gridpass/keys';

/** A change of an ERC-1056 registry, as its contract names it. Validity in seconds from the block. */
export type RegistryChange =
  | { readonly kind: 'changeOwner'; readonly newOwner: string }
  | { readonly kind: 'addDelegate'; readonly delegateType: string; readonly delegate: string; readonly validSeconds: number }
  | { readonly kind: 'revokeDelegate'; readonly delegateType: string; readonly delegate: string }
  | { readonly kind: 'setAttribute'; readonly name: string; readonly value: Uint8Array; readonly validSeconds: number }
  | { readonly kind: 'revokeAttribute'; readonly name: string; readonly value: Uint8Array };

const REGISTRY = new Interface([
  'function changeOwnerSigned(address, uint8, bytes32, bytes32, address)',
  'function addDelegateSigned(address, uint8, bytes32, bytes32, bytes32, address, uint)',
  'function revokeDelegateSigned(address, uint8, bytes32, bytes32, bytes32, address)',
  'function setAttributeSigned(address, uint8, bytes32, bytes32, bytes32, bytes, uint)',
  'function revokeAttributeSigned(address, uint8, bytes32, bytes32, bytes32, bytes)',
]);

/** What a change is signed for. */
export interface CallTarget {
  readonly chainId: number;
  readonly registry: string;
  readonly did: Did;
  readonly identity: string;
  readonly owner: string;
  readonly nonce: number;
}

/**
 * Signs a change with the owner's key, for anybody to send. What is signed is built here: 0x19 0x00 registry nonce identity name
 * arguments (EthereumDIDRegistry.sol, the `...Signed` functions). The registry does not put the chain id in: a key must not own
 * the same DID in registries of one address on two chains.
 */
export async function signRegistryCall(target: CallTarget, change: RegistryChange, signer: DigestSigner): Promise<SignedRegistryCall> {
  const { types, values } = argumentsOf(change);
  const packed = solidityPacked(
    ['bytes1', 'bytes1', 'address', 'uint256', 'address', 'string', ...types],
    ['0x19', '0x00', target.registry, target.nonce, target.identity, change.kind, ...values],
  );
  const { r, s, yParity } = await signer.signDigest(keccak256(packed));
  const data = REGISTRY.encodeFunctionData(`${change.kind}Signed`, [target.identity, 27 + yParity, r, s, ...values]);
  const { chainId, registry, did, owner, nonce } = target;
  return { chainId, registry: registry.toLowerCase(), did, owner: owner.toLowerCase(), nonce, data: data.toLowerCase() };
}

function argumentsOf(change: RegistryChange): { readonly types: readonly string[]; readonly values: readonly string[] } {
  switch (change.kind) {
    case 'changeOwner':
      return { types: ['address'], values: [change.newOwner] };
    case 'addDelegate':
      return {
        types: ['bytes32', 'address', 'uint256'],
        values: [toBytes32(change.delegateType), change.delegate, seconds(change.validSeconds)],
      };
    case 'revokeDelegate':
      return { types: ['bytes32', 'address'], values: [toBytes32(change.delegateType), change.delegate] };
    case 'setAttribute':
      return {
        types: ['bytes32', 'bytes', 'uint256'],
        values: [toBytes32(change.name), hexlify(change.value), seconds(change.validSeconds)],
      };
    case 'revokeAttribute':
      return { types: ['bytes32', 'bytes'], values: [toBytes32(change.name), hexlify(change.value)] };
  }
}

/** Names are at most 32 bytes, filled with zeros on the right. */
function toBytes32(name: string): string {
  const bytes = utf8(name);
  if (bytes.length > 32) throw new InputError('REQUEST_MALFORMED', 'a name in the registry is at most 32 bytes long');
  return zeroPadBytes(concat([bytes]), 32);
}

const seconds = (valid: number): string => zeroPadValue(toBeHex(valid), 32);
