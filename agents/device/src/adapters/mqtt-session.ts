import { Socket } from 'node:net';
import { connectAsync, type MqttClient } from 'mqtt';
import { Fault, InputError, refuse, type JsonObject, type Outcome } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson, randomToken } from '@gridpass/codec';
import type { Holder } from '@gridpass/hold';
import { isFaultCode, isRefusalCode } from './codes.js';

/** An MQTT connection on which a presentation was accepted. */
export interface MqttSession {
  readonly expiresAt: number;
  readonly receipt: JsonObject;
  /** Whether the connection still stands; the broker may have ended it between two readings. */
  isOpen(): boolean;
  /** Publishes one reading with QoS 1; done when the broker has stored and acknowledged it. */
  report(reading: JsonObject): Promise<Outcome<true>>;
  close(): Promise<void>;
}

const ANSWER_MS = 15_000;

/**
 * Connects, asks for a presentation request, answers it and waits for the verdict, all over MQTT 3.1.1. Refuses with the code
 * the other side gave; throws Fault REMOTE_UNAVAILABLE when it does not answer. Over mqtts:// the certificates in `ca` vouch for the broker, in PEM,
 * or the well-known ones without them.
 */
export async function openMqttSession(
  url: string,
  holder: Pick<Holder, 'answerRequest'>,
  audience: string,
  ca?: string,
): Promise<Outcome<MqttSession>> {
  const clientId = randomToken(16);
  const client = await connect(url, clientId, ca);
  const inbox = createInbox(client);
  try {
    await client.subscribeAsync([`gate/${clientId}/request`, `gate/${clientId}/result`], { qos: 0 });
    publishQuietly(client, `gate/${clientId}/ask`, {});
    const asked = await inbox.next();
    const requestObject = memberOf(asked, 'requestObject');
    if (typeof requestObject !== 'string') return await turnedDown(client, asked);
    const answer = await holder.answerRequest(requestObject, audience);
    if (!answer.ok) {
      await client.endAsync();
      return answer;
    }
    const { state = '', vpToken } = answer.value;
    publishQuietly(client, `gate/${clientId}/response`, { state, vp_token: vpToken });
    const result = await inbox.next();
    if (memberOf(result, 'effect') !== 'permit') return await turnedDown(client, result);
    const receipt = memberOf(result, 'receipt');
    let tail: Promise<unknown> = Promise.resolve();
    return {
      ok: true,
      value: {
        expiresAt: Number(memberOf(result, 'expiresAt')),
        receipt: isJsonObject(receipt) ? receipt : {},
        isOpen: () => client.connected,
        // One after another: a verdict does not say which of two readings it is about.
        report: (reading) => {
          const reported = tail.then(() => report(client, inbox, clientId, reading));
          // After a fault nobody knows what the other side has heard; the next reading gets a connection of its own.
          tail = reported.catch(() => client.endAsync(true));
          return reported;
        },
        close: () => client.endAsync(),
      },
    };
  } catch (error) {
    await client.endAsync(true);
    throw error instanceof Fault || error instanceof InputError
      ? error
      : new Fault('REMOTE_UNAVAILABLE', 'the MQTT conversation broke off', { cause: error });
  }
}

async function connect(url: string, clientId: string, ca?: string): Promise<MqttClient> {
  try {
    const options = {
      clientId,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: ANSWER_MS,
      ...(ca === undefined ? {} : { ca }),
    } as const;
    const client = await connectAsync(url, options, false);
    // A reading is a few small packets: without this each waits for an acknowledgement of TCP, which the other side holds back (RFC 1122 4.2.3.2).
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    return client;
  } catch (cause) {
    throw new Fault('REMOTE_UNAVAILABLE', 'the MQTT broker does not take the connection', { cause });
  }
}

/** The broker says no to a publication by ending the connection; the reason comes before, on `result`. */
function publishQuietly(client: MqttClient, topic: string, body: JsonObject): void {
  client.publish(topic, JSON.stringify(body), { qos: 1 }, () => undefined);
}

async function report(client: MqttClient, inbox: Inbox, clientId: string, reading: JsonObject): Promise<Outcome<true>> {
  const verdict = inbox.next();
  const acknowledged = new Promise<Outcome<true>>((resolve) => {
    client.publish(`readings/${clientId}`, JSON.stringify(reading), { qos: 1 }, (error) => {
      if (!error) resolve({ ok: true, value: true });
    });
  });
  const first = await Promise.race([acknowledged, verdict.then((said) => ({ said }))]);
  inbox.forget();
  return 'said' in first ? turnedDown(client, first.said) : first;
}

async function turnedDown(client: MqttClient, said: JsonObject): Promise<Outcome<never>> {
  await client.endAsync(true);
  const code = memberOf(said, 'code');
  const reasons = memberOf(said, 'reasons');
  if (isFaultCode(code)) throw new Fault(code, 'the marketplace could not tell');
  return refuse(
    isRefusalCode(code) ? code : 'REQUEST_MALFORMED',
    'mqtt',
    Array.isArray(reasons) ? reasons.join(', ') : 'as the marketplace said',
  );
}

interface Inbox {
  /** The next message on this client's own topics. */
  next(): Promise<JsonObject>;
  forget(): void;
}

function createInbox(client: MqttClient): Inbox {
  const waiting: JsonObject[] = [];
  let pending:
    { readonly wake: (message: JsonObject) => void; readonly fail: (cause: Error) => void; readonly late: NodeJS.Timeout } | undefined;
  const settle = (): typeof pending => {
    const settled = pending;
    clearTimeout(settled?.late);
    pending = undefined;
    return settled;
  };
  client.on('message', (_topic, payload) => {
    const json = parseJson(new Uint8Array(payload));
    const message = json.ok && isJsonObject(json.value) ? json.value : {};
    if (pending) settle()?.wake(message);
    else waiting.push(message);
  });
  const lost = (cause?: Error): void => settle()?.fail(new Fault('REMOTE_UNAVAILABLE', 'the MQTT connection was lost', { cause }));
  client.on('close', () => lost());
  client.on('error', lost);
  return {
    forget: () => void settle(),
    next: () => {
      const held = waiting.shift();
      if (held) return Promise.resolve(held);
      if (!client.connected) return Promise.reject(new Fault('REMOTE_UNAVAILABLE', 'the MQTT connection was lost'));
      return new Promise<JsonObject>((wake, fail) => {
        const late = setTimeout(
          () => settle()?.fail(new Fault('REMOTE_UNAVAILABLE', 'the marketplace did not answer over MQTT')),
          ANSWER_MS,
        );
        pending = { wake, fail, late };
      });
    },
  };
}
