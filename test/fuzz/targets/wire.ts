import { parseRpcRequest } from '../../../agents/ledger-gate/src/rpc/request.js';
import { mqttPackets, runBroker } from '../../../agents/marketplace/src/mqtt/__tests__/broker-under-fuzz.js';
import { parseOrder } from '../../../agents/marketplace/src/market/order.js';
import { parseReading } from '../../../agents/marketplace/src/market/reading.js';
import { createClientAddress } from '../../../packages/gate/src/client-address.js';
import { isJsonObject, parseJson } from '@gridpass/codec';
import { instant } from '@gridpass/core';
import { NOON } from '@gridpass/testkit';
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

/** The bound and the broker behind it; nothing but the connection itself may end. */
function mqtt(): Target {
  return { name: 'mqtt-packets', shape: 'bytes', seeds: [mqttPackets()], run: runBroker };
}

function forwarded(): Target {
  const trustedProxies = ['10.0.0.0/8', '::1'];
  const addressOf = {
    'x-forwarded-for': createClientAddress({ trustedProxies, forwardingHeader: 'x-forwarded-for' }),
    forwarded: createClientAddress({ trustedProxies, forwardingHeader: 'forwarded' }),
  };
  return {
    name: 'forwarding-headers',
    shape: 'json',
    seeds: [
      toInput({ 'x-forwarded-for': '198.51.100.7, 10.0.0.2' }),
      toInput({ 'x-forwarded-for': '2001:db8::1, 10.1.2.3:4711' }),
      toInput({ forwarded: 'for=198.51.100.7;proto=https, for="[2001:db8::1]:4711", For=10.0.0.2' }),
    ],
    run: (input) => {
      const json = parseJson(textOf(input));
      if (!json.ok || !isJsonObject(json.value)) return 'not JSON';
      const name = Object.hasOwn(json.value, 'forwarded') ? 'forwarded' : 'x-forwarded-for';
      const header = json.value[name];
      const named = addressOf[name]({
        headers: typeof header === 'string' ? { [name]: header } : {},
        socket: { remoteAddress: '10.0.0.1' } as never,
      });
      assertRule(/^[0-9a-f.:]+(\/64)?$/.test(named), 'a client is an address or a network');
      return named.includes('/') ? 'network' : named.startsWith('10.') ? 'proxy' : 'address';
    },
  };
}
