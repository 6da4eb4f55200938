// JSON-RPC that says one thing to a filter and another to the node behind it. The node here writes down what reaches it.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { utf8 } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { BOUNDS, openPlaces, paperSession } from '../../agents/ledger-gate/src/__tests__/paper-session.js';
import { createRpcAnswerer } from '../../agents/ledger-gate/src/rpc/answer.js';

describe('JSON-RPC that means two things', () => {
  const reached: string[] = [];
  const answer = createRpcAnswerer({
    maxBytes: 65_536,
    maxBatch: 10,
    bounds: BOUNDS,
    places: openPlaces(),
    node: async (calls) => {
      reached.push(...calls.map(({ method, params }) => `${method} ${JSON.stringify(params)}`));
      return calls.map(() => ({ result: 'from the node' }));
    },
    judgeTransaction: async () => ({ ok: false, refusal: { kind: 'refusal', code: 'SENDER_NOT_ADMITTED', stage: 'ledger', detail: '' } }),
  });
  const ask = async (body: string): Promise<readonly (string | undefined)[]> => {
    const { body: bytes } = await answer(utf8(body), paperSession());
    const json = JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonValue;
    const items: readonly JsonValue[] = Array.isArray(json) ? json : [json];
    return items.map((item) => /"code":"([A-Z_]+)"/.exec(JSON.stringify(item))?.[1]);
  };
  const call = (more: JsonObject | string): string =>
    typeof more === 'string'
      ? `{"jsonrpc":"2.0","id":1,${more},"params":[]}`
      : JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [], ...more });

  beforeEach(() => {
    reached.length = 0;
  });

  it('reads an escaped name as the name it spells, once', async () => {
    expect(await ask(call('"method":"eth_\\u0063hainId"'))).toEqual([undefined]);
    expect(reached).toEqual(['eth_chainId []']);
    expect(await ask(call('"method":"\\u0065vm_mine"'))).toEqual(['METHOD_NOT_ALLOWED']);
    expect(await ask(call('"\\u006dethod":"evm_mine"'))).toEqual(['METHOD_NOT_ALLOWED']);
    expect(await ask(call('"method":"eth_chainId","\\u006dethod":"evm_mine"'))).toEqual(['REQUEST_MALFORMED']);
    expect(reached).toHaveLength(1);
  });

  it.each([
    'ETH_CHAINID',
    'eth_chainid',
    'Eth_chainId',
    'eth_chainId\\u0000',
    'eth_chainId ',
    '\\u200beth_chainId',
    'eth\\uff3fchainId',
    'eth_chainId\\ud800',
  ])('knows no method %s', async (name) => {
    expect(['METHOD_NOT_ALLOWED', 'REQUEST_MALFORMED']).toContain((await ask(call(`"method":"${name}"`)))[0]);
    expect(reached).toEqual([]);
  });

  it.each([
    ['a notification', '{"jsonrpc":"2.0","method":"eth_chainId","params":[]}'],
    ['an id without an end', call({ id: 'x'.repeat(10_000) })],
    ['an id beyond exact numbers', call({}).replace('"id":1', '"id":9007199254740993')],
    ['an id with an exponent past all bounds', call({}).replace('"id":1', '"id":1e999')],
    ['an id that is an object', call({ id: { toString: 'x' } })],
    ['a batch in a batch', `[[${call({})}]]`],
    ['parameters by name', call({ params: { 0: 'x' } })],
    ['a version that is a number', call({}).replace('"2.0"', '2.0')],
  ])('passes on nothing of %s', async (_what, body) => {
    expect(await ask(body)).toEqual(['REQUEST_MALFORMED']);
    expect(reached).toEqual([]);
  });

  it('passes on of a batch what is allowed, and nothing of a batch with one id twice', async () => {
    const batch = [
      '{"jsonrpc":"2.0","method":"evm_mine","params":[]}',
      call({ id: 2 }),
      call({ id: 3, method: 'eth_sendRawTransaction', params: ['0x'] }),
    ];
    expect(await ask(`[${batch.join(',')}]`)).toEqual(['REQUEST_MALFORMED', undefined, 'SENDER_NOT_ADMITTED']);
    expect(reached).toEqual(['eth_chainId []']);
    expect(await ask(`[${call({ id: 1 })},${call({ id: 1, method: 'evm_mine' })}]`)).toEqual(['REQUEST_MALFORMED']);
    expect(reached).toHaveLength(1);
  });

  it('gives the node no members of its own', async () => {
    const to = `0x${'0'.repeat(40)}`;
    await ask(call({ method: 'eth_call', params: [{ to, data: '0x' }, 'latest'] }));
    expect(reached).toEqual([`eth_call [{"to":"${to}","data":"0x","gas":"0x989680"},"latest"]`]);
    expect(await ask(call({ method: 'eth_call', params: [{ to: '0x0' }, 'latest', { '0x0': { balance: '0xff' } }] }))).toEqual([
      'REQUEST_MALFORMED',
    ]);
    expect(await ask(call({ from: '0x0' }))).toEqual(['REQUEST_MALFORMED']);
  });
});
