// The RPC gate before a node: admitted read calls at 32 connections, through the gate and straight to the node, in turns. The client
// has a thread of its own, so that its cost is not the gate's; anvil is a process of its own.
import { Agent, createServer, request } from 'node:http';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const WIDTH = 32;
const TURN_MS = Number(process.env.GRIDPASS_BENCH_MS ?? 1500);

/** Calls a second at the URL over `WIDTH` kept connections. */
async function drive({ url, body, milliseconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: WIDTH });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const call = () =>
    new Promise((resolve, reject) => {
      const asked = request(url, { method: 'POST', agent, headers }, (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk) => (text += chunk))
          .on('end', () => (text.includes('"result"') ? resolve() : reject(new Error(text))));
      });
      asked.on('error', reject).end(body);
    });
  const run = async (length) => {
    let count = 0;
    const started = performance.now();
    await Promise.all(
      Array.from({ length: WIDTH }, async () => {
        while (performance.now() < started + length) {
          await call();
          count += 1;
        }
      }),
    );
    return (count * 1000) / (performance.now() - started);
  };
  await run(milliseconds / 3);
  const rate = await run(milliseconds);
  agent.destroy();
  return rate;
}

/** The same on `WIDTH` WebSockets, one call at a time on each. */
async function driveSockets({ url, body, milliseconds }) {
  const { WebSocket } = await import('ws');
  const clients = await Promise.all(
    Array.from(
      { length: WIDTH },
      () =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(url, { perMessageDeflate: false });
          socket.on('open', () => resolve(socket)).on('error', reject);
        }),
    ),
  );
  const run = async (length) => {
    let count = 0;
    const started = performance.now();
    await Promise.all(
      clients.map(async (socket) => {
        while (performance.now() < started + length) {
          const answer = await new Promise((resolve) => {
            socket.once('message', (data) => resolve(data.toString()));
            socket.send(body);
          });
          if (!answer.includes('"result"')) throw new Error(answer);
          count += 1;
        }
      }),
    );
    return (count * 1000) / (performance.now() - started);
  };
  await run(milliseconds / 3);
  const rate = await run(milliseconds);
  for (const socket of clients) socket.terminate();
  return rate;
}

if (!isMainThread) {
  const { kind, ...task } = workerData;
  parentPort.postMessage(await (kind === 'socket' ? driveSockets : drive)(task));
}

const measure = (task) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { ...task, milliseconds: TURN_MS } });
    worker.on('message', resolve).on('error', reject);
  });

/** What any proxy on this runtime costs: passes the body on and the answer back, and looks at neither. */
async function startBareProxy(target) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const server = createServer((incoming, outgoing) => {
    const { 'content-length': length } = incoming.headers;
    const headers = { 'content-type': 'application/json', 'content-length': length };
    const passed = request(target, { method: 'POST', agent, headers }, (answer) => {
      outgoing.setHeader('content-type', 'application/json');
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}

async function startGate(node) {
  const { instant } = await import('@gridpass/core');
  const { accountFromPrivateKey } = await import('@gridpass/ledger');
  const { composeLedgerGate, ledgerGateConfig } = await import('@gridpass/ledger-gate');
  const { DEVELOPMENT_KEYS, NOON, createFakeClock, createPaperSociety, createParty, openTestStore } = await import('@gridpass/testkit');
  const [store, society] = await Promise.all([openTestStore(), createPaperSociety()]);
  await store.migrate();
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const plenty = { burst: 1_000_000_000, perMinute: 1_000_000_000 };
  const anchors = [{ did: society.regulator.did, mayIssue: ['RegulatorAccreditation'] }];
  const config = ledgerGateConfig.parse({
    tenant: 'ledger',
    http: { port },
    publicOrigin: `http://127.0.0.1:${port}`,
    chain: { rpcUrl: node.rpcUrl, chainId: node.chainId },
    accountKeyFile: '-',
    database: { kind: 'pglite', directory: '-' },
    keyEncryptionKeys: [{ id: 'k', file: '-' }],
    anchors,
    fetch: { allow: [] },
    recheckSeconds: 3600,
    limits: { address: plenty, sockets: { connections: 128, connectionsPerAddress: 128 } },
  });
  const gate = await composeLedgerGate(config, {
    store,
    audit: { appendRecord: () => Promise.reject(new Error('a read call is not recorded')) },
    fetch: { fetchDocument: () => Promise.reject(new Error('nothing is fetched')) },
    clock: createFakeClock(instant(NOON)),
    resolver: society.resolver,
    status: society.status,
    authority: society.authority,
    signer: createParty('ledger'),
    anchors,
    account: accountFromPrivateKey(DEVELOPMENT_KEYS[1]),
    deployer: accountFromPrivateKey(DEVELOPMENT_KEYS[0]),
    log: () => undefined,
  });
  return {
    gate,
    close: async () => {
      await gate.close();
      await store.close();
    },
  };
}

export default async function bench({ table, log }) {
  const { NOON, startAnvil } = await import('@gridpass/testkit');
  const node = await startAnvil({ genesisTime: NOON - 60 });
  const { gate, close } = await startGate(node);
  const bare = await startBareProxy(node.rpcUrl);
  const body = (method, params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  // `supportsInterface`: the cheaper the call is for the node, the harder the ratio.
  const call = { to: gate.contracts.ChannelAdmission, data: `0x01ffc9a7${'01ffc9a7'.padEnd(64, '0')}` };
  const calls = [
    ['eth_blockNumber', body('eth_blockNumber', [])],
    ['eth_call', body('eth_call', [call, 'latest'])],
  ];
  const rows = [];
  for (const [name, text] of calls) {
    const ways = [
      ['node itself', { url: node.rpcUrl }],
      ['proxy that looks at nothing', { url: bare.url }],
      ['gate', { url: gate.rpcUrl }],
      ['gate, WebSocket', { url: gate.rpcUrl.replace('http', 'ws'), kind: 'socket' }],
    ];
    const rates = ways.map(() => 0);
    // In turns, the best of three: other programs only slow things down.
    for (let turn = 0; turn < 3; turn += 1)
      for (const [index, [, way]] of ways.entries()) rates[index] = Math.max(rates[index], await measure({ body: text, ...way }));
    for (const [index, [way]] of ways.entries())
      rows.push([
        name,
        way,
        rates[index].toFixed(0),
        `${(rates[index] / rates[0]).toFixed(2)}x`,
        `${(rates[index] / rates[1]).toFixed(2)}x`,
      ]);
  }
  log(`read calls at ${WIDTH} connections; the node is anvil`);
  table(['call', 'through', 'per s', 'to the node', 'to a bare proxy'], rows);
  bare.close();
  await close();
  await node.stop();
}
