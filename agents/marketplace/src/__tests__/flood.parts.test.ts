// A flood over MQTT: questions and answers without end, connections that say nothing, and the same from HTTP.
import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createAuditRepository } from '@gridpass/store';
import { startMarket, type Rig } from './market-rig.js';
import { endSpies, spyOn } from './mqtt-client.js';

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}
function knock(rig: Rig): Socket {
  const socket = createConnection(Number(new URL(rig.marketplace.mqttUrl).port), '127.0.0.1');
  socket.on('error', () => undefined);
  return socket;
}

describe('an MQTT intake under a flood from one address', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startMarket({ rateLimit: { burst: 12, perMinute: 60 } });
  });
  afterEach(() => endSpies());
  afterAll(() => rig.close());

  it('answers as many questions as the bucket of the address has, which is the one of HTTP', async () => {
    const spy = await spyOn(rig);
    // One for the connection, seven here, and four over HTTP.
    for (let i = 0; i < 7; i += 1) {
      expect(await spy.publish(`gate/${spy.id}/ask`, '{}')).toBe('acknowledged');
      await spy.next();
    }
    for (let i = 0; i < 4; i += 1) expect((await rig.plain('GET', '/.gridpass/complete')).status).toBe(200);
    expect(await spy.publish(`gate/${spy.id}/ask`, '{}')).toBe('ended');
    expect(await spy.next()).toMatchObject({ code: 'RATE_LIMITED' });
    expect((await rig.plain('GET', '/.gridpass/complete')).status).toBe(429);
    const late = knock(rig);
    await closed(late);
    rig.clock.advance(600);
  });

  it('takes answers out of the same bucket, and writes no line for those of self-made parties', async () => {
    const before = (await createAuditRepository(rig.store).readHead(rig.tenant))?.size ?? 0;
    const stranger = await rig.meter();
    const spy = await spyOn(rig);
    expect(
      await spy.present({
        ...stranger,
        shown: stranger.shown.map((one) => ({ ...one, compact: one.compact.replace(/^([\w-]+\.[\w-]+\.)[\w-]{8}/, '$1AAAAAAAA') })),
      }),
    ).not.toMatchObject({ effect: 'permit' });
    const after = (await createAuditRepository(rig.store).readHead(rig.tenant))?.size ?? 0;
    expect(after).toBe(before);
    rig.clock.advance(600);
  });
});

describe('connections that prove nothing', () => {
  it('end without a CONNECT long before they end without a proof', async () => {
    const rig = await startMarket({ mqtt: { port: 0, maxClients: 8, connectSeconds: 1, proveSeconds: 600 } });
    const spy = await spyOn(rig);
    await closed(knock(rig));
    expect(spy.client.connected).toBe(true);
    await endSpies();
    await rig.close();
  });

  it('end after their time, also when they said CONNECT', async () => {
    const rig = await startMarket({ mqtt: { port: 0, maxClients: 8, connectSeconds: 1, proveSeconds: 1 } });
    const spy = await spyOn(rig);
    const silent = knock(rig);
    await Promise.all([spy.ended, closed(silent)]);
    await endSpies();
    await rig.close();
  });

  it('are so many for one address, and go for a device that comes through it and stays', async () => {
    const rig = await startMarket({ mqtt: { port: 0, maxClients: 8, connectionsPerAddress: 2, connectSeconds: 600 } });
    const idle = [knock(rig), knock(rig)];
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    const [spy, meter] = [await spyOn(rig), await rig.meter()];
    expect(await spy.present(meter)).toMatchObject({ effect: 'permit' });
    const first = idle[0]!;
    await closed(first);
    expect(idle[1]?.destroyed).toBe(false);
    const later = knock(rig);
    await closed(idle[1]!);
    expect([spy.client.connected, later.destroyed]).toEqual([true, false]);
    later.destroy();
    await endSpies();
    await rig.close();
  });
});
