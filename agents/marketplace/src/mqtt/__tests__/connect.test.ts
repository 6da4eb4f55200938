// CONNECT as clients of others write it, byte for byte, against the intake on the loopback.
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { marketCalendar, ok, tenantId } from '@gridpass/core';
import { NOON, createFakeClock } from '@gridpass/testkit';
import { listenForReadings, type Intake } from '../intake.js';

const text = (value: string): number[] => {
  const bytes = [...Buffer.from(value)];
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
};

/** MQTT 3.1.1, 3.1. */
function connect(clientId: string, { flags = 2, more = [] as number[], level = 4 } = {}): Buffer {
  const body = [...text('MQTT'), level, flags, 0, 60, ...text(clientId), ...more];
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Buffer.from([0x10, ...length, ...body]);
}

describe('a CONNECT', () => {
  let intake: Intake;
  const unasked = async () => Promise.reject(new Error('nothing is asked'));
  beforeAll(async () => {
    intake = await listenForReadings(
      {
        tenant: tenantId('market'),
        clock: createFakeClock(NOON),
        calendar: marketCalendar('Etc/UTC'),
        requestObject: unasked,
        market: { keepReading: unasked },
        gate: {
          openChallenge: unasked,
          admit: unasked,
          openSession: unasked,
          use: unasked,
          clients: { clientOf: () => 'address:127.0.0.1', takeClient: () => ok(true) } as never,
        },
        onUnexpected: (error) => {
          throw error;
        },
        maxPacketBytes: 1_024,
        limits: { maxClients: 64, maxUnproven: 64, connectionsPerAddress: 64, connectionsPerKey: 1 },
        connectSeconds: 60,
        proveSeconds: 60,
      },
      { host: '127.0.0.1', port: 0 },
    );
  });
  afterAll(() => intake.close());

  /** What the intake answers first, and whether the connection then ends. */
  async function send(packet: Buffer): Promise<{ readonly answer: string; readonly ended: boolean }> {
    const socket = createConnection(Number(new URL(intake.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(packet);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const accepted = answer.at(-1) === 0;
    if (!accepted) await once(socket, 'close');
    const ended = socket.destroyed;
    socket.destroy();
    return { answer: answer.toString('hex'), ended };
  }

  it.each([
    'a',
    'meter-1',
    'meter.01',
    'client@host:1883',
    'urn:dev:mac:0024befffe804ff1',
    '{6ba7b810-9dad-11d1-80b4-00c04fd430c8}',
    '1SAG8700123456',
    'x'.repeat(23),
    'x'.repeat(128),
  ])('is taken from the client %p', async (clientId) => {
    expect(await send(connect(clientId))).toEqual({ answer: '20020000', ended: false });
  });

  it.each(['', 'a/b', 'a/#', '+', '#', '$SYS', 'a b', 'a\u0000b', 'mètre', 'a\u202eb', 'x'.repeat(129)])(
    'is answered with "identifier rejected" to the client %p, and ended',
    async (clientId) => {
      expect(await send(connect(clientId))).toEqual({ answer: '20020002', ended: true });
    },
  );

  it('without an id and without a clean session is no way in either', async () => {
    expect(await send(connect('', { flags: 0 }))).toEqual({ answer: '20020002', ended: true });
  });

  it.each([
    ['a session that outlives its connection', { flags: 0 }],
    ['a will', { flags: 6, more: [...text('readings/meter'), ...text('{}')] }],
  ])('with %s is answered with "not authorized", and ended', async (_what, how) => {
    expect(await send(connect('meter', how))).toEqual({ answer: '20020005', ended: true });
  });
});
