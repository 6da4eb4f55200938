import { createServer, request as ask, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { tenantId } from '@gridpass/core';
import { buildDpopProof } from '@gridpass/exchange';
import { openProgram } from '@gridpass/program';
import { createParty, freePort, startPostgres, type TestPostgres } from '@gridpass/testkit';
import { composeMarketplace, marketplaceConfig } from '../index.js';
import { OPERATOR_TOKEN, ZONE, startMarket, traderOf, type Rig, type Trader } from './market-rig.js';

const BOOK = `/channels/behind_the_meter/orders?zone=${ZONE}`;

/** One of two programs: a marketplace with a store, a vault and nonces of its own on the database that both share. */
interface Replica {
  readonly port: number;
  close(): Promise<void>;
}

let postgres: TestPostgres;
let directory: string;
let rig: Rig;
let front: Server;
let origin: string;
const replicas: Replica[] = [];
const asked: number[] = [];
/** The last access token that came by. */
let token = '';

/** Starts one; both keep the checkpoints of their one log in one place. */
async function startReplica(port: number): Promise<Replica> {
  const program = await openProgram({
    database: { kind: 'postgres', url: postgres.url },
    keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
    checkpointDirectory: directory,
    chains: [],
    fetch: { allow: [], allowPrivate: false },
    clock: rig.clock,
  });
  const tenant = tenantId('market');
  const config = marketplaceConfig.omit({ database: true, keyEncryptionKeys: true, anchors: true, chains: true, fetch: true }).parse({
    tenant,
    http: { port },
    mqtt: { port: 0 },
    publicOrigin: origin,
    operatorTokenDigest: digestOf(OPERATOR_TOKEN),
    zones: { [ZONE]: { jurisdiction: 'NO' } },
  });
  const { resolver, status, authority, regulator } = rig.society;
  const marketplace = await composeMarketplace(config, {
    ...program,
    resolver,
    status,
    authority,
    signer: marketSigner,
    nonceSecrets: await program.nonceSecrets(tenant),
    audit: await program.auditLog(tenant, 'market.example'),
    anchors: [{ did: regulator.did, mayIssue: ['RegulatorAccreditation'] }],
    log: () => undefined,
  });
  return {
    port,
    close: async () => {
      await marketplace.close();
      await program.close();
    },
  };
}

const marketSigner = createParty('market-of-two');

/** Each request goes to the next replica, as it comes. */
async function startFront(): Promise<void> {
  let turn = 0;
  front = createServer((incoming, answer) => {
    const { port = 0 } = replicas[turn++ % replicas.length] ?? {};
    asked.push(port);
    token = /^DPoP (.+)$/.exec(incoming.headers.authorization ?? '')?.[1] ?? token;
    const onward = ask({ port, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers: incoming.headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  origin = `http://127.0.0.1:${address.port}`;
}

/** The same request with the same proof, to this replica. */
async function callAt(
  replica: Replica | undefined,
  headers: Record<string, string>,
): Promise<{ status: number; code: unknown; nonce: string }> {
  const response = await fetch(`http://127.0.0.1:${replica?.port ?? 0}${BOOK}`, { headers });
  const body: unknown = await response.json();
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
  return { status: response.status, code, nonce: response.headers.get('dpop-nonce') ?? '' };
}

describe('state that only one replica knows: two marketplaces on one PostgreSQL behind round robin', () => {
  let anna: Trader;

  beforeAll(async () => {
    [postgres, rig, directory] = await Promise.all([startPostgres(), startMarket(), mkdtemp(join(tmpdir(), 'gridpass-replicas-'))]);
    rig.society.publish(marketSigner);
    await startFront();
    for (let number = 0; number < 2; number += 1) replicas.push(await startReplica(await freePort()));
    anna = await rig.household('anna');
  }, 120_000);
  afterAll(async () => {
    for (const replica of replicas) await replica.close();
    front.closeAllConnections();
    front.close();
    await rig.close();
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const prove = async (nonce: string): Promise<Record<string, string>> => ({
    authorization: `DPoP ${token}`,
    dpop: await buildDpopProof({
      signer: anna.signer,
      method: 'GET',
      url: `${origin}${BOOK.split('?')[0]}`,
      at: rig.clock.now(),
      accessToken: token,
      nonce,
    }),
  });
  const visitor = (): Trader => traderOf({ ...rig, marketplace: { url: origin } }, anna.signer, anna.shown);

  it('let in each of 30 visits, each with a client of its own', async () => {
    const statuses = [];
    for (let visit = 0; visit < 30; visit += 1) statuses.push((await visitor().call('GET', BOOK)).status);
    expect(statuses).toEqual(Array.from({ length: 30 }, () => 200));
    const [first, second] = replicas.map(({ port }) => asked.filter((one) => one === port).length);
    expect(first).toBeGreaterThan(60);
    expect(second).toBeGreaterThan(60);
  }, 120_000);

  it('refuse a proof that the same replica has seen, and one of before after the replica has started again', async () => {
    await visitor().call('GET', BOOK);
    const [stays, restarts] = replicas;
    const { nonce } = await callAt(restarts, {});
    const used = await prove(nonce);
    expect(await callAt(restarts, used)).toMatchObject({ status: 200 });
    expect(await callAt(restarts, used)).toMatchObject({ status: 401, code: 'DPOP_INVALID' });
    await restarts?.close();
    replicas[1] = await startReplica(restarts?.port ?? 0);
    const after = await callAt(replicas[1], used);
    expect(after).toMatchObject({ status: 401, code: 'DPOP_NONCE_REQUIRED' });
    expect(after.nonce).not.toBe(nonce);
    // The one that stayed takes the old nonce as long as it lives, and one of the new start from the next second on.
    rig.clock.advance(1);
    expect(await callAt(stays, await prove(nonce))).toMatchObject({ status: 200 });
    expect((await visitor().call('GET', BOOK)).status).toBe(200);
  }, 120_000);

  it('refuse a nonce at the second at which its life is over', async () => {
    await visitor().call('GET', BOOK);
    rig.clock.advance(60 - (rig.clock.now() % 60));
    const { nonce } = await callAt(replicas[0], {});
    rig.clock.advance(119);
    for (const replica of replicas) expect(await callAt(replica, await prove(nonce))).toMatchObject({ status: 200 });
    rig.clock.advance(1);
    for (const replica of replicas)
      expect(await callAt(replica, await prove(nonce))).toMatchObject({ status: 401, code: 'DPOP_NONCE_REQUIRED' });
  }, 60_000);
});
