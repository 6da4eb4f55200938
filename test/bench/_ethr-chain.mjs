// A chain with an ERC-1056 registry for benchmarks, and ways to make much history on it cheaply. Every event comes from a real
// transaction of its own to the real registry; what is saved is only that thousands of them travel to the node in one message.
import { Interface } from 'ethers';
import registryPackage from 'ethr-did-registry';

const { EthereumDIDRegistry } = registryPackage;
const REGISTRY = new Interface(EthereumDIDRegistry.abi);
const ZERO_PRICE = { gas: '0x30d40', gasPrice: '0x0' };
const YEAR_SECONDS = 86_400 * 365;
/** Events in a block of `fill`. */
const IN_BLOCK = 400;
const IDENTITIES = 5_000;

const bytes32 = (text) => `0x${Buffer.from(text.padEnd(32, '\0')).toString('hex')}`;
const NAME = bytes32('did/pub/Secp256k1/veriKey/hex');
const keyOf = (number) => `0x02${number.toString(16).padStart(64, '0')}`;

/** Many calls in one HTTP request; throws where one of them failed. */
async function batch(url, calls) {
  const body = JSON.stringify(calls.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params })));
  const answers = await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  const results = new Array(calls.length);
  for (const { id, result, error } of answers) {
    if (error !== undefined) throw new Error(`${calls[id][0]}: ${error.message}`);
    results[id] = result;
  }
  return results;
}

/** Deploys a registry on an anvil; any account may send, gas is free. */
export async function openEthrChain({ rpcUrl, chainId }) {
  const rpc = async (method, params) => (await batch(rpcUrl, [[method, params]]))[0];
  await rpc('anvil_autoImpersonateAccount', [true]);
  const [deployer] = await rpc('eth_accounts', []);
  const receiptOf = async (hash) => (await rpc('eth_getTransactionReceipt', [hash])) ?? receiptOf(hash);
  const { contractAddress: registry } = await receiptOf(
    await rpc('eth_sendTransaction', [{ from: deployer, data: EthereumDIDRegistry.bytecode, gas: '0x4c4b40', gasPrice: '0x0' }]),
  );
  const hexId = `0x${chainId.toString(16)}`;
  const call = (from, name, args) => [
    'eth_sendTransaction',
    [{ from, to: registry, ...ZERO_PRICE, data: REGISTRY.encodeFunctionData(name, args) }],
  ];
  return {
    registry,
    hexId,
    head: async () => Number(await rpc('eth_blockNumber', [])),
    /**
     * Keys come and go: each is set, then revoked, so that the document stays as short as those of real DIDs. A block for each
     * change, or for several, since the node keeps the state of every block in memory.
     */
    ageDid: async (address, changes, inBlock = 1) => {
      await rpc('evm_setAutomine', [false]);
      for (let change = 0; change < changes; change += 1) {
        const args = [address, NAME, keyOf(change >> 1)];
        const [method, params] =
          change % 2 === 0 ? call(address, 'setAttribute', [...args, YEAR_SECONDS]) : call(address, 'revokeAttribute', args);
        await rpc(method, params);
        if ((change + 1) % inBlock === 0 || change + 1 === changes) await rpc('evm_mine', []);
      }
      await rpc('evm_setAutomine', [true]);
      return `did:ethr:${hexId}:${address}`;
    },
    /** Many events of 5,000 identities, 400 in a block, a transaction each. */
    fill: async (events) => {
      await rpc('evm_setAutomine', [false]);
      // Room for all of a block's transactions by the gas they may use, not only by what they do.
      await rpc('evm_setBlockGasLimit', ['0x10000000']);
      for (let done = 0; done < events; done += IN_BLOCK) {
        const calls = Array.from({ length: Math.min(IN_BLOCK, events - done) }, (_, place) => {
          const address = `0x${'b'.repeat(32)}${((done + place) % IDENTITIES).toString(16).padStart(8, '0')}`;
          return call(address, 'setAttribute', [address, NAME, keyOf(done + place), YEAR_SECONDS]);
        });
        await batch(rpcUrl, calls);
        await rpc('evm_mine', []);
      }
      await rpc('evm_setAutomine', [true]);
    },
  };
}
