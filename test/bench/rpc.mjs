// The RPC gate before a node: admitted calls at 32 connections, through the gate and straight to the node, in turns. Client, gate,
// proxy of bytes and node are processes of their own. GRIDPASS_BENCH_PROFILE=DIR keeps a CPU profile of the gate for each row,
// GRIDPASS_BENCH_CALLS and GRIDPASS_BENCH_WAYS choose rows, GRIDPASS_BENCH_TURNS how often each is measured.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WIDTH = 32;
const TURN_MS = Number(process.env.GRIDPASS_BENCH_MS ?? 1500);
const TURNS = Number(process.env.GRIDPASS_BENCH_TURNS ?? 3);
const PROFILE = process.env.GRIDPASS_BENCH_PROFILE;
const WAYS = process.env.GRIDPASS_BENCH_WAYS?.split(';');
const ONLY = process.env.GRIDPASS_BENCH_CALLS?.split(',');

function start(file, args = []) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args);
  return {
    child,
    ask: (message) =>
      new Promise((resolve, reject) => {
        const died = (code) => reject(new Error(`${file} ended with ${code}`));
        child.once('exit', died).once('message', (answer) => {
          child.off('exit', died);
          resolve(answer);
        });
        child.send(message);
      }),
  };
}

async function measure(task) {
  const { child, ask } = start('_rpc-client.mjs');
  const { failure, ...measured } = await ask({ ...task, milliseconds: TURN_MS });
  child.kill();
  if (failure !== undefined) throw new Error(`${task.url}: ${failure}`);
  return measured;
}

/** What any process on this runtime costs: passes the bytes of a connection on and looks at none of them. */
async function startBareProxy(target) {
  const { child } = start('_rpc-proxy.mjs', [target]);
  const [{ url }] = await once(child, 'message');
  return { url, stop: () => child.kill() };
}

/** Accounts of the benchmark, each with its next nonce. */
async function openAccounts(gate, contracts, chainId) {
  const { accountFromPrivateKey, createAccountKey } = await import('@gridpass/ledger');
  const { Interface, Transaction, hexlify, randomBytes } = await import('ethers');
  const accounts = Array.from({ length: WIDTH }, () => ({ signer: accountFromPrivateKey(createAccountKey()), nonce: 0 }));
  await gate.ask({ kind: 'admit', accounts: accounts.map(({ signer }) => signer.account) });
  const registry = new Interface(['function setAttribute(address identity, bytes32 name, bytes value, uint validity)']);
  /** So many signed registry calls of each account, as bodies. */
  return (count) =>
    Promise.all(
      accounts.map(async (own) => {
        const bodies = [];
        for (let i = 0; i < count; i += 1) {
          const data = registry.encodeFunctionData('setAttribute', [own.signer.account, hexlify(randomBytes(32)), '0x01', 86_400]);
          const fee = { maxFeePerGas: 0, maxPriorityFeePerGas: 0 };
          const transaction = Transaction.from({
            type: 2,
            chainId,
            nonce: own.nonce,
            to: contracts.DidRegistry,
            data,
            gasLimit: 100_000,
            ...fee,
          });
          transaction.signature = { ...(await own.signer.signDigest(transaction.unsignedHash)) };
          own.nonce += 1;
          bodies.push(body('eth_sendRawTransaction', [transaction.serialized]));
        }
        return bodies;
      }),
    );
}

const body = (method, params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
const same = (text) => Array.from({ length: WIDTH }, () => [text]);

export default async function bench({ table, log }) {
  const { NOON, startAnvil } = await import('@gridpass/testkit');
  const node = await startAnvil({ genesisTime: NOON - 60 });
  const gate = start('_rpc-gate.mjs', [JSON.stringify({ rpcUrl: node.rpcUrl, chainId: node.chainId })]);
  const [{ rpcUrl, contracts, channel }] = await once(gate.child, 'message');
  const bare = await startBareProxy(node.rpcUrl);
  const transactions = await openAccounts(gate, contracts, node.chainId);
  // A hundred events to be asked for.
  await measure({ url: node.rpcUrl, bodies: await transactions(4), once: true });

  const supports = { to: contracts.ChannelAdmission, data: `0x01ffc9a7${'01ffc9a7'.padEnd(64, '0')}` };
  const perTurn = Math.ceil(TURN_MS / 15);
  const fixed = (method, params) => async () => ({ bodies: same(body(method, params)) });
  const calls = [
    ['eth_blockNumber', fixed('eth_blockNumber', [])],
    ['eth_call', fixed('eth_call', [supports, 'latest'])],
    ['eth_getLogs, 128 logs', fixed('eth_getLogs', [{ address: contracts.DidRegistry, fromBlock: '0x0', toBlock: '0x200' }])],
    ['eth_sendRawTransaction', async () => ({ bodies: await transactions(perTurn), once: true })],
  ].filter(([name]) => ONLY === undefined || ONLY.some((only) => name.startsWith(only)));
  const session = async () => {
    const made = await gate.ask({ kind: 'headers', method: 'POST', count: WIDTH * perTurn });
    return { headers: Array.from({ length: WIDTH }, (_, i) => made.slice(i * perTurn, (i + 1) * perTurn)) };
  };
  const ways = [
    ['node itself', { url: node.rpcUrl }],
    ['proxy of bytes', { url: bare.url }],
    ['gate', { url: rpcUrl }],
    ['gate, session', { url: `${rpcUrl}/${channel}` }, session],
    ['gate, WebSocket', { url: rpcUrl.replace('http', 'ws'), kind: 'socket' }],
    [
      'gate, WebSocket, session',
      { url: `${rpcUrl.replace('http', 'ws')}/${channel}`, kind: 'socket' },
      async () => ({ handshakes: await gate.ask({ kind: 'headers', method: 'GET', count: WIDTH }) }),
    ],
  ].filter(([name], i) => i === 0 || WAYS === undefined || WAYS.includes(name));
  const rows = [];
  for (const [name, prepare] of calls) {
    const rates = ways.map(() => 0);
    const cpu = ways.map(() => Infinity);
    // In turns, the best of three: other programs only slow things down.
    for (let turn = 0; turn < TURNS; turn += 1)
      for (const [index, [, way, more]] of ways.entries()) {
        const task = { ...(await prepare()), ...way, ...(await more?.()) };
        const before = await gate.ask({ kind: 'cpu' });
        const profiled = PROFILE !== undefined && index > 0 && turn === TURNS - 1;
        if (profiled) await gate.ask({ kind: 'profile' });
        const { rate, count } = await measure(task);
        if (profiled)
          await gate.ask({ kind: 'profile', file: join(PROFILE, `${name} ${ways[index][0]}.cpuprofile`.replace(/[ ,]+/g, '-')) });
        const after = await gate.ask({ kind: 'cpu' });
        rates[index] = Math.max(rates[index], rate);
        cpu[index] = Math.min(cpu[index], (after.user + after.system - before.user - before.system) / count);
      }
    for (const [index, [way]] of ways.entries())
      rows.push([
        name,
        way,
        rates[index].toFixed(0),
        `${(rates[index] / rates[0]).toFixed(2)}x`,
        `${(rates[index] / rates[1]).toFixed(2)}x`,
        index < 2 ? '' : cpu[index].toFixed(0),
      ]);
  }
  log(`admitted calls at ${WIDTH} connections; the node is anvil`);
  table(['call', 'through', 'per s', 'to the node', 'to a proxy of bytes', 'CPU of the gate, microseconds'], rows);
  bare.stop();
  const gone = once(gate.child, 'exit');
  gate.child.send({ kind: 'end' });
  await gone;
  await node.stop();
}
