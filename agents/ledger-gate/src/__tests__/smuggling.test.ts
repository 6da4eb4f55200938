import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { utf8 } from '@gridpass/codec';
import { createNodeClient } from '../adapters/node-client.js';
import { createRpcAnswerer } from '../rpc/answer.js';
import { methodsOf } from '../rpc/methods.js';
import type { RpcRole } from '../rpc/methods.js';
import { BOUNDS, openPlaces, paperSession } from './paper-session.js';

// A node that takes down the very bytes it is sent, and answers what it is told to.
let server: Server;
let client: ReturnType<typeof createNodeClient>;
let answer: ReturnType<typeof createRpcAnswerer>;
let reply: (body: string) => { readonly status?: number; readonly body?: string; readonly never?: boolean };
const sent: string[] = [];
const wellBehaved = (body: string): { readonly body: string } => {
  const asked = JSON.parse(body) as { readonly id: number } | readonly { readonly id: number }[];
  const one = ({ id }: { readonly id: number }): object => ({ jsonrpc: '2.0', id, result: 'é' });
  return { body: JSON.stringify(Array.isArray(asked) ? asked.map(one) : one(asked as { readonly id: number })) };
};
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      sent.push(body);
      const said = reply(body);
      if (said.never !== true) response.writeHead(said.status ?? 200).end(said.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  client = createNodeClient({
    rpcUrl: `http://127.0.0.1:${port}`,
    timeoutMs: 2_000,
    lateMs: 10_000,
    maxAnswerBytes: 10_000,
    stopsWhenLeft: false,
  });
  answer = createRpcAnswerer({
    ...client,
    maxBytes: 100_000,
    maxBatch: 20,
    bounds: BOUNDS,
    places: openPlaces(),
    judgeTransaction: async () => ({ ok: false, refusal: { kind: 'refusal', code: 'SENDER_NOT_ADMITTED', stage: 'test', detail: '' } }),
  });
});
afterAll(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  sent.length = 0;
  reply = wellBehaved;
});

const ask = async (body: string | Uint8Array, role: RpcRole = 'trade'): Promise<string> => {
  const session = paperSession({ role });
  return Buffer.from((await answer(typeof body === 'string' ? utf8(body) : body, session)).body).toString('utf8');
};
const call = (method: string, params = '[]', id = '1'): string =>
  `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}}`;
/** What reached the node, method by method; fails where a body is anything but calls of our own making. */
function reached(): readonly string[] {
  return sent.flatMap((text) => {
    const body = JSON.parse(text) as object | readonly object[];
    const items = Array.isArray(body) ? (body as readonly object[]) : [body];
    // One spelling only: what was judged, written anew.
    expect(JSON.stringify(body)).toBe(text);
    for (const item of items) expect(Object.keys(item)).toEqual(['jsonrpc', 'id', 'method', 'params']);
    return items.map((item) => String((item as { readonly method: unknown }).method));
  });
}

// Of anvil, geth, Besu and Nethermind, beside what the other tests find in the node's own binary.
const DANGEROUS = `eth_accounts eth_sendTransaction eth_sign eth_signTransaction eth_signTypedData eth_signTypedData_v3 eth_signTypedData_v4
eth_sendUnsignedTransaction eth_sendRawTransactionSync eth_sendRawTransactionConditional eth_sendBundle eth_callMany eth_simulateV1 eth_createAccessList eth_getProof eth_newFilter
eth_newBlockFilter eth_newPendingTransactionFilter eth_getFilterLogs eth_getFilterChanges eth_uninstallFilter eth_subscribe eth_unsubscribe eth_getWork
eth_submitWork eth_submitHashrate eth_mining eth_coinbase eth_pendingTransactions eth_resend eth_fillTransaction eth_getBlockReceipts personal_unlockAccount
personal_sendTransaction personal_importRawKey personal_newAccount personal_sign anvil_impersonateAccount anvil_autoImpersonateAccount anvil_setBalance anvil_setCode
anvil_setNonce anvil_setStorageAt anvil_mine anvil_reset anvil_setRpcUrl anvil_dumpState anvil_loadState anvil_dropTransaction anvil_dropAllTransactions
anvil_nodeInfo anvil_metadata anvil_setChainId anvil_reorg anvil_rollback anvil_addBalance anvil_dealERC20 anvil_setLoggingEnabled hardhat_impersonateAccount
hardhat_setBalance hardhat_reset hardhat_mine evm_mine evm_snapshot evm_revert evm_increaseTime evm_setNextBlockTimestamp evm_setAutomine
evm_setIntervalMining evm_setBlockGasLimit debug_traceTransaction debug_traceCall debug_setHead debug_storageRangeAt debug_getRawTransaction
debug_writeMemProfile admin_addPeer admin_removePeer admin_nodeInfo admin_startHTTP admin_peers admin_exportChain miner_start miner_setEtherbase txpool_content
txpool_inspect txpool_contentFrom txpool_besuTransactions net_services trace_block trace_filter trace_replayTransaction ots_getTransactionError
erigon_getHeaderByNumber engine_newPayloadV3 engine_forkchoiceUpdatedV3 clique_propose ibft_proposeValidatorVote qbft_proposeValidatorVote perm_addNodesToAllowlist
perm_addAccountsToAllowlist priv_distributeRawTransaction eea_sendRawTransaction plugins_reloadPluginConfig rpc_modules web3_sha3 wallet_addEthereumChain
parity_setMode les_addBalance graphql_query flashbots_validateBuilderSubmissionV3 bundler_sendBundle constructor __proto__ prototype toString hasOwnProperty valueOf`.split(
  /\s+/,
);
const LOOKALIKES: readonly (readonly [string, string])[] = [
  ['e', '\u0435'],
  ['a', '\u0430'],
  ['o', '\u043e'],
  ['_', '\uff3f'],
  ['_', '\u2017'],
  ['i', '\u0131'],
  ['k', '\u212a'],
  ['s', '\u017f'],
  ['B', '\u0412'],
];
const spell = (name: string): readonly string[] => [
  ...LOOKALIKES.map(([from, to]) => name.replace(from, to)),
  name.toUpperCase(),
  name.toLowerCase(),
  name.replace('_', '__'),
  ...['\u0000', ' ', '\t', '\n', '\u00a0', '\u200b', '\ufeff', '\u202e', '\u0301', '/', '%00', '?', '#'].flatMap((mark) => [
    `${mark}${name}`,
    `${name}${mark}`,
    name.replace('_', `_${mark}`),
  ]),
];

describe('what a client sends', () => {
  it('reaches no unlisted method, for any role, however the name is spelled', async () => {
    for (const role of ['none', 'observe', 'read', 'trade', 'operate'] as const) {
      const listed = new Set(methodsOf(role));
      const names = [...DANGEROUS, ...methodsOf('operate').flatMap(spell)].filter((name) => !listed.has(name));
      for (let from = 0; from < names.length; from += 20) {
        const batch = names.slice(from, from + 20);
        const text = await ask(`[${batch.map((name, id) => call(name, '[]', String(id))).join(',')}]`, role);
        const answers = JSON.parse(text) as readonly { readonly error?: { readonly code: number } }[];
        expect(answers.map(({ error }, at) => [batch[at], error?.code])).toEqual(
          // A name beyond any there is, is no name.
          batch.map((name) => [name, name.length > 64 ? -32600 : -32601]),
        );
      }
    }
    expect(sent).toEqual([]);
  });

  it('is one call or many, and nothing that two readers could take for different ones', async () => {
    const good = call('eth_chainId');
    const deep = (levels: number): string => `${'['.repeat(levels)}${good}${']'.repeat(levels)}`;
    for (const body of [
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","method":"evm_mine"}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","m\\u0065thod":"evm_mine"}',
      '{"jsonrpc":"2.0","id":1,"method":"evm_mine","method":"eth_chainId"}',
      '{"jsonrpc":"2.0","id":1,"id":2,"method":"eth_chainId"}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x0","to":"0x1"}]}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"__proto__":{"method":"evm_mine"}}]}',
      '{"jsonrpc":"2.0","id":1,"__proto__":{"method":"evm_mine"},"method":"eth_chainId"}',
      '{"jsonrpc":"2.0","id":1,"constructor":{"prototype":{}},"method":"eth_chainId"}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","Method":"evm_mine"}',
      '{"jsonrpc":"2.0","id":1,"method":["evm_mine"]}',
      '{"jsonrpc":"2.0","id":1,"method":{"toString":"evm_mine"}}',
      '{"jsonrpc":"2.0","id":1e400,"method":"eth_chainId"}',
      '{"jsonrpc":"2.0","id":9007199254740993,"method":"eth_chainId"}',
      '{"jsonrpc":"2.0","id":1.5,"method":"eth_chainId"}',
      '{"jsonrpc":"2.0","id":-0.1,"method":"eth_chainId"}',
      `{"jsonrpc":"2.0","id":${'9'.repeat(5_000)},"method":"eth_chainId"}`,
      `{"jsonrpc":"2.0","id":"${'x'.repeat(200)}","method":"eth_chainId"}`,
      '{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}',
      '{"jsonrpc":"2.0","method":"eth_chainId"}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":[1e999]}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":[9007199254740993]}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{"0":1}}',
      `${good}${good}`,
      `${good}\n${call('evm_mine')}`,
      `${good},`,
      `[${good},]`,
      `\ufeff${good}`,
      `/* */${good}`,
      good.replaceAll('"', "'"),
      `[[${good}]]`,
      `[[[${call('evm_mine')}]]]`,
      deep(2),
      deep(13),
      deep(5_000),
      `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[${'['.repeat(20)}${']'.repeat(20)}]}`,
      '[]',
      'null',
      '"eth_chainId"',
      `[${Array.from({ length: 21 }, (_, id) => call('eth_chainId', '[]', String(id))).join(',')}]`,
      `[${good},${good}]`,
      `[${call('eth_chainId', '[]', '"1"')},${call('eth_chainId', '[]', '"\\u0031"')}]`,
    ]) {
      expect([body.slice(0, 80), await ask(body)]).toEqual([body.slice(0, 80), expect.stringContaining('REQUEST_MALFORMED')]);
    }
    expect(await ask(Uint8Array.from([0xff, 0xfe, ...utf8(good)]))).toContain('REQUEST_MALFORMED');
    expect(await ask(Uint8Array.from([...utf8('{"jsonrpc":"2.0","id":1,"method":"eth_chainId'), 0xc0, 0x80, ...utf8('"}')]))).toContain(
      'REQUEST_MALFORMED',
    );
    expect(sent).toEqual([]);
  });

  it('is written anew: the node reads what was judged, in one spelling, under our id', async () => {
    const odd = ' { "params" : [ ] , "method" : "eth_\\u0063hainId" , "id" : "\\u006d\\"ine" , "jsonrpc" : "2.0" } ';
    expect(JSON.parse(await ask(odd))).toEqual({ jsonrpc: '2.0', id: 'm"ine', result: 'é' });
    expect(sent).toEqual(['{"jsonrpc":"2.0","id":0,"method":"eth_chainId","params":[]}']);
  });

  it('reaches only listed methods whatever bytes are put together', async () => {
    const fragment = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '1', '"jsonrpc":"2.0"', '"id":1', '"id":2', '"params":[]'],
      ...['"method":"eth_chainId"', '"method":"evm_mine"', call('eth_chainId'), call('anvil_reset', '[]', '2'), '\\u0065', 'null', '-'],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fragment, { maxLength: 14 }), async (parts) => {
        sent.length = 0;
        await ask(parts.join(''));
        for (const method of reached()) expect(method).toBe('eth_chainId');
      }),
      { numRuns: 400 },
    );
  });
});

describe('what the node says', () => {
  it('is a fault where it is no answer, and comes to the client as it was written where it is', async () => {
    for (const [said, expected] of [
      [{ body: '{"jsonrpc":"2.0","id":0,"result":{"b": 1,"a":[ ]}}\n' }, '{"jsonrpc":"2.0","id":1,"result":{"b": 1,"a":[ ]}}'],
      [{ body: '{"result":7,"id":0,"jsonrpc":"2.0"}' }, '{"jsonrpc":"2.0","id":1,"result":7}'],
      [{ body: '{"jsonrpc":"2.0","id":0,"error":{"code":3,"message":"no","data":"0x"}}' }, '"error":{"code":3,"message":"no","data":"0x"}'],
      [{ body: '<html>' }, 'CHAIN_UNAVAILABLE'],
      [{ body: '' }, 'CHAIN_UNAVAILABLE'],
      [{ body: '{"jsonrpc":"2.0","id":0,"result":}' }, 'CHAIN_UNAVAILABLE'],
      [{ body: '{"jsonrpc":"2.0","id":1,"result":1}' }, 'CHAIN_UNAVAILABLE'],
      [{ status: 500, body: '{"jsonrpc":"2.0","id":0,"result":1}' }, 'CHAIN_UNAVAILABLE'],
      [{ status: 302, body: '' }, 'CHAIN_UNAVAILABLE'],
      [{ body: `{"jsonrpc":"2.0","id":0,"result":"${'x'.repeat(20_000)}"}` }, 'CHAIN_UNAVAILABLE'],
      [{ never: true }, 'CHAIN_UNAVAILABLE'],
    ] as const) {
      reply = () => said;
      expect([said, await ask(call('eth_chainId'))]).toEqual([said, expect.stringContaining(expected)]);
    }
  });
});
