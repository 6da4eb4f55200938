import { hexlify, id } from 'ethers';
import { handleBytes } from '@gridpass/codec';
import type { Digest } from '@gridpass/core';

/** The channel that admits nodes to the network (NodePermissioning.NODE_CHANNEL). */
export const NODE_CHANNEL = 'ledger_node';
/** The channel that admits accounts to create contracts. */
export const DEPLOY_CHANNEL = 'ledger_deploy';

/** The chain's name of a channel: Keccak-256 of its text. */
export function channelId(channel: string): string {
  return id(channel);
}

/** A digest, or the handle of a credential, as the 32 bytes the contracts take, 0x-hex. */
export function toBytes32(digest: Digest): string {
  return hexlify(handleBytes(digest));
}
