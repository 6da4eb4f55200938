// Chains that ask for gas in other ways than the embedded one: a node here answers what it was told to, and writes down what reaches it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Transaction } from 'ethers';
import { accountFromPrivateKey } from '../account.js';
import { connectChain } from '../chain.js';
import { createSender } from '../sender.js';
import { signCall } from '../sign-call.js';

const CHAIN_ID = 1337;
const BLOCK = {
  number: '0x1',
  hash: `0x${'11'.repeat(32)}`,
  parentHash: `0x${'22'.repeat(32)}`,
  timestamp: '0x1',
  nonce: '0x0000000000000000',
  difficulty: '0x0',
  gasLimit: '0x1c9c380',
  gasUsed: '0x0',
  miner: `0x${'00'.repeat(20)}`,
  extraData: '0x',
  transactions: [],
};
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Answer = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } };

async function open(answers: Readonly<Record<string, unknown>>, refusal?: string) {
  const raw: string[] = [];
  const answer = (method: string, params: readonly unknown[]): Answer => {
    if (method === 'eth_sendRawTransaction') {
      if (refusal !== undefined) return { error: { code: -32000, message: refusal } };
      raw.push(String(params[0]));
      return { result: Transaction.from(String(params[0])).hash };
    }
    const known: Readonly<Record<string, unknown>> = {
      eth_chainId: '0x539',
      eth_estimateGas: '0x5208',
      eth_getTransactionCount: '0x7',
      eth_getTransactionByHash: null,
      eth_getBlockByNumber: BLOCK,
      ...answers,
    };
    return Object.hasOwn(known, method)
      ? { result: known[method] }
      : { error: { code: -32601, message: `the method ${method} does not exist` } };
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as
        { id: number; method: string; params: unknown[] } | { id: number; method: string; params: unknown[] }[];
      const one = (call: { id: number; method: string; params: unknown[] }) => ({
        jsonrpc: '2.0',
        id: call.id,
        ...answer(call.method, call.params),
      });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(Array.isArray(body) ? body.map(one) : one(body)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const chain = connectChain({ rpcUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, chainId: CHAIN_ID });
  closing.push(() => {
    chain.close();
    server.closeAllConnections();
    server.close();
  });
  return { chain, raw };
}

const signer = accountFromPrivateKey(new Uint8Array(32).fill(7));
const call = { to: signer.account, data: '0x' };

describe('a transaction', () => {
  it.each([
    ['without a base fee', {}, { eth_gasPrice: '0x3b9aca00' }],
    [
      'with a base fee of zero and a minimum price',
      { baseFeePerGas: '0x0' },
      { eth_gasPrice: '0x3b9aca00', eth_maxPriorityFeePerGas: '0x0' },
    ],
  ])('on a chain %s is of before EIP-1559, at the price of the node', async (_name, block, answers) => {
    const { chain } = await open({ ...answers, eth_getBlockByNumber: { ...BLOCK, ...block } });
    const transaction = Transaction.from(await signCall(chain, signer, call));
    expect(transaction).toMatchObject({ type: 0, gasPrice: 1_000_000_000n, chainId: 1337n, nonce: 7, from: signer.account });
  });

  it('on a chain with a base fee pays twice that and a tip', async () => {
    const { chain } = await open({
      eth_gasPrice: '0x3b9aca00',
      eth_maxPriorityFeePerGas: '0x5',
      eth_getBlockByNumber: { ...BLOCK, baseFeePerGas: '0x64' },
    });
    const transaction = Transaction.from(await signCall(chain, signer, call));
    expect(transaction).toMatchObject({ type: 2, maxFeePerGas: 205n, maxPriorityFeePerGas: 5n });
  });

  it('is not made where the node names no price', async () => {
    const { chain } = await open({});
    await expect(signCall(chain, signer, call)).rejects.toMatchObject({
      code: 'CHAIN_UNAVAILABLE',
      message: 'the node of chain 1337 says: the method eth_gasPrice does not exist',
    });
  });

  it('that the node turns down is reported in the words of the node, without letters that could deceive', async () => {
    const { chain } = await open({ eth_gasPrice: '0x0' }, 'Gas price below configured minimum gas price\u202e\u0007');
    await expect(createSender(chain, signer).send(call)).rejects.toMatchObject({
      code: 'CHAIN_UNAVAILABLE',
      message: 'the node of chain 1337 says: Gas price below configured minimum gas price??',
    });
  });
});
