import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { LEAST_COST, boundCall } from '../rpc/bounded-call.js';

const bounds = { gas: 100_000, dataBytes: 4 };
const TO = `0x${'a'.repeat(40)}`;
const WORD = `0x${'0'.repeat(64)}`;
const ask = (call: JsonValue, method = 'eth_call') => boundCall(method, [call, 'latest'], bounds);
const gasOf = (gas: JsonValue): unknown => {
  const bounded = ask({ to: TO, gas });
  return bounded.ok ? (bounded.value.params[0] as JsonObject)['gas'] : bounded.refusal.code;
};

describe('what a call may make the node do', () => {
  it('is at most the bound of gas, to the unit, and the bound where nothing is asked for', () => {
    expect(['0x1869f', '0x186a0', '0x186a1', '0x7fffffffffffffff', `0x${'f'.repeat(64)}`, '0X5', null].map(gasOf)).toEqual([
      '0x1869f',
      '0x186a0',
      '0x186a0',
      '0x186a0',
      '0x186a0',
      'REQUEST_MALFORMED',
      '0x186a0',
    ]);
    expect(ask({ to: TO })).toMatchObject({ value: { params: [{ to: TO, gas: '0x186a0' }, 'latest'] } });
    expect(boundCall('eth_call', [{}], bounds)).toMatchObject({ value: { params: [{ gas: '0x186a0' }] } });
  });

  it('is not guessed where gas is spelled in another way than EIP-1474 has', () => {
    for (const gas of [
      '0x',
      '0x00',
      '0x0186a0',
      '100000',
      100_000,
      ' 0x5',
      '0x5 ',
      '-0x5',
      '0x5n',
      `0x1${'0'.repeat(64)}`,
      ['0x5'],
      {},
      true,
      '',
      '0xG',
    ])
      expect([gas, gasOf(gas)]).toEqual([gas, 'REQUEST_MALFORMED']);
    expect(gasOf('0xFF')).toBe('0xff');
  });

  it('runs on so many bytes of data and not one more, under either name', () => {
    for (const name of ['data', 'input']) {
      expect(ask({ [name]: '0x01020304' })).toMatchObject({ value: { params: [{ [name]: '0x01020304' }, 'latest'] } });
      expect(ask({ [name]: '0x0102030405' }).refusal?.code).toBe('CALL_TOO_LARGE');
      for (const odd of ['0x1', '01', 7, ['0x']]) expect(ask({ [name]: odd }).refusal?.code).toBe('REQUEST_MALFORMED');
    }
  });

  it('is one thing where data and input are both there, and nothing where they differ', () => {
    const both = ask({ data: '0xAB', input: '0xab' });
    expect(both).toMatchObject({ ok: true, value: { params: [{ data: '0xAB', gas: '0x186a0' }, 'latest'] } });
    expect(Object.keys((both.value?.params[0] ?? {}) as JsonObject)).not.toContain('input');
    expect(ask({ data: '0xab', input: '0x' }).refusal?.code).toBe('REQUEST_MALFORMED');
  });

  it.each([
    ['blobs', { blobVersionedHashes: [WORD] }],
    ['a fee for blobs', { maxFeePerBlobGas: '0x1' }],
    ['a member nobody knows', { gasLimit: '0x7fffffffffffffff' }],
    ['a member in another spelling', { Gas: '0x7fffffffffffffff' }],
    ['an account that is none', { from: '0x1' }],
    ['an access list that is none', { accessList: [{ address: TO }] }],
    ['an access list with more in it', { accessList: [{ address: TO, storageKeys: [], code: '0x' }] }],
    ['an access list with keys that are none', { accessList: [{ address: TO, storageKeys: ['0x1'] }] }],
    ['authorizations that are none', { authorizationList: [1] }],
  ])('is refused with %s', (_what, call) => {
    expect(ask(call as JsonObject).refusal?.code).toBe('REQUEST_MALFORMED');
  });

  it('has no overrides of state or block, and a block that is one', () => {
    for (const params of [
      [{}, 'latest', { [TO]: { code: '0x5b600056' } }],
      [{}, 'latest', null],
      [{}, 'latest', {}, { gasLimit: '0x7fffffffffffffff' }],
      [{}, { [TO]: { code: '0x5b600056' } }],
      [{}, {}],
      [{}, 'newest'],
      [{}, 5],
    ])
      expect([params, boundCall('eth_call', params as JsonValue[], bounds).refusal?.code]).toEqual([params, 'REQUEST_MALFORMED']);
    for (const block of ['pending', '0x5', WORD, { blockNumber: '0x5' }, { blockHash: WORD, requireCanonical: true }])
      expect(boundCall('eth_call', [{}, block], bounds).ok).toBe(true);
  });

  it('has lists of a bounded length', () => {
    const listed = (keys: number): JsonObject => ({ accessList: [{ address: TO, storageKeys: Array.from({ length: keys }, () => WORD) }] });
    expect([ask(listed(999)).ok, ask(listed(1_000)).refusal?.code]).toEqual([true, 'CALL_TOO_LARGE']);
    const authorized = (count: number): JsonObject => ({ authorizationList: Array.from({ length: count }, () => ({})) });
    expect([ask(authorized(16)).ok, ask(authorized(17)).refusal?.code]).toEqual([true, 'CALL_TOO_LARGE']);
  });
});

describe('what an answer costs', () => {
  const costOf = (method: string, params: readonly JsonValue[]): number | undefined =>
    boundCall(method, params, { gas: 10_000_000, dataBytes: 10 }).value?.cost;

  it('is the gas of the call, several times that of an estimate, and never nothing', () => {
    expect(costOf('eth_call', [{}])).toBe(10_000_000);
    expect(costOf('eth_call', [{ gas: '0x1' }])).toBe(LEAST_COST);
    expect(costOf('eth_estimateGas', [{}])).toBe(40_000_000);
    expect(costOf('eth_chainId', [])).toBe(LEAST_COST);
  });

  it('grows with the blocks of a fee history, which are bounded', () => {
    expect(costOf('eth_feeHistory', ['0x400', 'latest', [50]])).toBe(LEAST_COST + 1_024 * 50_000);
    expect(boundCall('eth_feeHistory', [4, 'latest'], bounds)).toMatchObject({ value: { params: ['0x4', 'latest'] } });
    for (const count of ['0x401', 1_025, '0xffffffffffffffff'])
      expect(boundCall('eth_feeHistory', [count, 'latest', []], bounds).refusal?.code).toBe('CALL_TOO_LARGE');
    expect(boundCall('eth_feeHistory', ['0x1', 'latest', Array.from({ length: 101 }, () => 1)], bounds).refusal?.code).toBe(
      'CALL_TOO_LARGE',
    );
    for (const params of [['0x01', 'latest'], [-1, 'latest'], [1.5, 'latest'], ['0x1'], ['0x1', 'latest', ['a']], ['0x1', 'latest', 'a']])
      expect([params, boundCall('eth_feeHistory', params, bounds).refusal?.code]).toEqual([params, 'REQUEST_MALFORMED']);
  });

  it('is bounded for logs by how much is looked for', () => {
    const logs = (addresses: number): JsonObject => ({
      address: Array.from({ length: addresses }, () => TO),
      topics: [WORD, [WORD, WORD]],
    });
    expect(costOf('eth_getLogs', [logs(997)])).toBe(8 * LEAST_COST);
    expect(boundCall('eth_getLogs', [logs(998)], bounds).refusal?.code).toBe('CALL_TOO_LARGE');
    expect(boundCall('eth_getLogs', [{ topics: [null, null, null, null, null] }], bounds).refusal?.code).toBe('REQUEST_MALFORMED');
  });
});
