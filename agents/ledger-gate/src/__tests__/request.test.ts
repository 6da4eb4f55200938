import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { utf8 } from '@gridpass/codec';
import type { Instant } from '@gridpass/core';
import { createRpcAnswerer } from '../rpc/answer.js';
import type { NodePort } from '../rpc/node-port.js';
import { parametersOf } from '../rpc/methods.js';
import { createRateBucket } from '../rpc/rate-bucket.js';
import { parseRpcRequest } from '../rpc/request.js';
import { BOUNDS, openPlaces, paperSession } from './paper-session.js';

const limits = { maxBytes: 10_000, maxBatch: 5 };

describe('parseRpcRequest', () => {
  it('reads a call and keeps its id as it was given', () => {
    expect(parseRpcRequest(utf8('{"jsonrpc":"2.0","id":"a","method":"eth_chainId"}'), limits)).toEqual({
      ok: true,
      value: { batch: false, items: [{ kind: 'call', call: { id: 'a', method: 'eth_chainId', params: [] } }] },
    });
  });

  it('tells a number from a text that looks like it', () => {
    const both = '[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":"1","method":"b"}]';
    expect(parseRpcRequest(utf8(both), limits).ok).toBe(true);
    expect(parseRpcRequest(utf8(both.replace('"1"', '1')), limits).ok).toBe(false);
  });
});

describe('the answerer', () => {
  it('never asks the node for anything but listed methods, whatever is sent', async () => {
    const asked: string[] = [];
    const node: NodePort = async (calls) =>
      calls.map(({ method }) => {
        asked.push(method);
        return { result: null };
      });
    const answer = createRpcAnswerer({
      ...limits,
      bounds: BOUNDS,
      places: openPlaces(),
      node,
      judgeTransaction: async () => ({ ok: false, refusal: { kind: 'refusal', code: 'SENDER_NOT_ADMITTED', stage: 'test', detail: '' } }),
    });
    const method = fc.oneof(
      fc.constantFrom(
        'eth_chainId',
        'eth_call',
        'eth_sendRawTransaction',
        'evm_mine',
        'anvil_reset',
        'constructor',
        '__proto__',
        'toString',
        'hasOwnProperty',
      ),
      fc.string(),
    );
    const item = fc.oneof(
      fc.record({
        jsonrpc: fc.constantFrom('2.0', '1.0'),
        id: fc.oneof(fc.nat({ max: 3 }), fc.string(), fc.constant(null)),
        method,
        params: fc.oneof(fc.array(fc.jsonValue(), { maxLength: 3 }), fc.jsonValue()),
      }),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(item, fc.array(item, { maxLength: 6 })),
        fc.constantFrom('none', 'observe', 'read', 'trade', 'operate'),
        async (body, role) => {
          asked.length = 0;
          await answer(utf8(JSON.stringify(body)), paperSession({ role }));
          for (const name of asked) expect([name, parametersOf(role, name)]).not.toEqual([name, undefined]);
          expect(asked).not.toContain('eth_sendRawTransaction');
          if (role === 'none') expect(asked).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('answers each call of a batch under its own id when the node fails or miscounts', async () => {
    for (const node of [
      async () => {
        throw new Error('secret');
      },
      async () => [],
    ] as NodePort[]) {
      const answer = createRpcAnswerer({
        ...limits,
        bounds: BOUNDS,
        places: openPlaces(),
        node,
        judgeTransaction: async () => {
          throw new Error('not asked');
        },
      });
      const { body } = await answer(
        utf8('[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},{"jsonrpc":"2.0","id":2,"method":"evm_mine"}]'),
        paperSession({ role: 'read' }),
      );
      const text = new TextDecoder().decode(body);
      expect(JSON.parse(text)).toMatchObject([
        { id: 1, error: { data: { requestId: 'r' } } },
        { id: 2, error: { data: { code: 'METHOD_NOT_ALLOWED' } } },
      ]);
      expect(text).not.toContain('secret');
    }
  });
});

describe('a rate bucket', () => {
  it('lets a burst through, then as many as a minute allows, for each name', () => {
    const bucket = createRateBucket({ burst: 2, perMinute: 60 });
    expect([0, 0, 0].map((at) => bucket.take('a', at as Instant))).toEqual([true, true, false]);
    expect(bucket.take('b', 0 as Instant)).toBe(true);
    expect(bucket.take('a', 1 as Instant)).toBe(true);
    expect(bucket.take('a', 1 as Instant)).toBe(false);
    // A clock that steps back gives nothing.
    expect(bucket.take('a', 0 as Instant)).toBe(false);
  });

  it('remembers a bounded number of names', () => {
    const bucket = createRateBucket({ burst: 1, perMinute: 1 }, 2);
    expect(['a', 'b', 'c', 'a'].map((name) => bucket.take(name, 0 as Instant))).toEqual([true, true, true, true]);
  });
});
