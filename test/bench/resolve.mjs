// did:ethr from the event index against ethr-did-resolver: the same chain, the same registry, the same process. A DID ages
// by one change in a block of its own, as real ones do. The peer's provider sends each request at once (by default it waits 10 ms).
// "cold" is a program that starts: it opens the stored index, reads up to
// the head and answers for the first time. "warm" is every answer after that. The peer keeps nothing, so that it has one column.
// Then: reading all events of the registry into the store, against the node's own rate of giving them out for the same ranges.
// GRIDPASS_BENCH_LONG=1 adds 10,000 changes, and 100,000 events to index instead of 10,000.
import { Interface, JsonRpcProvider } from 'ethers';
import { getResolver } from 'ethr-did-resolver';
import registryPackage from 'ethr-did-registry';
import { Resolver } from 'did-resolver';
import { tenantId } from '@gridpass/core';
import { createDidResolver, createEthrIndex, createJsonRpc } from '@gridpass/did';
import { launchEmbeddedNode } from '@gridpass/ledger';
import { createGuardedFetch } from '@gridpass/net';
import { createEthrEventRepository, openStore } from '@gridpass/store';

const long = process.env.GRIDPASS_BENCH_LONG === '1';
const AGES = long ? [1, 10, 100, 1_000, 10_000] : [1, 10, 100, 1_000];
const EVENTS = long ? 100_000 : 10_000;
const { EthereumDIDRegistry } = registryPackage;
const REGISTRY = new Interface(EthereumDIDRegistry.abi);
const clock = { now: () => Math.floor(Date.now() / 1000) };
const tenant = tenantId('bench');

export default async function bench({ percentiles, table, log }) {
  const node = await launchEmbeddedNode({ developmentAccounts: 1 });
  const store = await openStore({ kind: 'pglite' });
  const fetch = createGuardedFetch({ allow: [node.rpcUrl], allowPrivate: true, maxRedirects: 0, clock });
  try {
    await store.migrate();
    const chain = await openChain(node, fetch);
    const repository = createEthrEventRepository(store);
    const open = (name) =>
      createEthrIndex({
        tenant: name ?? tenant,
        chainId: node.chainId,
        registry: chain.registry,
        rpc: chain.rpc,
        repository,
        clock,
        pollSeconds: 0,
        freshSeconds: 3_600,
        finalityDepth: 64,
      });

    const dids = [];
    for (const [place, age] of AGES.entries()) dids.push(await chain.ageDid(`0x${String(place + 1).padStart(40, 'a')}`, age));
    const theirs = new Resolver(
      getResolver({ name: chain.hexId, chainId: node.chainId, registry: chain.registry, web3: { currentProvider: chain.provider } }),
    );
    const index = open();
    await index.ready();
    const ours = createDidResolver({ methods: ['ethr'], chains: [], ethrIndexes: [index], fetch, clock, cacheSeconds: 0, maxEntries: 1 });
    const rows = [];
    for (const [place, age] of AGES.entries()) {
      const did = dids[place];
      const peer = await median(age > 500 ? 1 : 5, () => theirs.resolve(did));
      const cold = await median(5, async () => {
        const starting = open();
        await starting.ready();
        const outcome = await starting.resolveDid(did);
        if (!outcome.ok) throw new Error(outcome.refusal.code);
        await starting.close();
      });
      const warm = await percentiles(() => ours.resolveDid(did), 20_000);
      const library = await percentiles(() => ours.resolver.resolve(did), 2_000);
      rows.push([
        age,
        peer.toFixed(1),
        cold.toFixed(1),
        `${(peer / cold).toFixed(1)} x`,
        warm.p50.toFixed(2),
        warm.p99.toFixed(2),
        library.p50.toFixed(1),
        `${Math.round((peer * 1000) / warm.p50).toLocaleString('en')} x`,
      ]);
    }
    table(
      ['changes', 'ethr-did-resolver ms', 'cold ms', 'ratio', 'warm p50 us', 'warm p99 us', 'as did-resolver p50 us', 'warm ratio'],
      rows,
    );
    await index.close();

    log('');
    await chain.fill(EVENTS);
    const head = Number(await chain.rpc('eth_blockNumber', []));
    let raw = Number.POSITIVE_INFINITY;
    let count = 0;
    for (let turn = 0; turn < 3; turn += 1) {
      const started = performance.now();
      count = 0;
      for (let from = 0; from <= head; from += 10) {
        const logs = await chain.rpc('eth_getLogs', [
          { address: chain.registry, fromBlock: `0x${from.toString(16)}`, toBlock: `0x${Math.min(head, from + 9).toString(16)}` },
        ]);
        count += logs.length;
      }
      raw = Math.min(raw, performance.now() - started);
    }
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    const fresh = open(tenantId('bench-2'));
    const started = performance.now();
    await fresh.ready();
    const indexing = performance.now() - started;
    clearInterval(watch);
    await fresh.close();
    const perSecond = (ms) => Math.round((count * 1000) / ms).toLocaleString('en');
    table(
      ['events', 'node gives /s', 'indexed /s', 'share of the node', 'memory more, MiB'],
      [[count, perSecond(raw), perSecond(indexing), `${((raw / indexing) * 100).toFixed(0)} %`, Math.round((most - before) / 2 ** 20)]],
    );
  } finally {
    await fetch.close();
    await store.close();
    await node.stop();
  }
}

async function median(runs, fn) {
  const took = [];
  for (let run = 0; run < runs; run += 1) {
    const started = performance.now();
    await fn();
    took.push(performance.now() - started);
  }
  return took.sort((a, b) => a - b)[runs >> 1];
}

/** The chain with a registry; any account may send, gas is free. */
async function openChain(node, fetch) {
  const rpc = createJsonRpc({ url: node.rpcUrl, fetch, timeoutMs: 60_000 });
  const provider = new JsonRpcProvider(node.rpcUrl, node.chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  await rpc('anvil_autoImpersonateAccount', [true]);
  const [deployer] = await rpc('eth_accounts', []);
  const receiptOf = async (hash) => (await rpc('eth_getTransactionReceipt', [hash])) ?? receiptOf(hash);
  const { contractAddress: registry } = await receiptOf(
    await rpc('eth_sendTransaction', [{ from: deployer, data: EthereumDIDRegistry.bytecode, gas: '0x4c4b40', gasPrice: '0x0' }]),
  );
  const hexId = `0x${node.chainId.toString(16)}`;
  const bytes32 = (text) => `0x${Buffer.from(text.padEnd(32, '\0')).toString('hex')}`;
  const send = (from, name, args) =>
    rpc('eth_sendTransaction', [{ from, to: registry, gas: '0x30d40', gasPrice: '0x0', data: REGISTRY.encodeFunctionData(name, args) }]);
  const NAME = bytes32('did/pub/Secp256k1/veriKey/hex');
  const keyOf = (number) => `0x02${number.toString(16).padStart(64, '0')}`;
  return {
    rpc,
    provider,
    registry,
    hexId,
    /** Keys come and go: each is set, then revoked, so that the document stays as short as those of real DIDs. */
    ageDid: async (address, changes) => {
      let last;
      for (let change = 0; change < changes; change += 1) {
        const args = [address, NAME, keyOf(change >> 1)];
        last = await (change % 2 === 0 ? send(address, 'setAttribute', [...args, 86_400 * 365]) : send(address, 'revokeAttribute', args));
      }
      await receiptOf(last);
      return `did:ethr:${hexId}:${address}`;
    },
    /** Many events of many identities, 400 in a block. */
    fill: async (events) => {
      await rpc('evm_setAutomine', [false]);
      for (let done = 0; done < events; done += 400) {
        const size = Math.min(400, events - done);
        await Promise.all(
          Array.from({ length: size }, (_, place) => {
            const address = `0x${((done + place) % 5_000).toString(16).padStart(40, 'b')}`;
            return send(address, 'setAttribute', [address, NAME, keyOf(done + place), 86_400 * 365]);
          }),
        );
        await rpc('evm_mine', []);
      }
      await rpc('evm_setAutomine', [true]);
    },
  };
}
