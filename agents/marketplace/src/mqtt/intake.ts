import { Aedes, type AedesPublishPacket, type Client, type PublishPacket, type Subscription } from 'aedes';
import { createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { Fault, assertNever, refuse, type Challenge, type Clock, type MarketRepository, type Outcome, type RequestId, type StoredGrant, type TenantId } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson, randomToken, utf8 } from '@gridpass/codec';
import type { Gate } from '@gridpass/gate';
import { keepReading } from '../market/keep-reading.js';
import { createPacketBound } from './packet-bound.js';

/** What the intake asks of the rest of the marketplace. */
export interface IntakeParts {
  readonly tenant: TenantId;
  readonly gate: Pick<Gate, 'openChallenge' | 'admit' | 'openSession' | 'use'>;
  /** A signed request object for an open challenge, by value: a device may have no HTTP at all. */
  readonly requestObject: (challenge: Challenge) => Promise<string>;
  readonly market: Pick<MarketRepository, 'keepReading'>;
  readonly clock: Clock;
  readonly maxClients: number;
  readonly maxPacketBytes: number;
}

/** A broker that listens. */
export interface Intake {
  readonly url: string;
  close(): Promise<void>;
}

const CHANNEL = 'telemetry';

/**
 * The MQTT 3.1.1 intake. A client that has presented nothing may only ask for a request object and answer it, on topics
 * under its own client id; a permit opens `readings/<clientId>` for as long as the grant stands. A reading is acknowledged
 * after it is stored. What cannot be accepted is told on `gate/<clientId>/result` and ends the connection, the one way
 * MQTT 3.1.1 has of saying no to a publication (3.3.5).
 */
export async function listenForReadings(parts: IntakeParts, address: { readonly host: string; readonly port: number }): Promise<Intake> {
  const grants = new WeakMap<Client, StoredGrant>();
  const broker = new Aedes({ maxClientsIdLength: 128, connectTimeout: 10_000, keepaliveLimit: 3600, queueLimit: 32, maxTopicLevels: 4 });
  await broker.listen();

  broker.preConnect = (_client, packet, done) => {
    const fits = broker.connectedClients < parts.maxClients && /^[A-Za-z0-9_-]{1,128}$/.test(packet.clientId) && packet.will === undefined;
    done(null, fits);
  };
  broker.authorizeSubscribe = (client, subscription: Subscription, done) => {
    const own = subscription.topic === `gate/${client.id}/request` || subscription.topic === `gate/${client.id}/result`;
    done(null, own ? subscription : null);
  };
  broker.authorizePublish = (client, packet, done) => {
    if (!client) return done(new Error('the broker publishes for itself'));
    answer(client, packet).then(
      (outcome) => (outcome.ok ? done(null) : done(new Error(outcome.refusal.code))),
      (error: unknown) => done(new Error(error instanceof Fault ? error.code : 'INTERNAL')),
    );
  };
  // What a client publishes is for this program; nothing is passed on to other clients.
  broker.authorizeForward = (_client, packet: AedesPublishPacket) => (packet.topic.startsWith('gate/') && /\/(?:request|result)$/.test(packet.topic) ? packet : null);

  async function tell(client: Client, topic: 'request' | 'result', body: object): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const packet: PublishPacket = { cmd: 'publish', topic: `gate/${client.id}/${topic}`, payload: Buffer.from(JSON.stringify(body)), qos: 0, dup: false, retain: false };
      client.publish(packet, (error) => (error ? reject(error) : resolve()));
    });
  }

  async function answer(client: Client, packet: PublishPacket): Promise<Outcome<unknown>> {
    const requestId = randomToken(16) as RequestId;
    try {
      const outcome = await route(client, packet, requestId);
      if (!outcome.ok) await tell(client, 'result', { code: outcome.refusal.code, requestId });
      return outcome;
    } catch (error) {
      await tell(client, 'result', { code: error instanceof Fault ? error.code : 'INTERNAL', requestId });
      throw error;
    }
  }

  async function route(client: Client, packet: PublishPacket, requestId: RequestId): Promise<Outcome<unknown>> {
    const bytes = typeof packet.payload === 'string' ? utf8(packet.payload) : new Uint8Array(packet.payload);
    switch (packet.topic) {
      case `gate/${client.id}/ask`:
        return ask(client);
      case `gate/${client.id}/response`:
        return present(client, bytes, requestId);
      case `readings/${client.id}`:
        return read(client, bytes, requestId);
      default:
        return refuse('NOT_FOUND', 'intake', 'no such topic for this client');
    }
  }

  async function ask(client: Client): Promise<Outcome<unknown>> {
    const challenge = await parts.gate.openChallenge({ channel: CHANNEL, sessionThumbprint: '', at: parts.clock.now() });
    if (!challenge.ok) return challenge;
    await tell(client, 'request', { state: challenge.value.state, requestObject: await parts.requestObject(challenge.value) });
    return challenge;
  }

  async function present(client: Client, bytes: Uint8Array, requestId: RequestId): Promise<Outcome<unknown>> {
    const json = parseJson(bytes);
    if (!json.ok) return json;
    const state = isJsonObject(json.value) ? memberOf(json.value, 'state') : undefined;
    const vpToken = isJsonObject(json.value) ? memberOf(json.value, 'vp_token') : undefined;
    if (typeof state !== 'string' || vpToken === undefined) return refuse('PRESENTATION_MALFORMED', 'intake', 'state and vp_token');
    const at = parts.clock.now();
    const admission = await parts.gate.admit(
      { transport: 'mqtt', mediaType: 'openid4vp', bytes: utf8(JSON.stringify(vpToken)), requestId, at },
      { state, channel: CHANNEL },
    );
    switch (admission.kind) {
      case 'refused':
        return { ok: false, refusal: admission.refusal };
      case 'denied':
        await tell(client, 'result', { code: 'POLICY_DENIED', requestId, reasons: admission.reasons });
        return refuse('POLICY_DENIED', 'intake', 'denied');
      case 'granted': {
        const session = await parts.gate.openSession(admission.grant, at);
        if (!session.ok) return session;
        grants.set(client, session.value);
        await tell(client, 'result', { effect: 'permit', requestId, expiresAt: session.value.expiresAt, receipt: session.value.receipt });
        return session;
      }
      default:
        return assertNever(admission);
    }
  }

  async function read(client: Client, bytes: Uint8Array, requestId: RequestId): Promise<Outcome<unknown>> {
    const grant = grants.get(client);
    if (!grant) return refuse('GRANT_REQUIRED', 'intake', 'nothing was presented on this connection');
    const at = parts.clock.now();
    const json = parseJson(bytes);
    if (!json.ok) return json;
    return keepReading(parts, { grantId: grant.id, device: grant.holderDid, body: json.value, requestId, at });
  }

  const server = createServer((socket) => {
    const bounded = socket.pipe(createPacketBound(parts.maxPacketBytes));
    bounded.on('error', () => socket.destroy());
    socket.on('error', () => bounded.destroy());
    broker.handle(Duplex.from({ readable: bounded, writable: socket }));
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(cause.code === 'EADDRINUSE' ? new Fault('PORT_BUSY', `port ${address.port} is taken; free it or configure another MQTT port`) : cause));
    server.listen(address.port, address.host, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound ? bound.port : address.port);
    });
  });
  return {
    url: `mqtt://${address.host}:${port}`,
    close: async () => {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
