import { describe, expect, it } from '@jest/globals';
import { ok } from '@gridpass/core';
import type { EthrEvent, FetchPort } from '@gridpass/core';
import { DocumentCache, HistoryCache } from '../ethr-index/caches.js';
import type { ChainReader } from '../ethr-index/chain-reader.js';
import { LastChanges, findGap } from '../ethr-index/linkage.js';
import { LogRange, readLogs } from '../ethr-index/read-logs.js';
import { parseRegistryLog } from '../ethr-index/registry-log.js';
import { RpcError, createJsonRpc, unavailable } from '../ethr-index/rpc.js';
import { parseSubject } from '../ethr-index/subject.js';
import { copyResult, parseVersion } from '../ethr-index/view.js';

const answering = (answer: (request: { id: number; method: string }) => unknown, status = 200): FetchPort => ({
  fetchDocument: async (_url, { body }) => {
    const text = JSON.stringify(answer(JSON.parse(Buffer.from(body ?? []).toString())));
    return ok({ status, mediaType: 'application/json', bytes: new TextEncoder().encode(text) });
  },
});
const rpcOver = (fetch: FetchPort) => createJsonRpc({ url: 'http://127.0.0.1:8545', fetch });

describe('JSON-RPC over the fetch port', () => {
  it('gives each of several questions at once its own answer', async () => {
    const rpc = rpcOver(answering(({ id, method }) => ({ jsonrpc: '2.0', id, result: method })));
    expect(await Promise.all(['a', 'b', 'c'].map((method) => rpc(method, [])))).toEqual(['a', 'b', 'c']);
  });

  it('tells an error of the node by its code, and anything that is no answer as a fault', async () => {
    await expect(rpcOver(answering(({ id }) => ({ id, error: { code: -32005, message: 'slow down' } })))('m', [])).rejects.toMatchObject({
      name: 'RpcError',
      code: -32005,
    });
    await expect(rpcOver(answering(() => ({}), 429))('m', [])).rejects.toMatchObject({ name: 'RpcError', code: 429 });
    for (const answer of [null, [], { id: 7, result: 1 }, { id: 1 }, 'text']) {
      await expect(rpcOver(answering(() => answer))('m', [])).rejects.toMatchObject({ name: 'Fault', code: 'RESOLVER_UNAVAILABLE' });
    }
    await expect(rpcOver({ fetchDocument: () => Promise.reject(new TypeError('reset')) })('m', [])).rejects.toMatchObject({
      code: 'RESOLVER_UNAVAILABLE',
    });
  });
});

describe('reading logs', () => {
  const reader = (logs: (range: { from: number; to: number }) => Promise<readonly []>): ChainReader => ({
    logs: (filter) => logs(filter as { from: number; to: number }),
    chainId: () => Promise.resolve(1),
    block: () => Promise.reject(new Error('not asked')),
    hasCode: () => Promise.resolve(true),
    changed: () => Promise.resolve(0),
  });

  it('halves a range the node refuses or answers too late, and grows again', async () => {
    const range = new LogRange({ first: 64, most: 128, logs: 100 });
    const bears = reader(({ from, to }) =>
      to - from < 10 ? Promise.resolve([]) : Promise.reject(to - from > 40 ? unavailable('too long') : new RpcError(-32602)),
    );
    expect(await readLogs(bears, range, { from: 0, to: 1000 }, () => Promise.resolve())).toEqual({ to: 7, logs: [] });
    expect(range.blocks).toBe(12);
  });

  it('remembers how much a node bears, and asks it for more only now and then', async () => {
    const range = new LogRange({ first: 32, most: 100_000, logs: 5_000 });
    let [asked, refused, bound] = [0, 0, 10];
    const strict = reader(({ from, to }) => {
      asked += 1;
      if (to - from < bound) return Promise.resolve([]);
      refused += 1;
      return Promise.reject(new RpcError(-32005));
    });
    const read = async (blocks: number): Promise<void> => {
      for (let from = 0; from < blocks;) from = (await readLogs(strict, range, { from, to: blocks - 1 }, () => Promise.resolve())).to + 1;
    };
    await read(10_000);
    // A thousand answers of ten blocks each; a handful of refusals on the way there, and fewer and fewer after that.
    expect(asked - refused).toBeLessThan(1_010);
    expect(refused).toBeLessThan(16);
    // A node that bears more from now on is found out.
    bound = 100_000;
    await read(1_000_000);
    expect(range.blocks).toBe(100_000);
  });

  it('comes back from a node that refused for a moment', async () => {
    const range = new LogRange({ first: 64, most: 64, logs: 100 });
    let left = 6;
    const shaken = reader(() => ((left -= 1) >= 0 ? Promise.reject(new RpcError(-32005)) : Promise.resolve([])));
    for (let from = 0; from < 2_000;) from = (await readLogs(shaken, range, { from, to: 1_999 }, () => Promise.resolve())).to + 1;
    expect(range.blocks).toBe(64);
  });

  it('waits longer and longer when told to slow down, and gives up on a node that refuses one block', async () => {
    const waits: number[] = [];
    const range = new LogRange({ first: 1, most: 1, logs: 100 });
    let left = 3;
    const busy = reader(() => ((left -= 1) >= 0 ? Promise.reject(new RpcError(429)) : Promise.resolve([])));
    await readLogs(busy, range, { from: 5, to: 5 }, async (ms) => {
      waits.push(ms);
    });
    expect(waits).toEqual([100, 200, 400]);
    const never = reader(() => Promise.reject(new RpcError(-32000)));
    await expect(readLogs(never, range, { from: 5, to: 5 }, () => Promise.resolve())).rejects.toMatchObject({
      code: 'RESOLVER_UNAVAILABLE',
    });
  });
});

describe('the linkage of a history', () => {
  it('is whole when each event names the one before it, in the same block too', () => {
    const events = [
      { identity: 'a', block: 5, previous: 3 },
      { identity: 'a', block: 5, previous: 5 },
      { identity: 'b', block: 5, previous: 0 },
      { identity: 'a', block: 9, previous: 5 },
    ];
    expect(findGap(events, new Map([['a', 3]]))).toBeUndefined();
    expect(findGap(events, new Map())).toEqual({ identity: 'a', known: 0, named: 3 });
    expect(
      findGap(
        events.filter((event) => event.block === 9),
        new Map([['a', 3]]),
      ),
    ).toEqual({ identity: 'a', known: 3, named: 5 });
  });

  it('is not read from logs that no registry emits', () => {
    const registry = `0x${'01'.repeat(20)}`;
    const good = {
      address: registry,
      topics: ['0x38a5a6e68f30ed1ab45860a4afb34bcb2fc00f22ca462d249b8a8d40cda6f7a3', `0x${'0'.repeat(24)}${'0a'.repeat(20)}`],
      data: `0x${'0'.repeat(126)}05`,
      blockHash: `0x${'0b'.repeat(32)}`,
      blockNumber: '0x9',
      logIndex: '0x0',
    };
    expect(parseRegistryLog(registry, good)).toMatchObject({ kind: 'owner', block: 9, previous: 5 });
    const broken = [
      { data: good.data.replace('0x', '') },
      { data: `${good.data.slice(0, 60)}zz${good.data.slice(62)}` },
      { data: good.data.slice(0, -1) },
      { blockHash: '0x0b' },
      { removed: true },
    ].map((part) => ({ ...good, ...part }));
    for (const log of [null, {}, { address: registry, topics: [], data: '0x', blockHash: '0x' }, ...broken]) {
      expect(() => parseRegistryLog(registry, log)).toThrow(expect.objectContaining({ code: 'CHAIN_INCONSISTENT' }));
    }
  });
});

describe('the last changes', () => {
  const stored = new Map([
    ['a', 3],
    ['b', 4],
  ]);
  const open = (most: number) => {
    const asked: (readonly string[])[] = [];
    const last = new LastChanges(async (identities) => {
      asked.push(identities);
      return new Map([...stored].filter(([identity]) => identities.includes(identity)));
    }, most);
    return { last, asked };
  };

  it('are read for those who are not known, and for nobody while all that is stored came by', async () => {
    const { last, asked } = open(10);
    expect(await last.of(new Set(['a', 'c']))).toEqual(new Map([['a', 3]]));
    last.add([
      { identity: 'a', block: 7 },
      { identity: 'a', block: 9 },
    ]);
    expect(await last.of(new Set(['a', 'b']))).toEqual(new Map([...stored, ['a', 9]]));
    expect(asked).toEqual([['a', 'c'], ['b']]);
    last.forget(true);
    last.add([{ identity: 'a', block: 1 }]);
    expect(await last.of(new Set(['a', 'b']))).toEqual(new Map([['a', 1]]));
    expect(asked).toHaveLength(2);
  });

  it('are read again for whom there was no room, and for all when the store was moved', async () => {
    const { last, asked } = open(1);
    last.forget(true);
    last.add([
      { identity: 'a', block: 3 },
      { identity: 'b', block: 4 },
    ]);
    expect(await last.of(new Set(['a', 'b']))).toEqual(stored);
    expect(asked).toEqual([['a']]);
    last.forget();
    expect(await last.of(new Set(['a', 'b']))).toEqual(stored);
    expect(asked.at(-1)).toEqual(['a', 'b']);
  });
});

describe('an answer of the caller’s own', () => {
  const kept = {
    didResolutionMetadata: { contentType: 'application/did+ld+json' },
    didDocument: {
      '@context': ['c'],
      id: 'did:example:a',
      service: [{ id: '#1', type: 'S', serviceEndpoint: [{ uri: 'u', list: [1, null, true] }, JSON.parse('{"__proto__":{"x":1}}')] }],
    },
    didDocumentMetadata: { versionId: '3' },
  };

  it('is the same value and shares nothing with what is kept', () => {
    const before = JSON.stringify(kept);
    const copy = copyResult(kept, undefined);
    expect(copy).toEqual(structuredClone(kept));
    expect(JSON.stringify(copy)).toBe(before);
    const service = copy.didDocument?.service?.[0];
    expect(Object.getPrototypeOf((service?.serviceEndpoint as object[])[1])).toBe(Object.prototype);
    service!.id = 'changed';
    (copy.didDocument?.['@context'] as string[]).push('more');
    copyResult(kept, 'application/did+json');
    expect(JSON.stringify(kept)).toBe(before);
  });

  it('is plain JSON where that is asked for', () => {
    const plain = copyResult(kept, 'application/did+json');
    expect(plain.didDocument).not.toHaveProperty('@context');
    expect(plain.didResolutionMetadata).toEqual({ contentType: 'application/did+json' });
    expect(copyResult(kept, 'application/did+ld+json').didDocument).toHaveProperty('@context');
  });
});

describe('the caches of the index', () => {
  it('keep a document for its time, and forget all DIDs of an identity', () => {
    const cache = new DocumentCache<number>(2);
    const keep = (did: string, identity: string, value: number): void => cache.set(did, { identity, from: 10, until: 20, value });
    keep('a1', 'a', 1);
    keep('a2', 'a', 2);
    expect([cache.get('a1', 9), cache.get('a1', 21), cache.get('a1', 20)?.value]).toEqual([undefined, undefined, 1]);
    keep('b1', 'b', 3);
    expect(cache.get('a2', 15)).toBeUndefined();
    cache.forget(['a']);
    expect(cache.get('a1', 15)).toBeUndefined();
    expect(cache.identities()).toEqual(['b']);
  });

  it('bound histories by the events in all of them', () => {
    const cache = new HistoryCache(10);
    const history = (length: number): EthrEvent[] => Array.from({ length }, () => ({}) as EthrEvent);
    cache.set('a', history(4));
    cache.set('b', history(4));
    expect(cache.get('a')).toHaveLength(4);
    cache.set('c', history(3));
    expect([cache.get('a')?.length, cache.get('b'), cache.get('c')?.length]).toEqual([4, undefined, 3]);
    cache.set('d', history(10));
    expect(cache.get('d')).toBeUndefined();
  });
});

describe('what is asked of the index', () => {
  it('is a version by block or by time, not both, and no other text', () => {
    expect(parseVersion({})).toEqual({ kind: 'latest' });
    expect(parseVersion({ versionId: '12' })).toEqual({ kind: 'block', block: 12 });
    expect(parseVersion({ versionTime: '1970-01-01T00:00:10Z' })).toEqual({ kind: 'time', time: 10 });
    for (const versionId of ['-1', '1e3', '0x1', '', '12abc']) expect(parseVersion({ versionId })).toBeUndefined();
    for (const versionTime of ['now', '1970-01-01', '1970-01-01T00:00:10+01:00', '1969-12-31T23:59:59Z'])
      expect(parseVersion({ versionTime })).toBeUndefined();
    expect(parseVersion({ versionId: '1', versionTime: '1970-01-01T00:00:10Z' })).toBeUndefined();
  });

  it('is a did:ethr in the one spelling, of a key on the curve', () => {
    expect(parseSubject(`did:ethr:0x1:0x02${'ff'.repeat(32)}`).refusal?.code).toBe('DID_MALFORMED');
    expect(parseSubject(`did:ethr:mainnet:0x${'ab'.repeat(20)}`).refusal?.code).toBe('DID_MALFORMED');
    expect(parseSubject(`did:ethr:0x1:0x${'ab'.repeat(20)}`).value).toMatchObject({ chainId: 1, identity: `0x${'ab'.repeat(20)}` });
  });
});
