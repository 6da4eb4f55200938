import { createConnection, Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { connectAsync } from 'mqtt';
import type { JsonObject } from '@gridpass/core';
import { ownNonceSecrets } from '@gridpass/gate';
import { NOON } from '@gridpass/testkit';
import { composeMarketplace, marketplaceConfig } from '../index.js';
import { HASH, startMarket, type Rig } from './market-rig.js';
import { endSpies, spyOn } from './mqtt-client.js';

const reading = (more: JsonObject = {}): JsonObject => ({
  meteringPointHash: HASH,
  obis: '1-0:2.8.0*255',
  interval: NOON - 900,
  energyWh: 412,
  ...more,
});

describe('the MQTT intake', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startMarket();
  });
  afterEach(() => endSpies());
  afterAll(() => rig.close());

  const keptOf = async (device: string) => rig.repository.readings(rig.tenant, { device: device as never, limit: 10 });

  it('admits a meter that presents its commissioning, and acknowledges its reading once it is stored', async () => {
    const [spy, meter] = [await spyOn(rig), await rig.meter()];
    expect(await spy.present(meter)).toMatchObject({ effect: 'permit', receipt: { origin: 'market.example/market' } });
    expect(await spy.publish(`readings/${spy.id}`, reading())).toBe('acknowledged');
    expect(await keptOf(meter.signer.did)).toMatchObject([reading()]);
    expect(await spy.publish(`readings/${spy.id}`, reading())).toBe('acknowledged');
    expect(await keptOf(meter.signer.did)).toHaveLength(1);
  });

  it('takes no reading before a presentation', async () => {
    const spy = await spyOn(rig);
    expect(await spy.publish(`readings/${spy.id}`, reading())).toBe('ended');
    expect(await spy.next()).toMatchObject({ code: 'GRANT_REQUIRED' });
  });

  it.each(['readings/somebody-else', 'gate/somebody-else/ask', 'gate/somebody-else/result', '$SYS/anything', 'readings'])(
    'has no topic %s for this client',
    async (topic) => {
      const spy = await spyOn(rig);
      expect(await spy.publish(topic, '{}')).toBe('ended');
    },
  );

  it('says NOT_FOUND about a foreign topic', async () => {
    const spy = await spyOn(rig);
    await spy.publish('readings/somebody-else', '{}');
    expect(await spy.next()).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(['#', '+/+/result', 'gate/#', 'gate/somebody-else/result', 'readings/somebody-else', '$SYS/#'])(
    'refuses the subscription %s',
    async (filter) => {
      const spy = await spyOn(rig);
      const [granted] = await spy.client.subscribeAsync(filter).catch(() => [{ qos: 128 }]);
      expect(granted?.qos).toBe(128);
    },
  );

  it.each([
    ['a will', { will: { topic: 'readings/x', payload: Buffer.from('{}'), qos: 1 as const, retain: false } }],
    ['a session that outlives its connection', { clean: false }],
    ['a client id with a wildcard', { clientId: 'a/#' }],
    ['MQTT 5', { protocolVersion: 5 as const }],
    ['no keep-alive', { keepalive: 0 }],
  ])('takes no connection with %s', async (_what, options) => {
    const refused = connectAsync(
      rig.marketplace.mqttUrl,
      { clientId: 'client-refused', protocolVersion: 4, clean: true, reconnectPeriod: 0, connectTimeout: 5_000, ...options },
      false,
    );
    await expect(refused).rejects.toThrow();
  });

  it('says to a CONNECT that it does not accept why, and ends the connection instead of keeping it', async () => {
    const socket = createConnection(Number(new URL(rig.marketplace.mqttUrl).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const told: Buffer[] = [];
    socket.on('data', (bytes) => told.push(bytes));
    // CONNECT of MQTT 3.1.1 without the clean session flag, client id "a".
    socket.write(Buffer.from([0x10, 0x0d, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04, 0x00, 0x00, 0x3c, 0x00, 0x01, 0x61]));
    await closed(socket);
    // CONNACK, no session present, code 5: not authorized (3.2.2.3).
    expect(Buffer.concat(told)).toEqual(Buffer.from([0x20, 0x02, 0x00, 0x05]));
  });

  it.each([
    ['retained', { retain: true }],
    ['of QoS 2', { qos: 2 as const }],
  ])('takes no packet that is %s', async (_what, options) => {
    const spy = await spyOn(rig);
    expect(await spy.publish(`gate/${spy.id}/ask`, '{}', options)).toBe('ended');
    expect(await spy.next()).toMatchObject({ code: 'REQUEST_MALFORMED' });
  });

  it('ends the connection at a packet that is too large, without reading it', async () => {
    const spy = await spyOn(rig);
    expect(await spy.publish(`gate/${spy.id}/response`, 'x'.repeat(70_000))).toBe('ended');
  });

  it('answers eight questions on a connection and no more', async () => {
    const spy = await spyOn(rig);
    for (let i = 0; i < 8; i += 1) {
      expect(await spy.publish(`gate/${spy.id}/ask`, '{}')).toBe('acknowledged');
      await spy.next();
    }
    expect(await spy.publish(`gate/${spy.id}/ask`, '{}')).toBe('ended');
    expect(await spy.next()).toMatchObject({ code: 'RATE_LIMITED' });
  });

  it.each([
    ['no JSON', 'hello', 'REQUEST_MALFORMED'],
    ['no state', '{"vp_token":{}}', 'PRESENTATION_MALFORMED'],
    ['a state it never gave', '{"state":"mine","vp_token":{}}', 'CHALLENGE_UNKNOWN'],
  ])('refuses a presentation with %s', async (_what, body, code) => {
    const spy = await spyOn(rig);
    expect(await spy.publish(`gate/${spy.id}/response`, body)).toBe('ended');
    expect(await spy.next()).toMatchObject({ code });
  });

  it('denies with the reasons of the policy', async () => {
    const [spy, inverter] = [await spyOn(rig), await rig.meter({ deviceClass: 'pv_inverter' })];
    expect(await spy.present(inverter)).toMatchObject({ code: 'POLICY_DENIED', reasons: ['device-class-does-not-measure'] });
    await spy.ended;
  });

  it('denies a reading of another metering point and ends the connection', async () => {
    const [spy, meter] = [await spyOn(rig), await rig.meter()];
    await spy.present(meter);
    expect(await spy.publish(`readings/${spy.id}`, reading({ meteringPointHash: `${HASH.slice(0, 42)}A` }))).toBe('ended');
    expect(await spy.next()).toMatchObject({ code: 'POLICY_DENIED', reasons: ['another-metering-point'] });
    expect(await keptOf(meter.signer.did)).toEqual([]);
  });

  it('refuses what is no reading', async () => {
    const [spy, meter] = [await spyOn(rig), await rig.meter()];
    await spy.present(meter);
    expect(await spy.publish(`readings/${spy.id}`, reading({ energyWh: -1 }))).toBe('ended');
    expect(await spy.next()).toMatchObject({ code: 'READING_INVALID' });
  });

  it('ends the session at the first reading after the commissioning was revoked', async () => {
    const [spy, meter] = [await spyOn(rig), await rig.meter()];
    await spy.present(meter);
    expect(await spy.publish(`readings/${spy.id}`, reading())).toBe('acknowledged');
    rig.society.status.mark(meter.input.status, 'revoked');
    rig.clock.advance(301);
    expect(await spy.publish(`readings/${spy.id}`, reading({ interval: NOON - 1800 }))).toBe('ended');
    expect(await spy.next()).toMatchObject({ code: 'GRANT_ENDED' });
    rig.clock.advance(-301);
  });

  it('gives a second client of the same id nothing of the first, and does not throw the first off', async () => {
    const [first, meter] = [await spyOn(rig, { clientId: 'twin' }), await rig.meter()];
    await first.present(meter);
    const second = await spyOn(rig, { clientId: 'twin' });
    expect(await second.publish('readings/twin', reading())).toBe('ended');
    expect(await second.next()).toMatchObject({ code: 'GRANT_REQUIRED' });
    expect(await first.publish('readings/twin', reading())).toBe('acknowledged');
  });

  it('lets who proves another key neither take over nor be thrown off', async () => {
    const [first, second] = [await spyOn(rig, { clientId: 'twin' }), await spyOn(rig, { clientId: 'twin' })];
    const [meter, other] = [await rig.meter(), await rig.meter()];
    await first.present(meter);
    expect(await second.present(other)).toMatchObject({ effect: 'permit' });
    expect(await first.publish('readings/twin', reading())).toBe('acknowledged');
    expect(await second.publish('readings/twin', reading())).toBe('acknowledged');
    expect(await keptOf(meter.signer.did)).toHaveLength(1);
    expect(await keptOf(other.signer.did)).toHaveLength(1);
  });

  it('lets who proves the same key take over once it is proven, so that a half-open connection locks nobody out', async () => {
    const [half, meter] = [await spyOn(rig, { clientId: 'twin' }), await rig.meter()];
    await half.present(meter);
    const back = await spyOn(rig, { clientId: 'twin' });
    expect(half.client.connected).toBe(true);
    expect(await back.present(meter)).toMatchObject({ effect: 'permit' });
    await half.ended;
    expect(await back.publish('readings/twin', reading())).toBe('acknowledged');
  });

  it('sends small packets at once', async () => {
    const undelayed = jest.spyOn(Socket.prototype, 'setNoDelay');
    const spy = await spyOn(rig);
    const port = Number(new URL(rig.marketplace.mqttUrl).port);
    const ofIntake = undelayed.mock.calls.filter(([on], at) => on === true && (undelayed.mock.contexts[at] as Socket).localPort === port);
    undelayed.mockRestore();
    expect(ofIntake).toHaveLength(1);
    spy.client.end(true);
  });

  it('takes no answer twice', async () => {
    const [spy, meter] = [await spyOn(rig), await rig.meter()];
    const published: JsonObject[] = [];
    spy.client.on('packetsend', (packet) => {
      if (packet.cmd === 'publish' && packet.topic.endsWith('/response')) published.push(JSON.parse(String(packet.payload)) as JsonObject);
    });
    await spy.present(meter);
    const thief = await spyOn(rig);
    expect(await thief.publish(`gate/${thief.id}/response`, published[0] ?? {})).toBe('ended');
    expect(await thief.next()).toMatchObject({ code: 'CHALLENGE_UNKNOWN' });
  });

  it('has no more connections than its bound: the oldest that said nothing goes', async () => {
    const port = Number(new URL(rig.marketplace.mqttUrl).port);
    const knock = async (): Promise<Socket> => {
      const socket = createConnection(port, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    };
    const idle: Socket[] = [];
    for (let n = 0; n < 8; n += 1) idle.push(await knock());
    const extra = await knock();
    await closed(idle[0]!);
    expect([...idle.slice(1), extra].map((socket) => socket.destroyed)).not.toContain(true);
    for (const socket of [...idle, extra]) socket.destroy();
    await Promise.all([...idle, extra].map(closed));
  });
});

describe('an MQTT intake that loses its store', () => {
  it('acknowledges nothing', async () => {
    const rig = await startMarket();
    const [spy, meter] = [await spyOn(rig), await rig.meter()];
    await spy.present(meter);
    await rig.store.close();
    expect(await spy.publish(`readings/${spy.id}`, reading())).toBe('ended');
    expect(['STORE_UNAVAILABLE', 'AUDIT_UNAVAILABLE', 'INTERNAL']).toContain((await spy.next())['code']);
    await endSpies();
    await rig.close();
  });
});

describe('a marketplace whose ports are taken', () => {
  it('says which and leaves none of its own open', async () => {
    const rig = await startMarket();
    const taken = Number(new URL(rig.marketplace.mqttUrl).port);
    const config = marketplaceConfig.omit({ database: true, keyEncryptionKeys: true, anchors: true, chains: true, fetch: true }).parse({
      tenant: 'market',
      http: { port: 0 },
      mqtt: { port: taken },
      publicOrigin: rig.marketplace.url,
      operatorTokenDigest: 'A'.repeat(43),
      zones: { '10YDK-1--------W': { jurisdiction: 'DK' } },
    });
    const { resolver, status, authority } = rig.society;
    const parts = {
      store: rig.store,
      clock: rig.clock,
      signer: rig.society.dso,
      nonceSecrets: ownNonceSecrets(),
      resolver,
      status,
      authority,
      fetch: { fetchDocument: () => Promise.reject(new Error('unused')) },
      audit: { appendRecord: () => Promise.reject(new Error('unused')) },
      anchors: [{ did: rig.society.regulator.did, mayIssue: ['RegulatorAccreditation' as const] }],
      log: () => undefined,
    };
    await expect(composeMarketplace(config, parts)).rejects.toMatchObject({ code: 'PORT_BUSY' });
    await expect(
      composeMarketplace({ ...config, http: { host: '127.0.0.1', port: Number(new URL(rig.marketplace.url).port) } }, parts),
    ).rejects.toMatchObject({ code: 'PORT_BUSY' });
    await rig.close();
  });
});

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}
