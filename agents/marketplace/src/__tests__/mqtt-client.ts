import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { JsonObject } from '@gridpass/core';
import { textOf } from '../market/order.js';
import { answerRequest, type Rig, type Trader } from './market-rig.js';

/** A raw MQTT client that notes what happens to it. */
export interface Spy {
  readonly id: string;
  readonly client: MqttClient;
  /** The next message on the client's own topics. */
  next(): Promise<JsonObject>;
  /** Publishes with QoS 1: `acknowledged`, or `ended` when the connection went away instead. */
  publish(
    topic: string,
    body: JsonObject | string,
    options?: { readonly qos?: 0 | 1 | 2; readonly retain?: boolean },
  ): Promise<'acknowledged' | 'ended'>;
  /** Asks, answers as the trader, and returns the verdict. */
  present(trader: Pick<Trader, 'signer' | 'shown'>): Promise<JsonObject>;
  readonly ended: Promise<void>;
}

let counter = 0;
const opened: MqttClient[] = [];

/** Connects and subscribes to the two topics a client may read. */
export async function spyOn(rig: Rig, options: IClientOptions = {}): Promise<Spy> {
  counter += 1;
  const id = options.clientId ?? `client-${counter}`;
  const client = await connectAsync(
    rig.marketplace.mqttUrl,
    { clientId: id, protocolVersion: 4, clean: true, reconnectPeriod: 0, ...options },
    false,
  );
  opened.push(client);
  client.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const held: JsonObject[] = [];
  let wake: ((message: JsonObject) => void) | undefined;
  client.on('message', (_topic, payload) => {
    const message = JSON.parse(payload.toString()) as JsonObject;
    if (wake) wake(message);
    else held.push(message);
    wake = undefined;
  });
  await client.subscribeAsync([`gate/${id}/request`, `gate/${id}/result`]);
  const next = (): Promise<JsonObject> => {
    const first = held.shift();
    return first ? Promise.resolve(first) : new Promise((resolve) => (wake = resolve));
  };
  const publish: Spy['publish'] = (topic, body, { qos = 1, retain = false } = {}) =>
    Promise.race([
      new Promise<'acknowledged' | 'ended'>((resolve) => {
        client.publish(topic, typeof body === 'string' ? body : JSON.stringify(body), { qos, retain }, (error) =>
          resolve(error ? 'ended' : 'acknowledged'),
        );
      }),
      ended.then(() => 'ended' as const),
    ]);
  return {
    id,
    client,
    ended,
    next,
    publish,
    present: async (trader) => {
      void publish(`gate/${id}/ask`, '{}');
      const asked = await next();
      const answer = await answerRequest(rig, trader, textOf(asked['requestObject']));
      void publish(`gate/${id}/response`, { state: answer.state, vp_token: answer.vpToken });
      return next();
    },
  };
}

/** Ends every client of the file. */
export async function endSpies(): Promise<void> {
  await Promise.all(opened.splice(0).map((client) => client.endAsync(true)));
}
