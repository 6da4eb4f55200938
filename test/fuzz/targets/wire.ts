import { parseRpcRequest } from '../../../agents/ledger-gate/src/rpc/request.js';
import { createPacketBound } from '../../../agents/marketplace/src/mqtt/packet-bound.js';
import { parseOrder } from '../../../agents/marketplace/src/market/order.js';
import { parseReading } from '../../../agents/marketplace/src/market/reading.js';
import { createClientAddress } from '../../../packages/gate/src/client-address.js';
import { isJsonObject, parseJson } from '@gridpass/codec';
import { instant } from '@gridpass/core';
import { NOON } from '@gridpass/testkit';
import { Aedes } from 'aedes';
import { Duplex } from 'node:stream';
import { assertRule, labelOf, textOf, toInput, type Target } from '../target.js';

/** What comes over a socket: JSON-RPC, orders and readings, MQTT packets, forwarding headers. */
export function wireTargets(): readonly Target[] {
  return [jsonRpc(), order(), reading(), mqtt(), forwarded()];
}

function jsonRpc(): Target {
  const call = { jsonrpc: '2.0', id: 1, method: 'eth_call', params: [{ to: '0x00', data: '0x' }, 'latest'] };
  return {
    name: 'json-rpc',
    shape: 'json',
    seeds: [call, [call, { ...call, id: 'two', method: 'eth_chainId', params: [] }]].map(toInput),
    run: (input) => {
      const parsed = parseRpcRequest(input, { maxBytes: 65_536, maxBatch: 16 });
      if (!parsed.ok) return labelOf(parsed);
      const { items } = parsed.value;
      assertRule(items.length > 0 && items.length <= 16, 'a bounded batch that is not empty');
      const ids = items.flatMap((item) => (item.kind === 'call' ? [`${typeof item.call.id} ${item.call.id}`] : []));
      assertRule(new Set(ids).size === ids.length, 'every answer can be told apart');
      return `ok ${[...new Set(items.map((item) => (item.kind === 'call' ? 'call' : item.detail)))].sort().join(' ')}`;
    },
  };
}

function order(): Target {
  const body = { side: 'bid', interval: NOON + 900, energyWh: 1_000, priceCentsPerMwh: 500, zone: '10YDK-1--------W' };
  return {
    name: 'order',
    shape: 'json',
    seeds: [toInput(body)],
    run: (input) => {
      const json = parseJson(input);
      const parsed = json.ok ? parseOrder(json.value, NOON) : undefined;
      if (parsed?.ok === true) assertRule(parsed.value.interval > NOON && Number.isSafeInteger(parsed.value.energyWh), 'whole, and later');
      return parsed === undefined ? 'not JSON' : labelOf(parsed);
    },
  };
}

function reading(): Target {
  const body = { meteringPointHash: 'A'.repeat(43), obis: '1-0:1.8.0*255', interval: NOON - 900, energyWh: 1_000 };
  return {
    name: 'reading',
    shape: 'json',
    seeds: [toInput(body)],
    run: (input) => {
      const json = parseJson(input);
      const parsed = json.ok ? parseReading(json.value, NOON) : undefined;
      if (parsed?.ok === true) assertRule(parsed.value.interval <= instant(NOON), 'a reading is of the past');
      return parsed === undefined ? 'not JSON' : labelOf(parsed);
    },
  };
}

/** CONNECT, SUBSCRIBE, PUBLISH, PINGREQ, DISCONNECT of MQTT 3.1.1, behind one another as a client writes them. */
function mqttPackets(): Uint8Array {
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

/** The bound and the broker behind it; nothing but the connection itself may end. */
function mqtt(): Target {
  return {
    name: 'mqtt-packets',
    shape: 'bytes',
    seeds: [mqttPackets()],
    run: async (input) => {
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
    },
  };
}

function forwarded(): Target {
  const addressOf = createClientAddress(['10.0.0.0/8', '::1']);
  return {
    name: 'forwarding-headers',
    shape: 'json',
    seeds: [toInput({ 'x-forwarded-for': '198.51.100.7, 10.0.0.2' }), toInput({ 'x-forwarded-for': '2001:db8::1, 10.1.2.3' })],
    run: (input) => {
      const json = parseJson(textOf(input));
      if (!json.ok || !isJsonObject(json.value)) return 'not JSON';
      const header = json.value['x-forwarded-for'];
      const named = addressOf({
        headers: typeof header === 'string' ? { 'x-forwarded-for': header } : {},
        socket: { remoteAddress: '10.0.0.1' } as never,
      });
      assertRule(/^[0-9a-f.:]+(\/64)?$/.test(named), 'a client is an address or a network');
      return named.includes('/') ? 'network' : named.startsWith('10.') ? 'proxy' : 'address';
    },
  };
}
