/** Who may ask what: each role has the methods of the ones before it. */
export const RPC_ROLES = ['none', 'observe', 'read', 'trade', 'operate'] as const;
export type RpcRole = (typeof RPC_ROLES)[number];

// Everything not named here does not exist, however it is spelled: keys on the node (eth_accounts, eth_sign,
// eth_sendTransaction, personal_*), powers over the node (anvil_*, evm_*, hardhat_*, debug_*, admin_*, miner_*), state
// shared between clients (filters, whose ids can be guessed) and subscriptions, until a connection has its own.
const METHODS: Readonly<Record<RpcRole, Readonly<Record<string, number>>>> = {
  none: {},
  observe: {
    eth_chainId: 0,
    net_version: 0,
    web3_clientVersion: 0,
    eth_blockNumber: 0,
    eth_syncing: 0,
    eth_gasPrice: 0,
    eth_maxPriorityFeePerGas: 0,
    eth_feeHistory: 3,
    eth_getBlockByNumber: 2,
    eth_getBlockByHash: 2,
    eth_getBlockTransactionCountByNumber: 1,
    eth_getBlockTransactionCountByHash: 1,
  },
  read: {
    // Two parameters only: the third would override the state the answer is computed on.
    eth_call: 2,
    eth_estimateGas: 2,
    eth_getBalance: 2,
    eth_getCode: 2,
    eth_getStorageAt: 3,
    eth_getTransactionCount: 2,
    eth_getLogs: 1,
    eth_getTransactionByHash: 1,
    eth_getTransactionReceipt: 1,
    eth_getTransactionByBlockHashAndIndex: 2,
    eth_getTransactionByBlockNumberAndIndex: 2,
  },
  trade: { eth_sendRawTransaction: 1 },
  operate: { eth_getBlockReceipts: 1, txpool_status: 0, net_peerCount: 0, net_listening: 0 },
};

/** The most parameters a role may give a method, or undefined where the role may not call it. Spelling is exact. */
export function parametersOf(role: RpcRole, method: string): number | undefined {
  const rank = RPC_ROLES.indexOf(role);
  const open = RPC_ROLES.slice(0, rank + 1)
    .map((name) => METHODS[name])
    .find((methods) => Object.hasOwn(methods, method));
  return open?.[method];
}

/** All methods a role may call, for the page that says so. */
export function methodsOf(role: RpcRole): readonly string[] {
  return RPC_ROLES.slice(0, RPC_ROLES.indexOf(role) + 1).flatMap((name) => Object.keys(METHODS[name]));
}
