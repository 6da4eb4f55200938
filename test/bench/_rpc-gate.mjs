// The gate of the `rpc` benchmark, in a process of its own: before a real node, with PostgreSQL as under load, and the real audit
// log; only the parties are of paper. It admits the accounts it is told and makes sessions with a proof for each request.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Session } from 'node:inspector/promises';
import { createAuditLog, createForgetfulCheckpoints } from '@gridpass/audit';
import { instant } from '@gridpass/core';
import { buildAuthorizationResponse, buildDpopProof } from '@gridpass/exchange';
import { createSigner, generatePrivateJwk, parseCompactJws } from '@gridpass/keys';
import { accountFromPrivateKey } from '@gridpass/ledger';
import { ownNonceSecrets } from '@gridpass/gate';
import { composeLedgerGate, ledgerGateConfig } from '@gridpass/ledger-gate';
import { createAuditRepository, openStore } from '@gridpass/store';
import { issueSdJwtVc } from '@gridpass/suite';
import { DEVELOPMENT_KEYS, NOON, createFakeClock, createPaperSociety, createParty, startPostgres } from '@gridpass/testkit';

const CHANNEL = 'multi_class';
const { rpcUrl, chainId } = JSON.parse(process.argv[2]);
const plenty = { burst: 1e12, perMinute: 1e12 };
const clock = createFakeClock(instant(NOON + 60));

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function open() {
  const [postgres, society, port] = await Promise.all([startPostgres(), createPaperSociety(), freePort()]);
  const store = await openStore({ kind: 'postgres', url: postgres.url });
  await store.migrate();
  const anchors = [{ did: society.regulator.did, mayIssue: ['RegulatorAccreditation'] }];
  const config = ledgerGateConfig.parse({
    tenant: 'ledger',
    http: { port },
    publicOrigin: `http://127.0.0.1:${port}`,
    chain: { rpcUrl, chainId },
    accountKeyFile: '-',
    database: { kind: 'pglite', directory: '-' },
    keyEncryptionKeys: [{ id: 'k', file: '-' }],
    anchors,
    fetch: { allow: [] },
    recheckSeconds: 3600,
    tokenLifeSeconds: 3600,
    accountsPerHolder: 64,
    limits: {
      address: plenty,
      grant: plenty,
      sender: plenty,
      ...JSON.parse(process.argv[3] ?? '{}'),
      sockets: { connections: 128, connectionsPerAddress: 128, connectionsPerGrant: 128 },
    },
  });
  const gate = await composeLedgerGate(config, {
    store,
    audit: createAuditLog({
      repository: createAuditRepository(store),
      signer: createSigner(generatePrivateJwk('EdDSA')),
      origin: 'bench.example',
      checkpoints: createForgetfulCheckpoints(),
    }),
    fetch: { fetchDocument: () => Promise.reject(new Error('nothing is fetched')) },
    clock,
    nonceSecrets: ownNonceSecrets(),
    resolver: society.resolver,
    status: society.status,
    authority: society.authority,
    signer: createParty('ledger'),
    anchors,
    account: accountFromPrivateKey(DEVELOPMENT_KEYS[1]),
    deployer: accountFromPrivateKey(DEVELOPMENT_KEYS[0]),
    log: () => undefined,
  });
  return { gate, society, origin: config.publicOrigin, postgres };
}

const { gate, society, origin, postgres } = await open();
const holder = society.supplier;

async function send(method, path, { token, nonce, json, form, bare } = {}) {
  const proof = bare
    ? {}
    : {
        DPoP: await buildDpopProof({
          signer: holder,
          method,
          url: `${origin}${path}`,
          at: clock.now(),
          ...(token && { accessToken: token }),
          ...(nonce && { nonce }),
        }),
      };
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      ...proof,
      ...(token && { Authorization: `DPoP ${token}` }),
      ...(json && { 'Content-Type': 'application/json' }),
      ...(form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
    },
    body: form ?? (json && JSON.stringify(json)),
  });
  const text = await response.text();
  return { text, nonce: response.headers.get('dpop-nonce') ?? nonce };
}

async function openSession() {
  const { nonce } = await send('POST', '/.gridpass/requests', { json: { channel: CHANNEL } });
  const { state } = JSON.parse((await send('POST', '/.gridpass/requests', { nonce, json: { channel: CHANNEL } })).text);
  const { payload } = parseCompactJws((await send('GET', `/.gridpass/requests/${state}`, { bare: true })).text).value;
  const input = society.input('MarketPartyRole', society.regulator, holder.did, {
    authority: society.authority.publish(society.accreditation.compact),
    holderKey: holder.publicJwk,
  });
  const { compact } = await issueSdJwtVc(input);
  const answer = await society.answer([{ compact, disclose: [] }], {
    holder,
    nonce: payload.nonce,
    audience: payload.client_id,
    at: clock.now(),
  });
  const form = buildAuthorizationResponse({ state, vpToken: JSON.parse(new TextDecoder().decode(answer.bytes)) });
  const { response_code } = JSON.parse((await send('POST', `/.gridpass/responses/${state}`, { bare: true, form })).text);
  const { access_token: token } = JSON.parse((await send('POST', '/.gridpass/token', { nonce, json: { response_code } })).text);
  return { token, nonce };
}

/** So many header sets for one request each. */
async function makeHeaders({ method, count }) {
  const { token, nonce } = await openSession();
  const url = `${origin}/rpc/${CHANNEL}`;
  return Promise.all(
    Array.from({ length: count }, async () => ({
      authorization: `DPoP ${token}`,
      dpop: await buildDpopProof({ signer: holder, method, url, at: clock.now(), accessToken: token, nonce }),
    })),
  );
}

async function admit(accounts) {
  const status = [{ issuer: society.regulator.did, references: society.input('MarketPartyRole', society.regulator, holder.did).status }];
  const credentials = [
    { type: 'MarketPartyRole', digest: 'x'.repeat(43), issuer: society.regulator.did, validUntil: instant(NOON + 86_400) },
  ];
  for (const account of accounts) {
    const admitted = await gate.keeper.admit({
      account,
      channel: CHANNEL,
      requestId: 'bench',
      grant: { holderDid: holder.did, credentials, status },
      decision: { index: 0, leafHash: 'x'.repeat(43) },
    });
    if (!admitted.ok) throw new Error(admitted.refusal.detail);
  }
}

const inspector = new Session();
inspector.connect();

/** Only what happens between the two: a start is not what is measured. */
async function profile(file) {
  if (file === undefined) {
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.setSamplingInterval', { interval: 500 });
    return inspector.post('Profiler.start');
  }
  return writeFileSync(file, JSON.stringify((await inspector.post('Profiler.stop')).profile));
}

process.on('message', async ({ kind, ...task }) => {
  if (kind === 'headers') process.send(await makeHeaders(task));
  else if (kind === 'admit') process.send((await admit(task.accounts)) ?? 'admitted');
  else if (kind === 'cpu') process.send(process.cpuUsage());
  else if (kind === 'profile') process.send((await profile(task.file)) ?? {});
  else {
    await gate.close();
    await postgres.stop();
    process.exit(0);
  }
});
process.send({ rpcUrl: gate.rpcUrl, contracts: gate.contracts, channel: CHANNEL });
process.on('disconnect', () => process.exit());
