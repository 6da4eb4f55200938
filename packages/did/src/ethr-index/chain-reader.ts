import type { EthrBlock, EthrIndexName } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { EVENT_TOPICS, parseRegistryLog, quantity } from './registry-log.js';
import type { RegistryLog } from './registry-log.js';
import { inconsistent, RpcError, unavailable } from './rpc.js';
import type { EthrRpc } from './rpc.js';

/** The head of a block, as far as it is used. */
export interface BlockHeader extends EthrBlock {
  readonly parentHash: string;
  readonly time: number;
  /** 256 bytes in hex; absent where the node leaves it out. */
  readonly bloom: string | undefined;
}

/** What is asked of a node about one registry, each answer checked for its form. */
export interface ChainReader {
  chainId(): Promise<number>;
  /** Undefined for a block the node does not have. */
  block(number: number | 'latest'): Promise<BlockHeader | undefined>;
  hasCode(): Promise<boolean>;
  /** Logs of the registry in a range of blocks, or of one block by its hash, in the order of the chain. May reject with RpcError. */
  logs(
    filter: { readonly from: number; readonly to: number; readonly identity?: string } | { readonly blockHash: string },
  ): Promise<readonly RegistryLog[]>;
  /** `changed(identity)` of the registry as of a block. */
  changed(identity: string, block: number): Promise<number>;
}

const HASH = /^0x[0-9a-f]{64}$/;
// keccak256("changed(address)"), first four bytes.
const CHANGED = '0xf96d0f9f';
const TOPICS = Object.values(EVENT_TOPICS);

/** Reads one registry through one node. Errors of the node other than for logs become Fault RESOLVER_UNAVAILABLE. */
export function createChainReader({ registry }: EthrIndexName, rpc: EthrRpc): ChainReader {
  const ask: EthrRpc = (method, params) =>
    rpc(method, params).catch((cause: unknown) => {
      throw cause instanceof RpcError ? unavailable(`the node answers ${method} with error ${String(cause.code)}`, cause) : cause;
    });
  return {
    chainId: async () => quantity(await ask('eth_chainId', [])),
    block: async (number) =>
      readHeader(await ask('eth_getBlockByNumber', [typeof number === 'number' ? hex(number) : number, false]), number),
    hasCode: async () => {
      const code = await ask('eth_getCode', [registry, 'latest']);
      return typeof code === 'string' && code.length > 2;
    },
    logs: async (filter) => {
      const range = 'blockHash' in filter ? { blockHash: filter.blockHash } : { fromBlock: hex(filter.from), toBlock: hex(filter.to) };
      const identity = 'identity' in filter ? [`0x${'0'.repeat(24)}${filter.identity.slice(2)}`] : [];
      const answer = await rpc('eth_getLogs', [{ address: registry, topics: [TOPICS, ...identity], ...range }]);
      if (!Array.isArray(answer)) throw unavailable('the node gave no logs');
      const logs = answer.map((log) => parseRegistryLog(registry, log));
      checkOrder(logs, filter);
      return logs;
    },
    changed: async (identity, block) => {
      const answer = await ask('eth_call', [{ to: registry, data: `${CHANGED}${'0'.repeat(24)}${identity.slice(2)}` }, hex(block)]);
      // An empty answer is what an address without code gives.
      if (answer === '0x') throw inconsistent('there is no registry at the address');
      return quantity(answer);
    },
  };
}

/** Logs come in the order of the chain and from where they were asked for; else the node is not one to be believed. */
function checkOrder(logs: readonly RegistryLog[], filter: Parameters<ChainReader['logs']>[0]): void {
  let before: RegistryLog | undefined;
  for (const log of logs) {
    const outside = 'blockHash' in filter ? log.blockHash !== filter.blockHash : log.block < filter.from || log.block > filter.to;
    const disordered =
      before !== undefined && (log.block < before.block || (log.block === before.block && log.logIndex <= before.logIndex));
    if (outside || disordered) throw inconsistent('the node gave logs out of order, or that were not asked for');
    before = log;
  }
}

function readHeader(answer: unknown, asked: number | 'latest'): BlockHeader | undefined {
  if (answer === null) return undefined;
  if (!isJsonObject(answer)) throw unavailable('the node gave no block');
  const [hash, parentHash, bloom] = [memberOf(answer, 'hash'), memberOf(answer, 'parentHash'), memberOf(answer, 'logsBloom')];
  const number = quantity(memberOf(answer, 'number'));
  if (typeof hash !== 'string' || !HASH.test(hash) || typeof parentHash !== 'string' || (asked !== 'latest' && asked !== number)) {
    throw unavailable('the node gave another block than the one asked for');
  }
  return { number, hash, parentHash, time: quantity(memberOf(answer, 'timestamp')), bloom: typeof bloom === 'string' ? bloom : undefined };
}

const hex = (number: number): string => `0x${number.toString(16)}`;
