import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { tenantId } from '@gridpass/core';
import { composeMarketplace, marketplaceConfig, type Marketplace } from '@gridpass/marketplace';
import { freePorts } from '@gridpass/testkit';
import { freshFetch } from './_fetch.js';
import { ZONE, startIssuingChain, tokenOf, type IssuingChain } from './_issuing-chain.js';
import { root, start, type Started } from './_process.js';

const SLOW = 300_000;
const today = Math.floor(Date.now() / 86_400_000);

interface Application {
  readonly applicationId: string;
  readonly type: string;
  readonly applicant: string;
  readonly state: string;
}

interface Issued {
  readonly digest: string;
  readonly type: string;
  readonly applicationId: string;
}

/** A device program of its own, with a store and a key of its own, which knows addresses and claims from its configuration alone. */
describe('a device that enrolled itself', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gridpass-device-'));
  let chain: IssuingChain;
  let market: Marketplace;
  let origin: string;
  let device: Started | undefined;
  let transport: 'mqtt' | 'http';
  const pointOf = (): string => digestOf(`metering point over ${transport}`);

  async function ask(tenant: string, method: 'GET' | 'POST', path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
    const response = await freshFetch(`${chain.origin}/t/${tenant}/admin/${path}`, {
      method,
      headers: { authorization: `Bearer ${tokenOf(tenant)}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} as ${tenant}: ${response.status} ${text}`);
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  }
  const rowsOf = async <T>(tenant: string, path: string): Promise<readonly T[]> => (await ask(tenant, 'GET', path))['rows'] as readonly T[];

  /** Waits for what the device does by itself. */
  async function until<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
    const end = Date.now() + SLOW / 2;
    for (;;) {
      const found = await find();
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`it did not happen: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** An officer decides on what the device applied for, and the device has received it when a credential stands. */
  async function grant(tenant: string, type: string): Promise<Issued> {
    const waiting = await until(`${type} is applied for`, async () =>
      (await rowsOf<Application>(tenant, 'applications?state=pending')).find((one) => one.type === type),
    );
    await ask(tenant, 'POST', `applications/${waiting.applicationId}/approve`, { reason: 'checked' });
    return received(tenant, waiting.applicationId);
  }
  const received = (tenant: string, applicationId: string): Promise<Issued> =>
    until(`${applicationId} is received`, async () =>
      (await rowsOf<Issued>(tenant, 'credentials?state=active')).find((one) => one.applicationId === applicationId),
    );

  const file = (): string => join(directory, `${transport}.json`);
  let sent = 0;
  async function open(): Promise<void> {
    sent = 0;
    device = start(join(root, 'agents/device/dist/main.js'), ['--config', file()]);
    await device.says('device did:key:');
  }
  /** The end of its input is the end of its work. */
  async function stop(): Promise<void> {
    device?.child.stdin?.end();
    await device?.ended;
  }
  /** What the market's log has of what its decisions were taken on. */
  async function shownToMarket(): Promise<string> {
    const tenant = tenantId('market');
    let log = '';
    for await (const line of (await chain.program.auditLog(tenant, '127.0.0.1')).exportLog(tenant)) log += line;
    return log;
  }
  /** Gives the device a reading of the quarter of an hour that ended so many before now; its verdict. */
  async function report(quartersAgo: number): Promise<void> {
    const interval = Math.floor(Date.now() / 900_000) * 900 - 900 * quartersAgo;
    device?.child.stdin?.write(`${JSON.stringify({ meteringPointHash: pointOf(), obis: '1-0:2.8.0*255', interval, energyWh: 412 })}\n`);
    sent += 1;
    await device?.says('{"sent":true}\n'.repeat(sent));
  }

  beforeAll(async () => {
    chain = await startIssuingChain(undefined, { maker: ['DeviceIdentity'] });
    const port = await freePorts(8);
    origin = `http://127.0.0.1:${port}`;
    const tenant = tenantId('market');
    const { program } = chain;
    market = await composeMarketplace(
      marketplaceConfig.omit({ database: true, keyEncryptionKeys: true, anchors: true, chains: true, fetch: true }).parse({
        ...{ tenant, http: { port }, mqtt: { port: 0 }, publicOrigin: origin, stalenessBoundSeconds: 1 },
        operatorTokenDigest: digestOf('operator-token-of-the-market-0123'),
        zones: { [ZONE]: { jurisdiction: 'DK' } },
      }),
      {
        ...program,
        anchors: chain.anchors,
        log: () => undefined,
        signer: await program.identity(tenant, { alias: 'gate', provider: 'did:jwk', keyType: 'Secp256r1', namespace: 'gate' }),
        audit: await program.auditLog(tenant, '127.0.0.1'),
        nonceSecrets: await program.nonceSecrets(tenant),
      },
    );
    writeFileSync(join(directory, 'kek'), '05'.repeat(32), { mode: 0o600 });
  }, SLOW);

  /** All that a device is told. */
  function writeConfig(): void {
    mkdirSync(join(directory, transport));
    writeFileSync(
      file(),
      JSON.stringify({
        ...{ tenant: 'meter', transport, enrolSeconds: 1, renewalSeconds: 1, stalenessBoundSeconds: 1 },
        database: { kind: 'pglite', directory: join(directory, transport, 'store') },
        checkpointDirectory: join(directory, transport, 'checkpoints'),
        keyEncryptionKeys: [{ id: 'k1', file: join(directory, 'kek') }],
        anchors: chain.anchors,
        fetch: { allow: [chain.origin, origin], allowPrivate: true },
        market: { url: origin, mqttUrl: market.mqttUrl },
        enrol: [
          {
            ...{ issuer: `${chain.origin}/t/maker`, type: 'DeviceIdentity' },
            claims: {
              deviceClass: 'smart_meter',
              maker: 'Example',
              model: 'E-1',
              serialHash: digestOf(`serial ${transport}`),
              keyAlg: 'ES256',
            },
          },
          {
            ...{ issuer: `${chain.origin}/t/dso`, type: 'DeviceCommissioning', evidence: ['DeviceIdentity'] },
            claims: {
              ...{ deviceClass: 'smart_meter', meteringPointHash: pointOf(), gridAreaEic: ZONE, accuracyClass: 'B' },
              ...{ commissioned: today - 10, conformityUntil: today + 700, ratedActivePowerW: 9_800, obis: ['1-0:2.8.0*255'] },
              ...{ sealed: true, meterOperatorDid: chain.didOf('dso'), readingInterval: 900 },
            },
          },
        ],
      }),
    );
  }
  afterAll(async () => {
    await stop();
    await market?.close();
    await chain?.close();
    rmSync(directory, { recursive: true, force: true });
  }, SLOW);

  it.each(['mqtt', 'http'] as const)(
    'presents what it received over %s, and follows a renewal by itself',
    async (way) => {
      transport = way;
      writeConfig();
      await open();
      await grant('maker', 'DeviceIdentity');
      const first = await grant('dso', 'DeviceCommissioning');
      await report(4);

      const renewal = await ask('dso', 'POST', 'credentials/renew', { digest: first.digest, reason: 'a longer end' });
      const successor = await received('dso', String(renewal['applicationId']));
      expect(successor.digest).not.toBe(first.digest);
      expect(await shownToMarket()).not.toContain(successor.digest);
      // Its next presentation is that of its next start.
      await stop();
      await open();
      await report(3);
      expect(await shownToMarket()).toContain(successor.digest);
      await stop();
    },
    SLOW,
  );
});
