// MQTT over TLS on the program's own listener: the same conversation, and the same bounds, which count a connection before its handshake.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { connect } from 'node:tls';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NOON, createCertificate, layCertificate } from '@gridpass/testkit';
import { HASH, startMarket, type Rig } from './market-rig.js';
import { endSpies, spyOn, type Spy } from './mqtt-client.js';

describe('an MQTT intake with a certificate', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gridpass-mqtt-tls-'));
  let first: Awaited<ReturnType<typeof createCertificate>>;
  let rig: Rig;
  beforeAll(async () => {
    first = await createCertificate();
    const tls = layCertificate(directory, first);
    rig = await startMarket({ mqtt: { port: 0, maxClients: 8, connectionsPerAddress: 2, connectSeconds: 2, tls } });
  });
  afterEach(() => endSpies());
  afterAll(async () => {
    await rig.close();
    rmSync(directory, { recursive: true });
  });
  const spy = (ca: string): Promise<Spy> => spyOn(rig, { ca, servername: 'localhost' });
  const knock = (): Socket => {
    const socket = createConnection(Number(new URL(rig.marketplace.mqttUrl).port), '127.0.0.1');
    return socket.on('error', () => undefined).resume();
  };

  it('takes readings of whoever believes it, and ends who speaks plainly', async () => {
    expect(rig.marketplace.mqttUrl).toMatch(/^mqtts:/);
    const [meter, connected] = [await rig.meter(), await spy(first.cert)];
    expect(await connected.present(meter)).toMatchObject({ effect: 'permit' });
    const reading = { meteringPointHash: HASH, obis: '1-0:2.8.0*255', interval: NOON - 900, energyWh: 412 };
    expect(await connected.publish(`readings/${connected.id}`, reading)).toBe('acknowledged');
    const plain = knock();
    plain.write(Buffer.from('100c00044d5154540402003c0000', 'hex'));
    await once(plain, 'close');
    expect(connected.client.connected).toBe(true);
  });

  it('outlives who renegotiates, before and after a packet, and ends them', async () => {
    for (const greeting of ['', '100c00044d5154540402003c0000']) {
      const port = Number(new URL(rig.marketplace.mqttUrl).port);
      const old = connect({ port, host: '127.0.0.1', ca: first.cert, servername: 'localhost', maxVersion: 'TLSv1.2' });
      old.on('error', () => undefined).resume();
      await once(old, 'secureConnect');
      if (greeting !== '') old.write(Buffer.from(greeting, 'hex'));
      const gone = once(old, 'close');
      old.renegotiate({}, () => undefined);
      await gone;
    }
    expect((await spy(first.cert)).client.connected).toBe(true);
  });

  it('counts who never begins a handshake among its places, and ends them after their time', async () => {
    const idle = [knock(), knock()];
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    const gone = once(idle[0] as Socket, 'close');
    const connected = await spy(first.cert);
    await gone;
    await once(idle[1] as Socket, 'close');
    expect(connected.client.connected).toBe(true);
  });

  it('takes a renewed certificate for connections to come, and keeps those that stand', async () => {
    const standing = await spy(first.cert);
    expect(await standing.present(await rig.meter())).toMatchObject({ effect: 'permit' });
    const second = await createCertificate();
    layCertificate(directory, second);
    const reload = rig.marketplace.reloads.find(({ key }) => key === 'mqtt.tls');
    await reload?.take();
    expect((await spy(second.cert)).client.connected).toBe(true);
    await expect(spy(first.cert)).rejects.toThrow(/certificate/);
    expect(standing.client.connected).toBe(true);
    layCertificate(directory, { ...second, key: first.key });
    expect(() => reload?.take()).toThrow('mqtt.tls.keyFile');
    expect((await spy(second.cert)).client.connected).toBe(true);
  });
});
