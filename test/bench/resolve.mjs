// did:ethr from the event index against ethr-did-resolver: the same chain, the same registry, the same process. A DID ages
// by one change in a block of its own, as real ones do. The peer's provider sends each request at once (by default it waits 10 ms).
// "cold" is a program that starts: it opens the stored index, reads up to
// the head and answers for the first time. "warm" is every answer after that, as our port gives it and as a did-resolver
// `Resolver` gives it (a copy of the caller's own). The peer keeps nothing, so that it has one column.
// Then: reading all events of the registry into each engine of the store, against the node's own rate of giving them out. The
// peer asks the very ranges the index asked for, and throws the bytes away unread. Turns alternate and the best of each counts.
// GRIDPASS_BENCH_LONG=1 adds 10,000 changes, four in a block, and 100,000 events instead of 10,000. The peer is given two minutes
// for an answer; where it does not come, ">" stands before the time and before the ratio.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JsonRpcProvider } from 'ethers';
import { getResolver } from 'ethr-did-resolver';
import { Resolver } from 'did-resolver';
import { tenantId } from '@gridpass/core';
import { createDidResolver, createEthrIndex, createJsonRpc } from '@gridpass/did';
import { launchEmbeddedNode } from '@gridpass/ledger';
import { createGuardedFetch } from '@gridpass/net';
import { createEthrEventRepository, openStore } from '@gridpass/store';
import { startPostgres } from '@gridpass/testkit';
import { openEthrChain } from './_ethr-chain.mjs';

const long = process.env.GRIDPASS_BENCH_LONG === '1';
const AGES = long ? [1, 10, 100, 1_000, 10_000] : [1, 10, 100, 1_000];
const EVENTS = long ? 100_000 : 10_000;
const TURNS = 3;
const PATIENCE_MS = 120_000;
const clock = { now: () => Math.floor(Date.now() / 1000) };

export default async function bench(tools) {
  const directory = await mkdtemp(join(tmpdir(), 'gridpass-bench-'));
  const server = await startPostgres();
  const stores = [
    await openStore({ kind: 'pglite', directory: join(directory, 'data') }),
    await openStore({ kind: 'postgres', url: server.url }),
  ];
  try {
    for (const store of stores) await store.migrate();
    await withChain((parts) => benchResolution(tools, { ...parts, store: stores[0] }));
    tools.log('');
    await withChain((parts) => benchIndexing(tools, { ...parts, stores }));
  } finally {
    for (const store of stores) await store.close();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function withChain(work) {
  const node = await launchEmbeddedNode({ developmentAccounts: 1 });
  const net = createGuardedFetch({ allow: [node.rpcUrl], allowPrivate: true, maxRedirects: 0, clock });
  try {
    const chain = await openEthrChain(node);
    const rpc = createJsonRpc({ url: node.rpcUrl, fetch: net, timeoutMs: 60_000 });
    const open = (store, name, seen = rpc) =>
      createEthrIndex({
        tenant: tenantId(name),
        chainId: node.chainId,
        registry: chain.registry,
        rpc: seen,
        repository: createEthrEventRepository(store),
        clock,
        pollSeconds: 0,
        freshSeconds: 3_600,
        finalityDepth: 64,
      });
    await work({ node, net, chain, rpc, open });
  } finally {
    await net.close();
    await node.stop();
  }
}

async function benchResolution({ percentiles, table }, { node, chain, net, open: openIn, store }) {
  const open = () => openIn(store, 'resolve');
  const dids = [];
  for (const [place, age] of AGES.entries())
    dids.push(await chain.ageDid(`0x${String(place + 1).padStart(40, 'a')}`, age, age > 1_000 ? 4 : 1));
  const index = open();
  await index.ready();
  const ours = createDidResolver({
    methods: ['ethr'],
    chains: [],
    ethrIndexes: [index],
    fetch: net,
    clock,
    cacheSeconds: 0,
    maxEntries: 1,
  });
  const rows = [];
  for (const [place, age] of AGES.entries()) {
    const did = dids[place];
    const { peer, sign } = await askPeer(node, chain, did, age > 500 ? 1 : 5);
    const cold = await median(5, async () => {
      const starting = open();
      await starting.ready();
      const outcome = await starting.resolveDid(did);
      if (!outcome.ok) throw new Error(outcome.refusal.code);
      await starting.close();
    });
    const port = await percentiles(() => ours.resolveDid(did), 20_000);
    const library = await percentiles(() => ours.resolver.resolve(did), 20_000);
    const times = (warm) => `${sign}${Math.round((peer * 1000) / warm.p50).toLocaleString('en')} x`;
    rows.push([
      age.toLocaleString('en'),
      `${sign}${peer.toFixed(1)}`,
      `${cold.toFixed(1)} (${sign}${(peer / cold).toFixed(1)} x)`,
      `${port.p50.toFixed(1)} / ${port.p99.toFixed(1)}`,
      times(port),
      `${library.p50.toFixed(1)} / ${library.p99.toFixed(1)}`,
      times(library),
    ]);
  }
  table(['changes', 'ethr-did-resolver ms', 'cold ms', 'warm port p50/p99 us', 'ratio', 'warm Resolver p50/p99 us', 'ratio'], rows);
  await index.close();
}

async function benchIndexing({ table }, { node, chain, rpc, open, stores }) {
  await chain.fill(EVENTS);
  const rows = [];
  for (const store of stores) {
    let [raw, best, more, count, asked] = [Infinity, Infinity, 0, 0, []];
    for (let turn = 0; turn < TURNS; turn += 1) {
      asked = [];
      const seen = (method, params) => {
        if (method === 'eth_getLogs') asked.push(params);
        return rpc(method, params);
      };
      const index = open(store, `turn-${turn}`, seen);
      const memory = watchMemory();
      best = Math.min(best, await took(() => index.ready()));
      more = Math.max(more, memory.stop());
      count = await createEthrEventRepository(store).countEvents(tenantId(`turn-${turn}`), index.name);
      await index.close();
      raw = Math.min(raw, await took(() => askForBytes(node.rpcUrl, asked)));
    }
    const perSecond = (ms) => Math.round((count * 1000) / ms).toLocaleString('en');
    rows.push([
      store.kind,
      count.toLocaleString('en'),
      asked.length,
      perSecond(raw),
      perSecond(best),
      `${((raw / best) * 100).toFixed(0)} %`,
      more,
    ]);
  }
  table(['store', 'events', 'ranges', 'node gives /s', 'indexed /s', 'share of the node', 'memory more, MiB'], rows);
}

/** The median of the peer's times in milliseconds; `sign` is `>` where the patience ended first. */
async function askPeer(node, chain, did, runs) {
  const provider = new JsonRpcProvider(node.rpcUrl, node.chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  const theirs = new Resolver(
    getResolver({ name: chain.hexId, chainId: node.chainId, registry: chain.registry, web3: { currentProvider: provider } }),
  );
  let sign = '';
  const patience = setTimeout(() => {
    sign = '>';
    provider.destroy();
  }, PATIENCE_MS);
  // A destroyed provider ends the peer's answer with an error of its own; any other error is one of this benchmark.
  const ask = () =>
    theirs.resolve(did).then(
      ({ didDocument }) => {
        if (didDocument === null && sign === '') throw new Error(`the peer does not resolve ${did}`);
      },
      (error) => {
        if (sign === '') throw error;
      },
    );
  const peer = await median(runs, ask);
  clearTimeout(patience);
  if (sign === '') provider.destroy();
  return { peer, sign };
}

/** The node's own rate: what it has to say about these ranges, not even looked at. */
async function askForBytes(url, asked) {
  for (const params of asked) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getLogs', params });
    await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).arrayBuffer();
  }
}

/** How much the resident memory grew at most, in MiB. */
function watchMemory() {
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  return {
    stop: () => {
      clearInterval(watch);
      return Math.round((most - before) / 2 ** 20);
    },
  };
}

async function took(fn) {
  const started = performance.now();
  await fn();
  return performance.now() - started;
}

async function median(runs, fn) {
  const all = [];
  for (let run = 0; run < runs; run += 1) all.push(await took(fn));
  return all.sort((a, b) => a - b)[runs >> 1];
}
