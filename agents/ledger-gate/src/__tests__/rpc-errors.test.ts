import { describe, expect, it } from '@jest/globals';
import { JsonRpcProvider, isError } from 'ethers';
import type { RequestId } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { toMethodError, toRpcError } from '../rpc/error.js';
import { parseRpcRequest } from '../rpc/request.js';

const id = 'r' as RequestId;
const misreadOf = (body: string) => {
  const request = parseRpcRequest(utf8(body), { maxBytes: 1_000, maxBatch: 2 });
  if (!request.ok) return request.refusal.stage === 'codec' ? 'json' : 'request';
  const [item] = request.value.items;
  return item?.kind === 'malformed' ? item.misread : undefined;
};

describe('an error', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method"', -32700],
    ['<html>', -32700],
    ['{"jsonrpc":"2.0","id":1,"id":2,"method":"eth_chainId"}', -32700],
    ['[]', -32600],
    ['1', -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":7}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}', -32602],
  ])('about %s has the number of JSON-RPC 2.0, and the words of EIP-1474 before ours', (body, number) => {
    const { error } = toRpcError(null, 'REQUEST_MALFORMED', id, misreadOf(body));
    expect(error.code).toBe(number);
    expect(error.message).toMatch(/^(?:Parse error|Invalid request|Invalid params): the request does not have the form/);
  });

  it('about a method that is not open is understood by the library, which then asks for logs instead of filters', () => {
    const { error } = toMethodError(1, 'eth_newFilter', id);
    expect(error).toMatchObject({ code: -32601, data: { code: 'METHOD_NOT_ALLOWED' } });
    const provider = new JsonRpcProvider('http://127.0.0.1:1', 1, { staticNetwork: true });
    const understood = provider.getRpcError({ id: 1, jsonrpc: '2.0', method: 'eth_newFilter', params: [] }, { id: 1, error });
    provider.destroy();
    expect(isError(understood, 'UNSUPPORTED_OPERATION') && understood.operation).toBe('eth_newFilter');
  });

  it.each(['<script>', 'eth_newFilter\n', 'a\u202eb', ''])('repeats no name that is none: %p', (method) => {
    expect(toMethodError(1, method, id).error.message).toBe('the method asked for does not exist/is not available');
  });
});
