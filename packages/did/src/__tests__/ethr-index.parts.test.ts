import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { assertOk, instant } from '@gridpass/core';
import type { Did, EthrEventRepository } from '@gridpass/core';
import type { Store } from '@gridpass/store';
import { createDidResolver } from '../index.js';
import { createEthrIndex } from '../ethr-index/ethr-index.js';
import type { EthrIndexSettings } from '../ethr-index/ethr-index.js';
import { RpcError, unavailable } from '../ethr-index/rpc.js';
import type { EthrRpc } from '../ethr-index/rpc.js';
import { DOWN, INCONSISTENT, NULL_ADDRESS, TENANT, UNAVAILABLE, bytes32, hexText, hiding } from './ethr-chain.js';
import { openEvents, openIndex, startEthrChain } from './ethr-chain.js';
import type { EthrTestChain, Identity } from './ethr-chain.js';

describe('the event index on a real chain', () => {
  let chain: EthrTestChain;
  let store: Store;
  let repository: EthrEventRepository;
  let alice: Identity;
  let did: Did;
  const open: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    ({ store, repository } = await openEvents());
    chain = await startEthrChain();
  });
  afterAll(async () => {
    await store.close();
    await chain.stop();
  });
  beforeEach(async () => {
    alice = chain.createIdentity();
    did = alice.dids[0] as Did;
    await repository.drop(TENANT, { chainId: chain.chainId, registry: chain.registry });
  });
  afterEach(async () => {
    for (const index of open.splice(0)) await index.close();
  });

  const start = (more: Partial<EthrIndexSettings> = {}, on: Pick<EthrTestChain, 'chainId' | 'registry' | 'rpc'> = chain) => {
    const index = openIndex(on, repository, more);
    open.push(index);
    return index;
  };
  const setService = (text: string, who = alice, on = chain) =>
    on.call(who.address, 'setAttribute', who.address, bytes32('did/svc/Hub'), hexText(text), 2n ** 40n);
  const servicesOf = async (index: ReturnType<typeof start>, of: string = did) =>
    assertOk(await index.resolveDid(of as Did)).services.flatMap((service) => service.endpoints);

  it('follows the chain, survives a restart, and says the same after a rebuild', async () => {
    const index = start();
    expect(await servicesOf(index)).toEqual([]);
    await setService('https://one.example');
    expect(await servicesOf(index)).toEqual([]);
    await index.refresh();
    expect(await servicesOf(index)).toEqual(['https://one.example']);
    await chain.mine(30);
    await setService('https://two.example');
    const restarted = start();
    await restarted.ready();
    const before = await restarted.resolve(did);
    expect(await servicesOf(restarted)).toEqual(['https://one.example', 'https://two.example']);
    const count = await repository.countEvents(TENANT, restarted.name);
    await restarted.rebuild();
    expect(await restarted.resolve(did)).toEqual(before);
    expect(await repository.countEvents(TENANT, restarted.name)).toBe(count);
    // The first one finds that another writer was there, and takes over what it wrote.
    await setService('https://three.example');
    await index.refresh();
    expect(await servicesOf(index)).toHaveLength(3);
  });

  it('hands out one ready answer until the identity changes or a validity ends', async () => {
    const head = await chain.head();
    await chain.call(alice.address, 'setAttribute', alice.address, bytes32('did/svc/Hub'), hexText('https://a.example'), 100);
    const validTo = (await chain.head()).time + 100;
    const index = start();
    index.time.now = instant(head.time);
    await index.refresh();
    const first = await index.resolveDid(did);
    expect(await index.resolveDid(did)).toBe(first);
    await setService('https://b.example', chain.createIdentity());
    await index.refresh();
    expect(await index.resolveDid(did)).toBe(first);
    index.time.now = instant(validTo - 1);
    await index.refresh();
    const later = assertOk(await index.resolveDid(did));
    expect(later).toMatchObject({
      services: [{ endpoints: ['https://a.example'] }],
      fetchedAt: validTo - 1,
      documentDigest: first.value?.documentDigest,
    });
    index.time.now = instant(validTo);
    expect(await servicesOf(index)).toEqual([]);
  });

  it('serves did:ethr of a resolver, which keeps no copy of its own', async () => {
    const index = start();
    const resolver = createDidResolver({
      methods: ['ethr'],
      chains: [],
      ethrIndexes: [index],
      clock: { now: () => index.time.now },
      cacheSeconds: 3600,
      maxEntries: 10,
      fetch: { fetchDocument: () => Promise.reject(new TypeError('not asked')) },
    });
    await setService('https://a.example');
    expect(assertOk(await resolver.resolveDid(did)).services).toHaveLength(1);
    expect((await resolver.resolver.resolve(did)).didDocument?.service).toHaveLength(1);
    await chain.call(alice.address, 'changeOwner', alice.address, NULL_ADDRESS);
    expect(assertOk(await resolver.resolveDid(did)).services).toHaveLength(1);
    expect(await resolver.resolveDid(did, { fresh: true })).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
    expect((await resolver.resolver.resolve(did)).didDocumentMetadata).toMatchObject({ deactivated: true });
    const { number } = await chain.head();
    expect((await resolver.resolver.resolve(`${did}?versionId=${String(number - 1)}`)).didDocument?.service).toHaveLength(1);
    expect(await resolver.resolveDid(did.replace('0x7a69', '0x1') as Did)).toMatchObject({ refusal: { code: 'DID_METHOD_UNSUPPORTED' } });
  });

  it('answers for a moment in the past and refuses a deactivated DID only from then on', async () => {
    await setService('https://a.example');
    const set = (await chain.head()).time;
    await chain.rpc('evm_increaseTime', [1000]);
    await chain.call(alice.address, 'changeOwner', alice.address, NULL_ADDRESS);
    const index = start();
    await index.refresh();
    expect(await index.resolveDid(did)).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
    expect(assertOk(await index.resolveDid(did, { at: instant(set) })).services).toHaveLength(1);
    expect(assertOk(await index.resolveDid(did, { at: instant(set - 1) }))).toMatchObject({ services: [], nextChangeAt: set });
    expect(assertOk(await index.resolveDid(did, { at: instant(set + 900) })).services).toHaveLength(1);
    expect(await index.resolve(did, { versionId: '999999' })).toMatchObject({ didResolutionMetadata: { error: 'notFound' } });
  });

  it('keeps the last answer for its time when the node is down, then none, and recovers', async () => {
    let rpc = chain.rpc;
    const index = start({ rpc: (method, params) => rpc(method, params) });
    await index.refresh();
    await servicesOf(index);
    rpc = DOWN;
    const last = index.time.now;
    index.time.now = instant(last + 5);
    expect(await servicesOf(index)).toEqual([]);
    index.time.now = instant(last + 6);
    await expect(servicesOf(index)).rejects.toMatchObject(UNAVAILABLE);
    index.time.now = instant(last - 1);
    await expect(servicesOf(index)).rejects.toMatchObject(UNAVAILABLE);
    await setService('https://a.example');
    rpc = chain.rpc;
    expect(await servicesOf(index)).toEqual(['https://a.example']);
  });

  it('does not count an answer of a node that took longer than answers are good for', async () => {
    const index: ReturnType<typeof start> = start({
      rpc: async (method, params) => {
        const answer = await chain.rpc(method, params);
        index.time.now = instant(index.time.now + 2);
        return answer;
      },
    });
    await expect(servicesOf(index)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('tells a node that is behind, or whose newest block is old, from one that is current', async () => {
    await setService('https://a.example');
    let behind = false;
    const old = await chain.rpc('eth_getBlockByNumber', ['latest', false]);
    const index = start({
      rpc: (method, params) =>
        behind && method === 'eth_getBlockByNumber' && params[0] === 'latest' ? Promise.resolve(old) : chain.rpc(method, params),
    });
    await chain.call(alice.address, 'changeOwner', alice.address, NULL_ADDRESS);
    await index.refresh();
    behind = true;
    await expect(index.refresh()).rejects.toMatchObject(UNAVAILABLE);
    index.time.now = instant(index.time.now + 6);
    await expect(index.resolveDid(did)).rejects.toMatchObject(UNAVAILABLE);
    behind = false;
    expect(await index.resolveDid(did)).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
    const steady = start({ maxHeadAgeSeconds: 30 });
    steady.time.now = instant((await chain.head()).time + 31);
    await expect(steady.refresh()).rejects.toMatchObject(UNAVAILABLE);
    await chain.rpc('evm_increaseTime', [31]);
    await chain.mine();
    await steady.refresh();
  });

  it.each([1, 3, 50])('follows a reorganisation of %i blocks', async (depth) => {
    await setService('https://old.example');
    await chain.mine(60);
    const index = start({ finalityDepth: 64 });
    await index.refresh();
    for (let block = 1; block < depth; block += 1) await chain.mine();
    await setService('https://gone.example');
    await index.refresh();
    expect(await servicesOf(index)).toContain('https://gone.example');
    await chain.rpc('anvil_reorg', [depth, []]);
    await index.refresh();
    expect(await servicesOf(index)).toEqual(['https://old.example']);
    await setService('https://new.example');
    await index.refresh();
    expect(await servicesOf(index)).toEqual(['https://old.example', 'https://new.example']);
    expect(await index.resolve(did)).toMatchObject({ didDocument: { service: [{ id: `${did}#service-1` }, { id: `${did}#service-2` }] } });
  });

  it('takes a reorganisation below finality for a fault, until it is rebuilt', async () => {
    const index = start({ finalityDepth: 2 });
    await chain.mine(4);
    await setService('https://a.example');
    await chain.mine(2);
    await index.refresh();
    await servicesOf(index);
    await chain.rpc('anvil_reorg', [3, []]);
    await expect(index.refresh()).rejects.toMatchObject(INCONSISTENT);
    await expect(servicesOf(index)).rejects.toMatchObject(INCONSISTENT);
    await chain.mine(5);
    await expect(servicesOf(index)).rejects.toMatchObject(INCONSISTENT);
    await index.rebuild();
    expect(await servicesOf(index)).toEqual([]);
  });

  it('is not taken in by a chain that lost its state, and goes on when the chain is back', async () => {
    await setService('https://a.example');
    const second = await startEthrChain();
    let rpc = chain.rpc;
    const index = start({ rpc: (method, params) => rpc(method, params) });
    await index.refresh();
    // Same chain id, same address of the registry, nothing in it.
    expect(second.registry).toBe(chain.registry);
    rpc = second.rpc;
    await expect(index.refresh()).rejects.toMatchObject(UNAVAILABLE);
    await expect(index.refresh()).rejects.toMatchObject(INCONSISTENT);
    await second.mine((await chain.head()).number + 5);
    await expect(index.refresh()).rejects.toMatchObject(INCONSISTENT);
    await expect(servicesOf(index)).rejects.toMatchObject(INCONSISTENT);
    rpc = chain.rpc;
    expect(await servicesOf(index)).toEqual(['https://a.example']);
    await second.stop();
  });

  it('does not answer from the wrong chain or without a registry', async () => {
    const wrongChain = start({ chainId: 5 });
    await expect(wrongChain.resolveDid(did.replace('0x7a69', '0x5') as Did)).rejects.toMatchObject(INCONSISTENT);
    const wrongRegistry = start({ registry: `0x${'01'.repeat(20)}` });
    await expect(wrongRegistry.resolveDid(did)).rejects.toMatchObject(INCONSISTENT);
  });

  it('does not answer while two nodes disagree about what is final', async () => {
    await setService('https://a.example');
    await chain.mine(20);
    let lie: EthrRpc | undefined;
    const index = start({ finalityDepth: 8, witness: (method, params) => (lie ?? chain.rpc)(method, params) });
    await index.refresh();
    expect(index.status().witnessed).toBe((await chain.head()).number - 8);
    await setService('https://b.example');
    await chain.mine(20);
    lie = async (method, params) => (method === 'eth_getLogs' ? [] : chain.rpc(method, params));
    await expect(index.refresh()).rejects.toMatchObject(INCONSISTENT);
    await expect(servicesOf(index)).rejects.toMatchObject(INCONSISTENT);
    lie = DOWN;
    await expect(servicesOf(index)).rejects.toMatchObject(UNAVAILABLE);
    const other = await startEthrChain();
    await other.mine(400);
    lie = other.rpc;
    await expect(servicesOf(index)).rejects.toMatchObject(INCONSISTENT);
    lie = undefined;
    expect(await servicesOf(index)).toEqual(['https://a.example', 'https://b.example']);
    await other.stop();
  });

  it('finds a hole in a history from the event after it', async () => {
    await setService('https://a.example');
    const hidden = (await chain.head()).number;
    await setService('https://b.example');
    let pruned = true;
    const index = start({ rpc: hiding(chain.rpc, () => (pruned ? hidden : -1)) });
    await expect(index.refresh()).rejects.toMatchObject(INCONSISTENT);
    pruned = false;
    expect(await servicesOf(index)).toEqual(['https://a.example', 'https://b.example']);
  });

  it('finds a newest change that the node holds back, before an answer without it is given', async () => {
    await setService('https://a.example');
    const hidden = (await chain.head()).number;
    await chain.mine(40);
    let pruned = true;
    const index = start({ rpc: hiding(chain.rpc, () => (pruned ? hidden : -1)) });
    await index.refresh();
    await expect(servicesOf(index)).rejects.toMatchObject(INCONSISTENT);
    await expect(servicesOf(index)).rejects.toMatchObject(INCONSISTENT);
    pruned = false;
    // The store is taken back to before the hole and read again, without a person.
    expect(await servicesOf(index)).toEqual(['https://a.example']);
  });

  it('asks again for a new block whose bloom filter tells of logs that were not given', async () => {
    const index = start();
    await index.refresh();
    await servicesOf(index);
    await setService('https://a.example');
    const late = (await chain.head()).number;
    const behindRanges = start({
      rpc: async (method, params) => {
        const answer = await chain.rpc(method, params);
        const [filter] = params as [{ fromBlock?: string }];
        return method === 'eth_getLogs' && filter.fromBlock !== undefined
          ? (answer as { blockNumber: string }[]).filter((log) => Number(log.blockNumber) !== late)
          : answer;
      },
    });
    await behindRanges.refresh();
    expect(await servicesOf(behindRanges)).toEqual(['https://a.example']);
  });

  it('audits what it keeps against the record of the registry itself', async () => {
    const index = start();
    await index.refresh();
    await servicesOf(index);
    await setService('https://a.example');
    const hidden = (await chain.head()).number;
    const lying = start({ rpc: hiding(chain.rpc, () => hidden, true) });
    await lying.refresh();
    await expect(servicesOf(lying)).rejects.toMatchObject(INCONSISTENT);
    await index.refresh();
    expect(await servicesOf(index)).toEqual(['https://a.example']);
  });

  it('reads as many blocks at once as the node bears', async () => {
    await setService('https://a.example');
    await chain.mine(300);
    const asked: number[] = [];
    let slowDowns = 2;
    const index = start({
      logRange: { first: 4096, most: 4096, logs: 1000 },
      rpc: async (method, params) => {
        const [filter] = params as [{ fromBlock: string; toBlock: string }];
        if (method === 'eth_getLogs') {
          const blocks = Number(filter.toBlock) - Number(filter.fromBlock) + 1;
          asked.push(blocks);
          if ((slowDowns -= 1) >= 0) throw new RpcError(-32005);
          if (blocks > 50) throw new RpcError(-32602);
        }
        return chain.rpc(method, params);
      },
    });
    await index.refresh();
    expect(Math.max(...asked)).toBeGreaterThan(200);
    expect(asked.filter((blocks) => blocks <= 50).length).toBeGreaterThan(5);
    expect(await servicesOf(index)).toEqual(['https://a.example']);
  });

  it('is as far as it stored when it is killed between any two writes', async () => {
    await setService('https://a.example');
    await chain.mine(40);
    await setService('https://b.example');
    for (let writes = 0; writes < 4; writes += 1) {
      let left = writes;
      const dying: EthrEventRepository = {
        ...repository,
        append: (...args) => ((left -= 1) < 0 ? Promise.reject(unavailable('killed')) : repository.append(...args)),
      };
      await expect(openIndex(chain, dying, { logRange: { first: 8, most: 8, logs: 10 } }).refresh()).rejects.toMatchObject(UNAVAILABLE);
    }
    expect(await servicesOf(start())).toEqual(['https://a.example', 'https://b.example']);
  });

  it('serves several chains and registries from one store', async () => {
    const second = await startEthrChain({ chainId: 31338 });
    const bob = second.createIdentity();
    await setService('https://bob.example', bob, second);
    await setService('https://alice.example');
    const [here, there] = [start(), start({}, second)];
    expect(await servicesOf(here)).toEqual(['https://alice.example']);
    expect(await servicesOf(there, bob.dids[0])).toEqual(['https://bob.example']);
    expect(await servicesOf(there, bob.dids[1])).toEqual(['https://bob.example']);
    await second.stop();
  });

  it('looks by itself, again and again, until it is closed', async () => {
    const asked = { heads: 0 };
    const turn = new Map<number, () => void>();
    const looks = (count: number): Promise<void> => new Promise((resolve) => turn.set(count, resolve));
    const fourth = looks(4);
    const index = createEthrIndex({
      tenant: TENANT,
      chainId: chain.chainId,
      registry: chain.registry,
      repository,
      clock: { now: () => instant(2_000_000_000) },
      pollSeconds: 0.01,
      rpc: (method, params) => {
        if (method === 'eth_getBlockByNumber' && params[0] === 'latest') turn.get((asked.heads += 1))?.();
        return chain.rpc(method, params);
      },
    });
    await fourth;
    await index.close();
    const { heads } = asked;
    await expect(index.resolveDid(did)).rejects.toMatchObject(UNAVAILABLE);
    expect(asked.heads).toBe(heads);
  });
});
