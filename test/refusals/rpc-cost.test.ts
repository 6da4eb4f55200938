// JSON-RPC that is cheap to ask and dear to answer: calls without end, memory without end, lists, ranges, batches, and clients that
// ask and go. The node here writes down what reaches it, and answers when it is told to.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { utf8 } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { BOUNDS, openPlaces, paperSession } from '../../agents/ledger-gate/src/__tests__/paper-session.js';
import { createRpcAnswerer } from '../../agents/ledger-gate/src/rpc/answer.js';
import type { RpcSession } from '../../agents/ledger-gate/src/rpc/answer.js';

/** JUMPDEST PUSH1 0 JUMP: a loop that ends with its gas. */
const SPIN = '0x5b600056';
const ENDLESS = '0x7fffffffffffffff';
const STRANGER_GAS = '0x989680';
const ADDRESS = `0x${'1'.repeat(40)}`;
const WORD = `0x${'0'.repeat(64)}`;

interface Reached {
  readonly method: string;
  readonly params: readonly JsonValue[];
}

describe('JSON-RPC that costs the node more than the one who asks', () => {
  const reached: Reached[] = [];
  const held: (() => void)[] = [];
  let holding = false;
  let answer: ReturnType<typeof createRpcAnswerer>;
  beforeEach(() => {
    reached.length = 0;
    held.length = 0;
    holding = false;
    answer = createRpcAnswerer({
      maxBytes: 262_144,
      maxBatch: 50,
      bounds: BOUNDS,
      places: openPlaces(),
      node: async (calls) => {
        reached.push(...calls);
        if (holding) await new Promise<void>((resolve) => held.push(resolve));
        return calls.map(() => ({ result: '0x' }));
      },
      judgeTransaction: async () => ({ ok: false, refusal: { kind: 'refusal', code: 'SENDER_NOT_ADMITTED', stage: 'ledger', detail: '' } }),
    });
  });

  const call = (method: string, params: readonly JsonValue[], id = 1): JsonObject => ({ jsonrpc: '2.0', id, method, params: [...params] });
  const ask = async (body: JsonValue, session: Partial<RpcSession> = {}): Promise<readonly (string | undefined)[]> => {
    const { body: bytes } = await answer(utf8(JSON.stringify(body)), paperSession(session));
    const json = JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonValue;
    const items: readonly JsonValue[] = Array.isArray(json) ? json : [json];
    return items.map((item) => /"code":"([A-Z_]+)"/.exec(JSON.stringify(item))?.[1]);
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const gasOf = ({ params }: Reached): JsonValue | undefined => (params[0] as JsonObject)['gas'];

  it.each(['eth_call', 'eth_estimateGas'])(
    '%s runs on bounded gas: asked for too much, without any, and of a session on more',
    async (method) => {
      await ask(call(method, [{ data: SPIN, gas: ENDLESS }, 'latest']));
      await ask(call(method, [{ input: SPIN }]));
      await ask(call(method, [{ data: SPIN, gas: ENDLESS }]), { client: { name: 'holder:h', stranger: false } });
      expect(reached.map(gasOf)).toEqual([STRANGER_GAS, STRANGER_GAS, '0x2faf080']);
    },
  );

  it.each([
    ['gas with leading zeros', { data: SPIN, gas: '0x07fffffffffffffff' }],
    ['gas as a number', { data: SPIN, gas: 9_007_199_254_740_991 }],
    ['gas in decimal', { data: SPIN, gas: '9223372036854775807' }],
    ['gas beyond 256 bits', { data: SPIN, gas: `0x1${'0'.repeat(64)}` }],
    ['gas under another name', { data: SPIN, gasLimit: ENDLESS }],
    ['data and input that differ', { data: '0x', input: SPIN }],
    ['blobs', { data: SPIN, blobVersionedHashes: [WORD] }],
  ])('passes on no call with %s', async (_what, bad) => {
    for (const method of ['eth_call', 'eth_estimateGas'])
      expect(await ask(call(method, [bad as JsonObject, 'latest']))).toEqual(['REQUEST_MALFORMED']);
    expect(reached).toEqual([]);
  });

  it('passes on nothing that overrides state or block', async () => {
    const overrides: readonly (readonly JsonValue[])[] = [
      [{ to: ADDRESS }, 'latest', { [ADDRESS]: { code: SPIN, balance: ENDLESS } }],
      [{ to: ADDRESS }, 'latest', {}, { gasLimit: ENDLESS }],
      [{ to: ADDRESS }, { [ADDRESS]: { code: SPIN } }],
    ];
    for (const params of overrides) expect(await ask(call('eth_call', params))).toEqual(['REQUEST_MALFORMED']);
    expect(reached).toEqual([]);
  });

  it('passes on no more data, list entries, blocks or percentiles than one call may bring', async () => {
    const long = (bytes: number): string => `0x${'00'.repeat(bytes)}`;
    const keys = Array.from({ length: 1_000 }, () => WORD);
    for (const [method, params] of [
      ['eth_call', [{ data: long(65_537) }]],
      ['eth_estimateGas', [{ input: long(65_537) }]],
      ['eth_call', [{ accessList: [{ address: ADDRESS, storageKeys: keys }] }]],
      ['eth_call', [{ authorizationList: Array.from({ length: 17 }, () => ({})) }]],
      ['eth_feeHistory', ['0xffffffff', 'latest', []]],
      ['eth_feeHistory', ['0x1', 'latest', Array.from({ length: 101 }, () => 50)]],
      ['eth_getLogs', [{ address: Array.from({ length: 1_001 }, () => ADDRESS) }]],
    ] as const)
      expect([method, await ask(call(method, params as readonly JsonValue[]))]).toEqual([method, ['CALL_TOO_LARGE']]);
    expect(await ask(call('eth_getLogs', [{ fromBlock: '0x0', toBlock: '0x2711' }]))).toEqual(['BLOCK_RANGE_TOO_WIDE']);
    expect(reached).toEqual([]);
  });

  it.each([
    ...['eth_createAccessList', 'eth_simulateV1', 'eth_callMany', 'eth_callBundle', 'eth_getProof', 'eth_newFilter', 'eth_newBlockFilter'],
    ...['eth_newPendingTransactionFilter', 'eth_getFilterLogs', 'eth_getFilterChanges', 'debug_traceCall', 'debug_traceTransaction'],
    ...['debug_traceBlockByNumber', 'trace_call', 'trace_callMany', 'trace_block', 'trace_filter', 'trace_replayBlockTransactions'],
  ])('knows no %s, for any role', async (method) => {
    for (const role of ['none', 'observe', 'read', 'trade', 'operate'] as const)
      expect(await ask(call(method, [{ data: SPIN, gas: ENDLESS }, 'latest']), { role })).toEqual(['METHOD_NOT_ALLOWED']);
    expect(reached).toEqual([]);
  });

  it('asks a batch in turns that each fit into the share of one client', async () => {
    holding = true;
    const batch = Array.from({ length: 14 }, (_, id) => call('eth_call', [{ data: SPIN }], id));
    const asked = ask(batch);
    await settled();
    // Six of ten million gas fit into 64 million.
    expect(reached).toHaveLength(6);
    for (const most of [12, 14, 14]) {
      held.shift()?.();
      await settled();
      expect(reached).toHaveLength(most);
    }
    expect(await asked).toEqual(batch.map(() => undefined));
  });

  it('does not pile up for a client that asks and goes in a loop, and others are answered meanwhile', async () => {
    holding = true;
    for (let round = 0; round < 100; round += 1) {
      const leaving = new AbortController();
      void ask(call('eth_call', [{ data: SPIN, gas: ENDLESS }]), { left: leaving.signal });
      await settled();
      leaving.abort();
    }
    await settled();
    // Who goes does not end what the node has begun: its place is taken until then, and nothing more is begun in its name.
    expect(reached).toHaveLength(6);
    holding = false;
    expect(await ask(call('eth_chainId', []), { client: { name: 'address:elsewhere', stranger: true } })).toEqual([undefined]);
    held.shift()?.();
    await settled();
    expect(await ask(call('eth_call', [{ data: SPIN }]))).toEqual([undefined]);
  });

  it('leaves sessions their places when strangers from many addresses ask as much as they may', async () => {
    holding = true;
    for (let at = 0; at < 40; at += 1) void ask(call('eth_call', [{ data: SPIN }]), { client: { name: `address:${at}`, stranger: true } });
    await settled();
    expect(reached).toHaveLength(12);
    holding = false;
    expect(await ask(call('eth_call', [{ data: SPIN }]), { client: { name: 'holder:h', stranger: false } })).toEqual([undefined]);
    for (const end of held) end();
  });

  it('is turned down where too many of one client wait already', async () => {
    holding = true;
    const asked = Array.from({ length: 80 }, () => ask(call('eth_call', [{ data: SPIN }])));
    await settled();
    expect(reached).toHaveLength(6);
    holding = false;
    for (const end of held) end();
    const codes = (await Promise.all(asked)).flat();
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(80 - 6 - 64);
    expect(codes.filter((code) => code === undefined)).toHaveLength(70);
  });
});
