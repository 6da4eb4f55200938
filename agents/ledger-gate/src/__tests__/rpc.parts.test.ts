import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SigningKey, Transaction, Wallet, ZeroAddress } from 'ethers';
import type { TransactionLike } from 'ethers';
import { accountFromPrivateKey, buildOrderCall, createAccountKey, createAdmissionReader, launchEmbeddedNode } from '@gridpass/ledger';
import type { EmbeddedNode } from '@gridpass/ledger';
import { NOON, startAnvil } from '@gridpass/testkit';
import { instant } from '@gridpass/core';
import { methodsOf, RPC_ROLES } from '../rpc/methods.js';
import { CHANNEL, startRig } from './rig.js';
import type { Rig } from './rig.js';

let rig: Rig;
let admittedKey: string;
beforeAll(async () => {
  rig = await startRig({
    limits: {
      address: { burst: 1_000_000, perMinute: 1_000_000 },
      sender: { burst: 1000, perMinute: 1000 },
    },
  });
  admittedKey = createAccountKey();
  expect(await rig.admit(accountFromPrivateKey(admittedKey), await rig.token())).toMatchObject({ status: 201 });
});
afterAll(async () => {
  await rig.stop();
});

interface Answer {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly code: string; readonly requestId: string };
  };
}
const ask = async (body: unknown): Promise<{ readonly status: number; readonly json: Answer }> => rig.rpc(body);
const askMany = async (body: unknown): Promise<{ readonly status: number; readonly json: readonly Answer[] }> => rig.rpc(body);
const call = (method: string, params: unknown[] = [], id: unknown = 1): object => ({ jsonrpc: '2.0', id, method, params });

/** Every method name the node's binary holds and the node answers to with anything but "method not found". */
async function knownMethods(): Promise<readonly string[]> {
  const own = createRequire(new URL('../../../../packages/ledger/package.json', import.meta.url));
  const platform = createRequire(own.resolve('@foundry-rs/anvil/package.json'));
  const binary = await readFile(
    platform.resolve(`@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}/bin/anvil`),
    'latin1',
  );
  const prefixes = 'eth|personal|anvil|evm|hardhat|debug|admin|net|web3|txpool|trace|ots|erigon|engine|miner|wallet|tenderly';
  const candidates = new Set<string>();
  for (const [run] of binary.matchAll(/[A-Za-z0-9_]{6,200}/g)) {
    for (const part of run.split(new RegExp(`(?=(?:${prefixes})_)`))) {
      const [name] = new RegExp(`^(?:${prefixes})_[a-z][A-Za-z0-9]*`).exec(part) ?? [];
      // Names stand in the binary without anything between them: every beginning may be the name.
      for (let end = (name ?? '').indexOf('_') + 3; name !== undefined && end <= Math.min(name.length, 60); end += 1)
        candidates.add(name.slice(0, end));
    }
  }
  const scratch = await launchEmbeddedNode({ developmentAccounts: 1 });
  try {
    const known: string[] = [];
    const all = [...candidates];
    for (let from = 0; from < all.length; from += 500) {
      const body = JSON.stringify(all.slice(from, from + 500).map((method, id) => call(method, [], from + id)));
      const answers = (await (
        await globalThis.fetch(scratch.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      ).json()) as Answer[];
      for (const { id, error } of answers) if (error?.code !== -32601) known.push(all[Number(id)]!);
    }
    return known;
  } finally {
    await scratch.kill();
  }
}

describe('JSON-RPC at the gate', () => {
  it('lets no method through but the listed ones, of all the node knows, however spelled', async () => {
    const known = await knownMethods();
    expect(
      [
        'eth_chainId',
        'eth_sendTransaction',
        'eth_accounts',
        'eth_sign',
        'anvil_setBalance',
        'anvil_impersonateAccount',
        'evm_mine',
        'evm_snapshot',
        'hardhat_setBalance',
        'debug_traceTransaction',
        'txpool_content',
        'eth_newFilter',
      ].filter((method) => !known.includes(method)),
    ).toEqual([]);
    expect(known.length).toBeGreaterThan(100);
    const listed = new Set(methodsOf('trade'));
    const height = await rig.chain.provider.getBlockNumber();
    for (const method of known) {
      const spellings = [
        method,
        method.toUpperCase(),
        method.replace('_', '_ '),
        ` ${method}`,
        `${method}\u0000`,
        method.replace('_', '＿'),
        method.replace('_', '.'),
        `${method.slice(0, 1).toUpperCase()}${method.slice(1)}`,
      ];
      const { json } = await askMany(spellings.map((name, id) => call(name, [], id)));
      for (const [index, { error }] of json.entries()) {
        if (listed.has(spellings[index]!)) expect([method, error?.data?.code]).not.toEqual([method, 'METHOD_NOT_ALLOWED']);
        else expect([spellings[index], error?.code, error?.data?.code]).toEqual([spellings[index], -32601, 'METHOD_NOT_ALLOWED']);
      }
    }
    expect(await rig.chain.provider.getBlockNumber()).toBe(height);
  });

  it('lists for each role a part of what the node knows, and nothing that acts for others', () => {
    for (const role of RPC_ROLES)
      expect(
        methodsOf(role).filter((method) =>
          /^(anvil|evm|hardhat|debug|admin|personal|miner|engine)_|sign|sendTransaction|accounts|[Ff]ilter|subscribe/.test(method),
        ),
      ).toEqual([]);
    expect(methodsOf('none')).toEqual([]);
    expect(methodsOf('read')).not.toContain('eth_sendRawTransaction');
  });

  it('answers what is listed, alone and in a batch, each under its own id and in its order', async () => {
    expect(await ask(call('eth_chainId', [], 'mine'))).toEqual({
      status: 200,
      json: { jsonrpc: '2.0', id: 'mine', result: `0x${rig.node.chainId.toString(16)}` },
    });
    const { json } = await askMany([call('eth_chainId', [], 7), call('evm_mine', [], 8), call('net_version', [], '7')]);
    expect(json).toMatchObject([
      { id: 7, result: '0x7a69' },
      { id: 8, error: { data: { code: 'METHOD_NOT_ALLOWED' } } },
      { id: '7', result: '31337' },
    ]);
  });

  it('refuses what is no JSON-RPC, member by member', async () => {
    const bad = async (body: unknown): Promise<string | undefined> => (await ask(body)).json.error?.data?.code;
    for (const body of [
      '',
      '{',
      'null',
      '1',
      '"eth_chainId"',
      '[]',
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","method":"evm_mine","params":[]}',
      '{"jsonrpc":"2.0","id":1,"id":2,"method":"eth_chainId","params":[]}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[],"__proto__":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]} x',
      '\uFEFF{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
      { jsonrpc: '1.0', id: 1, method: 'eth_chainId' },
      { id: 1, method: 'eth_chainId' },
      { jsonrpc: '2.0', method: 'eth_chainId' },
      { jsonrpc: '2.0', id: null, method: 'eth_chainId' },
      { jsonrpc: '2.0', id: 1.5, method: 'eth_chainId' },
      { jsonrpc: '2.0', id: [1], method: 'eth_chainId' },
      { jsonrpc: '2.0', id: 1, method: ['eth_chainId'] },
      { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: {} },
      { jsonrpc: '2.0', id: 1, method: 'eth_chainId', extra: 1 },
      call('eth_chainId', [1]),
      call('eth_call', [{}, 'latest', {}]),
    ])
      expect([body, await bad(body)]).toEqual([body, 'REQUEST_MALFORMED']);
    expect(await bad(`{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[${'['.repeat(40)}${']'.repeat(40)}]}`)).toBe(
      'REQUEST_MALFORMED',
    );
  });

  it('bounds batches and looks into none of their batches', async () => {
    const codes = async (body: unknown): Promise<unknown> => {
      const { json } = (await rig.rpc(body)) as { json: Answer | Answer[] };
      return Array.isArray(json) ? json.map(({ result, error }) => error?.data?.code ?? result) : json.error?.data?.code;
    };
    expect(await codes([[call('eth_chainId')], [[call('evm_mine', [], 2)]], call('net_version', [], 3)])).toEqual([
      'REQUEST_MALFORMED',
      'REQUEST_MALFORMED',
      '31337',
    ]);
    expect(await codes(Array.from({ length: 51 }, (_, id) => call('eth_chainId', [], id)))).toBe('REQUEST_MALFORMED');
    expect(await codes([call('eth_chainId', [], 1), call('net_version', [], 1)])).toBe('REQUEST_MALFORMED');
    expect(await codes([call('eth_chainId', [], 1), call('evm_mine', [], 1)])).toBe('REQUEST_MALFORMED');
  });

  it('bounds the body and reads JSON alone', async () => {
    expect(await rig.rpc(JSON.stringify(call('eth_chainId')) + ' '.repeat(300_000))).toMatchObject({
      status: 413,
      json: { error: { data: { code: 'BODY_TOO_LARGE' } } },
    });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'application/json-rpc']) {
      expect(await rig.rpc(call('eth_chainId'), { 'content-type': type })).toMatchObject({
        status: 415,
        json: { error: { data: { code: 'MEDIA_TYPE_UNSUPPORTED' } } },
      });
    }
    expect(await rig.rpc(call('eth_chainId'), { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
    expect((await globalThis.fetch(rig.gate.rpcUrl)).status).toBe(404);
    expect(
      (
        await globalThis.fetch(`${rig.gate.rpcUrl}/`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(call('eth_chainId')),
        })
      ).status,
    ).not.toBe(500);
  });

  it('passes on what the node says of a call, and no more than that', async () => {
    const to = rig.gate.contracts.EnergyMarket;
    const { data } = buildOrderCall(to, {
      channel: CHANNEL,
      interval: instant(NOON + 3600),
      side: 'bid',
      energyWh: 1,
      priceCentsPerMwh: 1,
    });
    const { json } = await ask(call('eth_call', [{ from: ZeroAddress, to, data }, 'latest']));
    expect(json.error).toMatchObject({ code: 3, data: expect.stringMatching(/^0x/) });
  });
});

describe('a transaction at the gate', () => {
  const target = (): TransactionLike => ({
    ...buildOrderCall(rig.gate.contracts.EnergyMarket, {
      channel: CHANNEL,
      interval: instant(Math.ceil((NOON + 7200) / 900) * 900),
      side: 'bid',
      energyWh: 10,
      priceCentsPerMwh: 5,
    }),
    to: rig.gate.contracts.EnergyMarket,
  });
  const stranger = createAccountKey();
  async function signed(key: string, over: TransactionLike = {}): Promise<string> {
    const nonce = await rig.chain.provider.getTransactionCount(accountFromPrivateKey(key).account);
    const transaction = Transaction.from({
      type: 2,
      chainId: rig.node.chainId,
      nonce,
      gasLimit: 500_000,
      maxFeePerGas: 0,
      maxPriorityFeePerGas: 0,
      ...target(),
      ...over,
    });
    transaction.signature = new SigningKey(key).sign(transaction.unsignedHash);
    return transaction.serialized;
  }
  const legacy = { type: 0, gasPrice: 0, maxFeePerGas: null, maxPriorityFeePerGas: null } as const;
  const sent = async (raw: unknown): Promise<string> => {
    const { json } = await ask(call('eth_sendRawTransaction', [raw]));
    return json.error?.data?.code ?? String(json.result).slice(0, 2);
  };
  const authorization = async (key: string, chainId = rig.node.chainId) =>
    new Wallet(key).authorizeSync({ address: rig.gate.contracts.EnergyMarket, nonce: 0, chainId });

  it('is passed on in every type the chain accepts, when its signer is admitted', async () => {
    expect(await sent(await signed(admittedKey, legacy))).toBe('0x');
    expect(
      await sent(await signed(admittedKey, { type: 1, gasPrice: 0, maxFeePerGas: null, maxPriorityFeePerGas: null, accessList: [] })),
    ).toBe('0x');
    expect(await sent(await signed(admittedKey))).toBe('0x');
    const setCode = { type: 4, accessList: [], authorizationList: [await authorization(admittedKey)] };
    expect(await sent(await signed(admittedKey, setCode))).toBe('0x');
    expect(rig.records.filter(({ action, effect }) => action === 'send-transaction' && effect === 'permit')).toHaveLength(4);
  });

  it('is refused in every type, when it is not, whatever it claims', async () => {
    expect(await sent(await signed(stranger, legacy))).toBe('SENDER_NOT_ADMITTED');
    expect(
      await sent(await signed(stranger, { type: 1, gasPrice: 0, maxFeePerGas: null, maxPriorityFeePerGas: null, accessList: [] })),
    ).toBe('SENDER_NOT_ADMITTED');
    expect(await sent(await signed(stranger))).toBe('SENDER_NOT_ADMITTED');
    // The `from` of an unsigned transaction counts for nothing, since none is taken.
    const { json } = await ask(call('eth_sendTransaction', [{ ...target(), from: accountFromPrivateKey(admittedKey).account }]));
    expect(json.error).toMatchObject({ code: -32601, data: { code: 'METHOD_NOT_ALLOWED' } });
  });

  it('reaches only the contracts that are open to its channel', async () => {
    expect(await sent(await signed(admittedKey, { to: rig.gate.contracts.ChannelAdmission }))).toBe('SENDER_NOT_ADMITTED');
    expect(await sent(await signed(admittedKey, { to: ZeroAddress }))).toBe('SENDER_NOT_ADMITTED');
    expect(await sent(await signed(admittedKey, { to: null, data: '0x6000' }))).toBe('SENDER_NOT_ADMITTED');
  });

  it('must be for this chain', async () => {
    expect(await sent(await signed(admittedKey, { chainId: 1 }))).toBe('CHAIN_MISMATCH');
    expect(await sent(await signed(admittedKey, { ...legacy, chainId: 1 }))).toBe('CHAIN_MISMATCH');
    expect(await sent(await signed(admittedKey, { ...legacy, type: 1, accessList: [], chainId: 1 }))).toBe('CHAIN_MISMATCH');
    const delegated = { type: 4, accessList: [], authorizationList: [await authorization(admittedKey, 1)] };
    expect(await sent(await signed(admittedKey, { ...delegated, chainId: 1 }))).toBe('CHAIN_MISMATCH');
    // Before EIP-155: holds on every chain.
    expect(await sent(await signed(admittedKey, { ...legacy, chainId: 0 }))).toBe('CHAIN_MISMATCH');
  });

  it('lets nobody put code on an account that is not admitted (EIP-7702)', async () => {
    const setCode = { type: 4, accessList: [] };
    expect(await sent(await signed(admittedKey, { ...setCode, authorizationList: [await authorization(stranger)] }))).toBe(
      'SENDER_NOT_ADMITTED',
    );
    expect(await sent(await signed(stranger, { ...setCode, authorizationList: [await authorization(admittedKey)] }))).toBe(
      'SENDER_NOT_ADMITTED',
    );
    expect(await sent(await signed(admittedKey, { ...setCode, authorizationList: [await authorization(admittedKey, 0)] }))).toBe(
      'CHAIN_MISMATCH',
    );
    expect(await sent(await signed(admittedKey, { ...setCode, authorizationList: [] }))).toBe('TRANSACTION_MALFORMED');
  });

  it('must be one well-formed, canonical, signed transaction without blobs', async () => {
    const good = await signed(admittedKey);
    const highS = ((): string => {
      const transaction = Transaction.from(good);
      const { s, yParity } = transaction.signature!;
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      return good
        .replace(s.slice(2), (order - BigInt(s)).toString(16).padStart(64, '0'))
        .replace(yParity === 0 ? '80a0' : '01a0', yParity === 0 ? '01a0' : '80a0');
    })();
    const unsigned = Transaction.from(good).unsignedSerialized;
    const blob = await signed(admittedKey, {
      type: 3,
      accessList: [],
      maxFeePerBlobGas: 1,
      blobVersionedHashes: [`0x01${'00'.repeat(31)}`],
    });
    for (const raw of [
      undefined,
      null,
      1,
      {},
      [],
      '',
      '0x',
      good.slice(2),
      `${good}00`,
      good.slice(0, -2),
      good.replace('0x02', '0x05'),
      good.replace('0x02', '0x03'),
      good.replace('0x02', '0x7e'),
      '0x04',
      '0x03f800',
      unsigned,
      blob,
      highS,
      `0x${'00'.repeat(200_000).slice(0, 240_000)}`,
      ` ${good}`,
      good.replace('0x', '0X'),
    ])
      expect([JSON.stringify(raw)?.slice(0, 40), await sent(raw)]).toEqual([JSON.stringify(raw)?.slice(0, 40), 'TRANSACTION_MALFORMED']);
    // Nobody's signature: a changed byte makes another sender.
    const bent = `${good.slice(0, -3)}${good.at(-3) === '0' ? '1' : '0'}${good.slice(-2)}`;
    expect(['SENDER_NOT_ADMITTED', 'TRANSACTION_MALFORMED']).toContain(await sent(bent));
  });

  it('writes no line for senders that anyone can make, and one for an account that is admitted elsewhere', async () => {
    const before = rig.records.length;
    for (let i = 0; i < 20; i += 1) expect(await sent(await signed(createAccountKey()))).toBe('SENDER_NOT_ADMITTED');
    expect(rig.records).toHaveLength(before);
    expect(await sent(await signed(admittedKey, { to: ZeroAddress }))).toBe('SENDER_NOT_ADMITTED');
    expect(rig.records.slice(before)).toMatchObject([{ kind: 'refusal', code: 'SENDER_NOT_ADMITTED' }]);
  });

  it('is a fault while the node is away, and passes again on a node that came back with nothing, without a person', async () => {
    const lonely = await startRig();
    let back: EmbeddedNode | undefined;
    try {
      const key = createAccountKey();
      const { account } = accountFromPrivateKey(key);
      await lonely.admit(accountFromPrivateKey(key), await lonely.token());
      await lonely.node.kill();
      expect(await lonely.rpc(call('eth_chainId'))).toMatchObject({
        status: 200,
        json: { error: { code: -32002, data: { code: 'CHAIN_UNAVAILABLE' } } },
      });
      const late = lonely.newAccount().signer;
      expect(await lonely.admit(late, await lonely.token())).toMatchObject({ status: 503, body: { code: 'CHAIN_UNAVAILABLE' } });
      expect(lonely.gate.keeper.channelsOf(late.account, lonely.clock.now())).toEqual([]);
      await lonely.gate.upkeep();

      back = await startAnvil({ genesisTime: NOON - 60, port: Number(new URL(lonely.node.rpcUrl).port) });
      await lonely.gate.upkeep();
      await lonely.gate.upkeep();
      const reader = createAdmissionReader(lonely.chain, lonely.gate.contracts.ChannelAdmission);
      expect(await reader.admissionOf({ account, channel: CHANNEL })).toBeDefined();
      // What was decided and recorded while the chain was away is made good too.
      expect(await reader.admissionOf({ account: late.account, channel: CHANNEL })).toBeDefined();
      expect(lonely.events).toEqual(expect.arrayContaining([expect.objectContaining({ kind: 'reconciled', written: 2 })]));
    } finally {
      await lonely.stop();
      await back?.stop();
    }
  });
});
