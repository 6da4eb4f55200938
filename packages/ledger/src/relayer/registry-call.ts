import { Interface } from 'ethers';
import { ok, refuse } from '@gridpass/core';
import type { Digest, Outcome, SignedRegistryCall } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';

/** The signed calls, reads and events of an ERC-1056 registry (EthereumDIDRegistry.sol of ethr-did-registry 1.3.0). */
export const DID_REGISTRY = new Interface([
  'function changeOwnerSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, address newOwner)',
  'function addDelegateSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, bytes32 delegateType, address delegate, uint validity)',
  'function revokeDelegateSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, bytes32 delegateType, address delegate)',
  'function setAttributeSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, bytes32 name, bytes value, uint validity)',
  'function revokeAttributeSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, bytes32 name, bytes value)',
  'function nonce(address) view returns (uint)',
  'function changed(address) view returns (uint)',
  'event DIDOwnerChanged(address indexed identity, address owner, uint previousChange)',
  'event DIDDelegateChanged(address indexed identity, bytes32 delegateType, address delegate, uint validTo, uint previousChange)',
  'event DIDAttributeChanged(address indexed identity, bytes32 name, bytes value, uint validTo, uint previousChange)',
]);

const SIGNED = ['changeOwnerSigned', 'addDelegateSigned', 'revokeDelegateSigned', 'setAttributeSigned', 'revokeAttributeSigned'];
const SELECTORS: ReadonlySet<string> = new Set(SIGNED.map((name) => DID_REGISTRY.getFunction(name)?.selector ?? ''));
/** A service or a key fits many times over; the operator pays for every byte. */
const MAX_HEX = 2 * 4_096;

/** Names a signed call; refuses REQUEST_MALFORMED for one that is no signed call of this registry, or too long. */
export function nameCall(
  call: SignedRegistryCall,
  registry: { readonly chainId: number; readonly registry: string },
): Outcome<SignedRegistryCall & { readonly id: Digest }> {
  const malformed = (detail: string): Outcome<never> => refuse('REQUEST_MALFORMED', 'relay', detail);
  if (call.chainId !== registry.chainId || call.registry !== registry.registry)
    return malformed('registry: not the one this relayer serves');
  if (!/^0x(?:[0-9a-f]{2})+$/u.test(call.data) || call.data.length > MAX_HEX)
    return malformed('data: not lower-case hexadecimal of at most 4096 bytes');
  if (!SELECTORS.has(call.data.slice(0, 10))) return malformed('data: not a signed call of the registry');
  if (!/^0x[0-9a-f]{40}$/u.test(call.owner) || !Number.isSafeInteger(call.nonce) || call.nonce < 0)
    return malformed('owner, nonce: not an account and a count');
  return ok({ ...call, id: digestOf(`${call.chainId} ${call.registry} ${call.data}`) });
}

/** Whose document a call changes: the first argument of every signed call. */
export function identityOf(call: Pick<SignedRegistryCall, 'data'>): string {
  return `0x${call.data.slice(34, 74)}`;
}
