// Programs are backed up while they run, lose their databases, and are restored by the steps of docs/backup.md.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { tenantId, type JsonObject } from '@gridpass/core';
import { createGate } from '@gridpass/gate';
import { gateSettings, listen, openProgram, type Program } from '@gridpass/program';
import type { StoreSettings } from '@gridpass/store';
import { freePorts, seedStoreDirectory, startPostgres, type TestPostgres } from '@gridpass/testkit';
import Koa from 'koa';
import { freshFetch } from './_fetch.js';
import { ZONE, chainTenants, startIssuingChain, tokenOf, type IssuingChain } from './_issuing-chain.js';
import { cli, freshDirectory, root, start, type Started } from './_process.js';

const steps = [...readFileSync(join(root, 'docs/backup.md'), 'utf8').matchAll(/^npx gridpass (.+)$/gm)].map(([, command = '']) => command);
const HOUSES = ['home', 'away', 'later', 'kept'] as const;
type House = (typeof HOUSES)[number];
const ownerOf = (house: House): string => `the-token-of-the-owner-of-${house}`;
const CHANNEL = 'own_plant';
const POLICY = `@id("own-plant") @denies("customer-not-active, not-entitled-yet")
  permit (principal, action, resource)
  when { context.CustomerStatus.active }
  when { context.MeteringPointEntitlement.entitledFrom <= context.request.epochDay };`;
/** Turned away by the gate, or not even shown by a wallet that has looked how its credentials stand. */
const SHUT = /REVOKED|QUERY_UNSATISFIABLE/;
const CUSTOMER = { customerKind: 'household', active: true, jurisdiction: 'DK', biddingZoneEic: ZONE };
const ENTITLEMENT = {
  direction: 'combined',
  gridAreaEic: ZONE,
  entitledFrom: 20_500,
};

interface Market {
  readonly program: Program;
  close(): Promise<void>;
}

describe('programs that lose their databases after a backup', () => {
  const directory = freshDirectory();
  const at = (...names: readonly string[]): string => join(directory, ...names);
  const told: string[] = [];
  let postgres: TestPostgres;
  let ports: number;
  let chain: IssuingChain;
  let market: Market;
  let wallet: Started;
  /** Every status entry that was given out. */
  const given = new Set<string>();
  /** Copies that the backup does not have and the log says revoked. */
  let revokedSince: readonly string[] = [];
  const applicationOf = new Map<string, string>();

  const originOf = (place: number): string => `http://127.0.0.1:${ports + place}`;

  /** A step of the documentation, as somebody types it. */
  async function run(begins: string, changed: (word: string) => string = (word) => word): Promise<string> {
    const found = steps.filter((step) => step.startsWith(begins));
    expect(found.length).toBeGreaterThan(0);
    let said = '';
    for (const step of found) {
      const words = step.split(' ').map((word) => changed(word.replace('https://issuer.example', originOf(0))));
      const tenant = words[words.indexOf('--tenant') + 1] ?? '';
      const ended = await start(cli, words, { OPERATOR_TOKEN: tokenOf(tenant) }, directory).ended;
      expect({ step, ...ended }).toMatchObject({ code: 0, stderr: '' });
      said += ended.stdout;
    }
    return said;
  }

  function writeConfig(name: string, database: StoreSettings, own: JsonObject): void {
    const config = {
      database,
      keyEncryptionKeys: [{ id: 'k1', file: at('keys/kek') }],
      checkpointDirectory: at(`${name}-checkpoints`),
      anchors: [{ did: chain?.rootDid ?? 'did:web:root.example', mayIssue: ['RegulatorAccreditation'] }],
      ...own,
    };
    writeFileSync(at(`${name}.json`), JSON.stringify(config));
  }

  async function startChain(database: StoreSettings, again: boolean): Promise<void> {
    chain = await startIssuingChain({
      database,
      checkpointDirectory: at('issuer-checkpoints'),
      port: ports,
      again,
      tell: ({ tenant, detail }) => void told.push(`${tenant}: ${detail}`),
    });
    writeConfig('issuer', database, { http: { port: ports }, publicOrigin: originOf(0), tenants: chainTenants() });
  }

  async function startMarket(database: StoreSettings): Promise<void> {
    writeConfig('market', database, {
      tenant: 'market',
      http: { port: ports + 1 },
      mqtt: { port: 0 },
      publicOrigin: originOf(1),
      operatorTokenDigest: digestOf('a-token-of-the-operator'),
      zones: { [ZONE]: { jurisdiction: 'DK' } },
    });
    const program = await openProgram({
      database,
      checkpointDirectory: at('market-checkpoints'),
      keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
      chains: [],
      fetch: { allow: [originOf(0)], allowPrivate: true },
      tell: ({ tenant, detail }) => void told.push(`${tenant}: ${detail}`),
    });
    const settings = await gateSettings(program, {
      tenant: 'market',
      publicOrigin: originOf(1),
      anchors: [{ did: chain.rootDid, mayIssue: ['RegulatorAccreditation'] }],
      policies: { [CHANNEL]: POLICY },
      stalenessBoundSeconds: 1,
    });
    const gate = createGate(settings);
    const app = new Koa();
    app.use(gate.routes());
    app.use(gate.protect(CHANNEL));
    app.use((ctx) => {
      ctx.body = { welcome: true };
    });
    const answer = app.callback();
    const server = await listen((request, response) => void answer(request, response), { host: '127.0.0.1', port: ports + 1 });
    market = {
      program,
      close: async () => {
        await server.close();
        await program.close();
      },
    };
  }

  async function startWallet(store: string): Promise<void> {
    writeConfig(
      'wallet',
      { kind: 'pglite', directory: at(store) },
      {
        http: { port: ports + 2 },
        publicOrigin: originOf(2),
        stalenessBoundSeconds: 1,
        refreshSeconds: 86_400,
        fetch: { allow: [originOf(0), originOf(1)], allowPrivate: true },
        wallets: HOUSES.map((tenant) => ({
          tenant,
          displayName: tenant,
          kind: 'household',
          spareFaces: 1,
          tokenDigest: digestOf(ownerOf(tenant)),
        })),
      },
    );
    wallet = start(join(root, 'agents/wallet/dist/main.js'), ['--config', at('wallet.json')]);
    await wallet.says('wallets at');
  }
  const stopWallet = async (): Promise<void> => {
    wallet.child.kill('SIGTERM');
    await wallet.ended;
  };

  async function call(house: House, path: string, body: JsonObject): Promise<{ readonly status: number; readonly text: string }> {
    const response = await freshFetch(`${originOf(2)}/wallets/${house}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ownerOf(house)}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }
  async function equip(house: House): Promise<void> {
    for (const [tenant, type, claims] of [
      ['supplier', 'CustomerStatus', CUSTOMER],
      ['dso', 'MeteringPointEntitlement', { ...ENTITLEMENT, meteringPointHash: digestOf(house) }],
    ] as const) {
      const received = await call(house, '/offers', { offer: await chain.offer(tenant, type, claims, undefined, house) });
      expect(received).toEqual({ status: 201, text: expect.stringContaining(type) });
      const applications = (await issued()).filter((one) => one.type === type).map((one) => one.application_id);
      const [own = ''] = applications.filter((id) => ![...applicationOf.values()].includes(id));
      applicationOf.set(`${house} ${type}`, own);
    }
  }
  const knock = (house: House) => call(house, '/access', { url: `${originOf(1)}/anything` });
  const issued = () =>
    chain.program.store.db.selectFrom('issued_credential').select(['type', 'digest', 'application_id', 'status', 'state']).execute();
  /** Its CustomerStatus, a copy for each of its faces. */
  const copiesOf = async (house: House) =>
    (await issued()).filter((one) => one.application_id === applicationOf.get(`${house} CustomerStatus`));

  beforeAll(async () => {
    mkdirSync(at('keys'));
    writeFileSync(at('keys/kek'), '07'.repeat(32), { mode: 0o600 });
    writeFileSync(at('passphrase'), 'a passphrase of enough characters\n', { mode: 0o600 });
    ports = await freePorts(8);
    postgres = await startPostgres();
    await startChain({ kind: 'postgres', url: await postgres.createDatabase(), maxConnections: 5 }, false);
    await startMarket({ kind: 'postgres', url: await postgres.createDatabase(), maxConnections: 5 });
    await seedStoreDirectory(at('w1'));
    await startWallet('w1');
  });
  afterAll(async () => {
    await stopWallet();
    await market?.close();
    await chain?.close();
    await postgres?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('are backed up while they run', async () => {
    await equip('home');
    await equip('away');
    expect(await knock('home')).toMatchObject({ status: 200, text: expect.stringContaining('welcome') });
    const said = await run('backup ');
    expect(said).toContain('issuer.backup: issuer of dso, regulator, root, supplier as it was at ');
    expect(said).toContain('wallet.backup: wallet of away, home, kept, later as it was at ');
  });

  it('go on, issue and revoke, until nothing is left but the backups and the exported logs', async () => {
    await equip('later');
    await equip('kept');
    for (const house of ['away', 'later'] as const) await chain.revoke('supplier', (await copiesOf(house))[0]?.digest ?? '');
    revokedSince = (await copiesOf('later')).map(({ digest }) => digest);
    expect((await knock('away')).text).toMatch(SHUT);
    for (const { status } of await issued()) given.add(status);
    await run('audit export');
    const log = await market.program.auditLog(tenantId('market'), new URL(originOf(1)).host);
    let text = '';
    for await (const line of log.exportLog(tenantId('market'))) text += `${line}\n`;
    writeFileSync(at('market.log'), text);
    await chain.close();
    await market.close();
  });

  it('are restored into empty databases by the steps of docs/backup.md', async () => {
    const empty = { kind: 'postgres', url: await postgres.createDatabase(), maxConnections: 5 } as const;
    const other = { kind: 'postgres', url: await postgres.createDatabase(), maxConnections: 5 } as const;
    writeConfig('issuer', empty, { http: { port: ports }, publicOrigin: originOf(0), tenants: chainTenants() });
    const config = JSON.parse(readFileSync(at('market.json'), 'utf8')) as { readonly database: object };
    writeFileSync(at('market.json'), JSON.stringify({ ...config, database: other }));
    const said = await run('restore issuer');
    expect(said).toMatch(/^log of supplier: entry \d+, issue, is not brought back: /m);
    expect(said).toMatch(/^log of dso: \d+ entries since the backup, brought in at the next start$/m);
    await run('restore marketplace');
    await startChain(empty, true);
    await startMarket(other);
    expect(told.filter((line) => line.includes('entries replayed')).map((line) => line.split(':')[0])).toEqual(
      expect.arrayContaining(['supplier', 'dso', 'market']),
    );
  });

  it('know what was revoked, and the log goes on from the checkpoint of before', async () => {
    expect([...new Set((await copiesOf('home')).map(({ state }) => state))]).toEqual(['active']);
    expect([...new Set((await copiesOf('away')).map(({ state }) => state))]).toEqual(['revoked']);
    expect(await copiesOf('later')).toEqual([]);
    const lines = revokedSince.map((digest) => `supplier: not done again: revoke ${digest} (NOT_FOUND)`);
    expect(told.filter((line) => line.includes('not done again: revoke')).sort()).toEqual(lines.sort());
    const said = await run('audit verify');
    expect(said).toContain('checked: the log still is what 1 kept checkpoint(s) state\n');
  });

  it('open to what stands, and neither to what was revoked nor to what nobody knows any more', async () => {
    expect(await knock('home')).toMatchObject({ status: 200, text: expect.stringContaining('welcome') });
    for (const house of ['away', 'later', 'kept'] as const) expect((await knock(house)).text).toMatch(SHUT);
  });

  it('give no index out twice', async () => {
    const known = (await issued()).map(({ digest }) => digest);
    await equip('later');
    const fresh = (await issued()).filter(({ digest }) => !known.includes(digest));
    expect(fresh.length).toBeGreaterThan(1);
    expect(fresh.filter(({ status }) => given.has(status))).toEqual([]);
    expect(await knock('later')).toMatchObject({ status: 200, text: expect.stringContaining('welcome') });
  });

  it("keep a household's credentials, on the embedded store", async () => {
    await stopWallet();
    rmSync(at('w1'), { recursive: true });
    await seedStoreDirectory(at('w2'));
    const config = JSON.parse(readFileSync(at('wallet.json'), 'utf8')) as { readonly database: object };
    writeFileSync(at('wallet.json'), JSON.stringify({ ...config, database: { kind: 'pglite', directory: at('w2') } }));
    expect(await run('restore wallet')).toContain('restored; start it now');
    await startWallet('w2');
    expect(await knock('home')).toMatchObject({ status: 200, text: expect.stringContaining('welcome') });
    expect((await knock('away')).text).toMatch(SHUT);
  });
});
