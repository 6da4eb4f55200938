import { Aedes } from 'aedes';
import { Duplex } from 'node:stream';
import { createPacketBound } from '../packet-bound.js';

/** CONNECT, SUBSCRIBE, PUBLISH, PINGREQ, DISCONNECT of MQTT 3.1.1, behind one another as a client writes them. */
export function mqttPackets(): Uint8Array {
  const text = (value: string): number[] => [value.length >> 8, value.length & 255, ...Buffer.from(value)];
  const packet = (first: number, body: readonly number[]): number[] => [first, body.length, ...body];
  return Uint8Array.from([
    ...packet(0x10, [...text('MQTT'), 4, 2, 0, 60, ...text('meter-1')]),
    ...packet(0x82, [0, 1, ...text('gate/meter-1/request'), 1]),
    ...packet(0x32, [...text('gate/meter-1/ask'), 0, 2, 123, 125]),
    ...packet(0xc0, []),
    ...packet(0xe0, []),
  ]);
}

/** Gives the bytes of one connection to a broker behind the bound, and tells what came of it. */
export async function runBroker(input: Uint8Array): Promise<string> {
  const broker = new Aedes({ connectTimeout: 50, keepaliveLimit: 60, queueLimit: 8 });
  await broker.listen();
  const told: string[] = [];
  broker.on('clientError', () => told.push('client error'));
  broker.on('connectionError', () => told.push('connection error'));
  broker.on('client', () => told.push('client'));
  broker.on('publish', (_packet, client) => client !== null && told.push('publish'));
  const bound = createPacketBound(1_024);
  const ended = new Promise<string>((resolve) => bound.once('error', () => resolve('bound')).once('end', () => resolve('end')));
  const client = broker.handle(Duplex.from({ readable: bound, writable: async function* () {} as never }));
  bound.end(input);
  const how = await ended;
  await new Promise<void>((resolve) => setImmediate(resolve));
  client.close();
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  return [how, ...new Set(told)].join(' ');
}
