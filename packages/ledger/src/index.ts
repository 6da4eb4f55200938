// The ledger: the Solidity contracts, the typed client to them, and an embedded EVM node for one machine.
export { launchEmbeddedNode } from './embedded-node.js';
export type { EmbeddedNode, EmbeddedNodeOptions } from './embedded-node.js';
