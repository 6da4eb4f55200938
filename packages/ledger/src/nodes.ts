import type { Account } from './account.js';
import type { Chain } from './chain.js';
import { createContractCalls } from './contract-call.js';

/** What a validator asks before it lets another node connect (Besu's node permissioning interface). */
export interface NodeReader {
  /** Whether the node of this id (128 hexadecimal digits, the public key of its account) may connect. Throws Fault CHAIN_UNAVAILABLE. */
  connectionAllowed(node: { readonly enodeId: string; readonly host: string; readonly port: number }): Promise<boolean>;
}

/** A reader of the node permissions at `address`. */
export function createNodeReader(chain: Chain, address: Account): NodeReader {
  const calls = createContractCalls(chain, 'NodePermissioning', address);
  return {
    connectionAllowed: async ({ enodeId, host, port }) => (await calls.read('connectionAllowed', [enodeId, host, port]))[0] === true,
  };
}
