import {
  Interface,
  JsonRpcProvider,
  SigningKey,
  Wallet,
  computeAddress,
  getBytes,
  keccak256,
  solidityPackedKeccak256,
  toBeHex,
} from 'ethers';
import { getResolver } from 'ethr-did-resolver';
import type { DIDResolutionResult } from 'did-resolver';
import { Resolver } from 'did-resolver';
import { EthereumDIDRegistry } from 'ethr-did-registry';
import { instant, tenantId } from '@gridpass/core';
import type { EthrEventRepository, Instant } from '@gridpass/core';
import { createEthrEventRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { startAnvil, openTestStore } from '@gridpass/testkit';
import { createEthrIndex } from '../ethr-index/ethr-index.js';
import type { EthrIndex, EthrIndexSettings } from '../ethr-index/ethr-index.js';
import { RpcError, unavailable } from '../ethr-index/rpc.js';
import type { EthrRpc } from '../ethr-index/rpc.js';

export const TENANT = tenantId('program');
export const NULL_ADDRESS = `0x${'00'.repeat(20)}`;
export const REGISTRY = new Interface(EthereumDIDRegistry.abi);

export const UNAVAILABLE = { name: 'Fault', code: 'RESOLVER_UNAVAILABLE' };
export const INCONSISTENT = { name: 'Fault', code: 'CHAIN_INCONSISTENT' };

/** A text as bytes32, cut or filled with zeros. */
export const bytes32 = (text: string | Uint8Array): string => {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return `0x${Buffer.from(Uint8Array.from({ length: 32 }, (_, index) => bytes[index] ?? 0)).toString('hex')}`;
};
export const hexText = (text: string): string => `0x${Buffer.from(text).toString('hex')}`;

/** JSON-RPC over the test's own fetch. */
export function plainRpc(url: string): EthrRpc {
  return async (method, params) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const answer: { result?: unknown; error?: { code: number; message: string } } = (await response.json()) as never;
    if (answer.error !== undefined) throw Object.assign(new RpcError(answer.error.code), { cause: answer.error.message });
    return answer.result;
  };
}

/** A node that does not answer. */
export const DOWN: EthrRpc = () => Promise.reject(unavailable('down'));

/** A node that has lost the logs of one block, and, if `bloom`, says so in its headers, too. */
export function hiding(rpc: EthrRpc, hidden: () => number, bloom = false): EthrRpc {
  return async (method, params) => {
    const answer = await rpc(method, params);
    if (method === 'eth_getLogs') return (answer as { blockNumber: string }[]).filter((log) => Number(log.blockNumber) !== hidden());
    if (bloom && method === 'eth_getBlockByNumber' && answer !== null && Number((answer as { number: string }).number) === hidden())
      return { ...answer, logsBloom: `0x${'0'.repeat(512)}` };
    return answer;
  };
}

/** An identity with its key; anvil lets any account send, so that only meta-transactions need the key. */
export interface Identity {
  readonly key: SigningKey;
  readonly address: string;
  /** Public-key form and address form. */
  readonly dids: readonly [string, string];
}

export type EthrTestChain = Awaited<ReturnType<typeof startEthrChain>>;

/** What does not change the chain. */
const ASKS = /^eth_(?:get|call$|chainId$|blockNumber$|accounts$)/;

/** The library asks for the same blocks and logs for every document; while the chain stands still it is told them from memory. */
class RememberingProvider extends JsonRpcProvider {
  readonly #answers = new Map<string, Promise<unknown>>();

  constructor(url: string, chainId: number) {
    // One request in a batch means no wait for others to join it, which is 10 ms otherwise.
    super(url, chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  }

  override send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    const question = JSON.stringify([method, params]);
    const known = this.#answers.get(question) ?? super.send(method, params);
    this.#answers.set(question, known);
    return known;
  }

  forget(): void {
    this.#answers.clear();
  }
}

/** A real chain with a registry on it. */
export async function startEthrChain(options: Parameters<typeof startAnvil>[0] = {}) {
  const anvil = await startAnvil(options);
  const provider = new RememberingProvider(anvil.rpcUrl, anvil.chainId);
  const node = plainRpc(anvil.rpcUrl);
  const rpc: EthrRpc = async (method, params) => {
    try {
      return await node(method, params);
    } finally {
      if (!ASKS.test(method)) provider.forget();
    }
  };
  await rpc('anvil_autoImpersonateAccount', [true]);
  const [deployer] = (await rpc('eth_accounts', [])) as string[];
  const send = async (tx: { from: string; to?: string; data: string }): Promise<string> =>
    (await rpc('eth_sendTransaction', [{ gas: '0x1e8480', gasPrice: '0x0', ...tx }])) as string;
  /** The node answers a transaction a moment before its block is there. */
  const receiptOf = async (hash: string) => {
    for (;;) {
      const receipt = (await rpc('eth_getTransactionReceipt', [hash])) as { contractAddress: string; status: string } | null;
      if (receipt !== null) {
        provider.forget();
        return receipt;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  let automine = true;
  const registry = (await receiptOf(await send({ from: deployer ?? '', data: EthereumDIDRegistry.bytecode, ...{ gas: '0x4c4b40' } })))
    .contractAddress;
  const hexId = `0x${anvil.chainId.toString(16)}`;

  const createIdentity = (seed?: string): Identity => {
    const key = new SigningKey(seed === undefined ? Wallet.createRandom().privateKey : keccak256(hexText(seed)));
    const address = computeAddress(key.publicKey).toLowerCase();
    return { key, address, dids: [`did:ethr:${hexId}:${key.compressedPublicKey}`, `did:ethr:${hexId}:${address}`] };
  };
  /** Sends a call of the registry as `from`; mined at once unless automine is off. */
  const call = async (from: string, name: string, ...args: readonly unknown[]): Promise<void> => {
    const hash = await send({ from, to: registry, data: REGISTRY.encodeFunctionData(name, args) });
    if (automine && (await receiptOf(hash)).status !== '0x1') throw new Error(`${name} reverted`);
  };
  /** The same as a meta-transaction: `owner` signs, anybody sends. */
  const callSigned = async (
    owner: SigningKey,
    nonce: number,
    name: string,
    identity: string,
    ...args: readonly { type: string; value: unknown }[]
  ): Promise<void> => {
    const hash = solidityPackedKeccak256(
      ['bytes1', 'bytes1', 'address', 'uint256', 'address', 'string', ...args.map((arg) => arg.type)],
      ['0x19', '0x00', registry, nonce, identity, name, ...args.map((arg) => arg.value)],
    );
    const { v, r, s } = owner.sign(getBytes(hash));
    await call(deployer ?? '', `${name}Signed`, identity, v, r, s, ...args.map((arg) => arg.value));
  };
  const head = async () => {
    const block = (await rpc('eth_getBlockByNumber', ['latest', false])) as { number: string; timestamp: string; hash: string };
    return { number: Number(block.number), time: Number(block.timestamp), hash: block.hash };
  };
  const timeOf = async (number: number): Promise<number> =>
    Number(((await rpc('eth_getBlockByNumber', [toBeHex(number).replace(/^0x0+(?=.)/, '0x'), false])) as { timestamp: string }).timestamp);
  // `web3` is the library's untyped door, past its own copy of ethers.
  const reference = new Resolver(getResolver({ name: hexId, chainId: anvil.chainId, registry, web3: { currentProvider: provider } }));
  return {
    ...anvil,
    rpc,
    registry: registry.toLowerCase(),
    hexId,
    createIdentity,
    call,
    callSigned,
    head,
    timeOf,
    reference,
    setAutomine: async (on: boolean): Promise<void> => {
      automine = on;
      await rpc('evm_setAutomine', [on]);
    },
    mine: (blocks = 1) => rpc('anvil_mine', [`0x${blocks.toString(16)}`]),
    stop: async () => {
      provider.destroy();
      await anvil.stop();
    },
  };
}

/** A store in memory with a repository on it. */
export async function openEvents(): Promise<{ readonly store: Store; readonly repository: EthrEventRepository }> {
  const store = await openTestStore();
  return { store, repository: createEthrEventRepository(store) };
}

/** An index that looks only when asked, with a clock the test turns. */
export function openIndex(
  chain: Pick<EthrTestChain, 'chainId' | 'registry' | 'rpc'>,
  repository: EthrEventRepository,
  more: Partial<EthrIndexSettings> = {},
): EthrIndex & { readonly time: { now: Instant } } {
  const time = { now: instant(2_000_000_000) };
  const index = createEthrIndex({
    tenant: TENANT,
    chainId: chain.chainId,
    registry: chain.registry,
    rpc: chain.rpc,
    repository,
    clock: { now: () => time.now },
    pollSeconds: 0,
    finalityDepth: 8,
    ...more,
  });
  return { ...index, time };
}

/** What both resolvers must agree in. */
export const comparable = ({ didDocument, didDocumentMetadata, didResolutionMetadata }: DIDResolutionResult) => ({
  didDocument,
  didDocumentMetadata,
  didResolutionMetadata,
});
