import { Aedes, type Client, type PublishPacket } from 'aedes';
import { createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Fault, type StoredGrant } from '@gridpass/core';
import { randomToken, utf8 } from '@gridpass/codec';
import type { Gate } from '@gridpass/gate';
import { openPair, type ListenAddress, type ProgramMeter, type Reload } from '@gridpass/program';
import { refusalOf } from './connect.js';
import { createConversation, type Conversation, type ConversationParts, type ConversationPeer } from './conversation.js';
import { createPacketBound } from './packet-bound.js';
import { createPlaces, type Held, type PlaceLimits } from './places.js';
import { createSecuring } from './securing.js';

const KEY = 'mqtt.tls';

interface BrokerParts extends ConversationParts {
  /** Told what a publication met and nobody named; the client is told INTERNAL. */
  readonly onUnexpected: (error: unknown) => void;
}

/** What the intake asks of the rest of the marketplace, and its bounds. */
export interface IntakeParts extends BrokerParts {
  readonly gate: ConversationParts['gate'] & Pick<Gate, 'clients'>;
  readonly maxPacketBytes: number;
  readonly limits: PlaceLimits;
  /** How long a connection may stay without a CONNECT. */
  readonly connectSeconds: number;
  /** How long it may stay after that without a proof, and after its grant has ended. */
  readonly proveSeconds: number;
  /** Shows how many connections are open, by whether a key was proven on them. */
  readonly meter?: Pick<ProgramMeter, 'watchQueue'>;
}

/** A broker that listens. */
export interface Intake {
  readonly url: string;
  /** Its certificate, where it has one. */
  readonly reloads: readonly Reload[];
  close(): Promise<void>;
}

/**
 * The MQTT 3.1.1 intake. A client that has presented nothing may only ask for a request object and answer it, on topics
 * under its own client id; a permit opens `readings/<clientId>` for as long as the grant stands. A reading is acknowledged
 * after it is stored. What cannot be accepted is told on `gate/<clientId>/result` and ends the connection, the one way
 * MQTT 3.1.1 has of saying no to a publication (3.3.5). Over TLS alone where there is a certificate. Throws Fault PORT_BUSY when the port is taken.
 */
export async function listenForReadings(parts: IntakeParts, address: ListenAddress): Promise<Intake> {
  const { tls } = address;
  const opened = tls === undefined ? undefined : openPair(KEY, tls);
  const securing = opened === undefined ? undefined : createSecuring(opened.pair, parts.connectSeconds * 1000);
  const peers = new WeakMap<Duplex, Connected>();
  const broker = await openBroker(parts, peers);
  const sockets = new Set<Socket>();
  const places = createPlaces(parts.limits);
  parts.meter?.watchQueue?.('mqtt', places.count);
  const { clients } = parts.gate;
  const server = createServer((socket) => {
    // An acknowledgement is a small packet: without this it waits for one of TCP's own, which the other side holds back (RFC 1122 4.2.3.2).
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    const address = clients.clientOf({ headers: {}, socket });
    let isOver = false;
    // INVARIANT: never within a callback of TLS that runs over this connection, e.g. as a client renegotiates: the whole process would end by a signal.
    const end = (): void => {
      isOver = true;
      setImmediate(() => socket.destroy());
    };
    const held: Held = { address, end };
    if (!clients.takeClient(address, parts.clock.now(), 1).ok || !places.enter(held)) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    const endAfter = (seconds: number): NodeJS.Timeout => setTimeout(held.end, seconds * 1000).unref();
    let idle = endAfter(parts.connectSeconds);
    const endLater = (seconds: number): void => {
      clearTimeout(idle);
      // An answer may still be looked at when its connection ends; a timer that is set then lives as long as a grant.
      if (!isOver && !socket.destroyed) idle = endAfter(seconds);
    };
    socket.once('close', () => {
      clearTimeout(idle);
      sockets.delete(socket);
      places.leave(held);
    });
    const peer: Connected = {
      spend: (at) => clients.takeClient(address, at, 1),
      ended: () => isOver || socket.destroyed,
      greeted: () => {
        places.greet(held);
        endLater(parts.proveSeconds);
      },
      admitted: (grant, clientId) => {
        places.prove(held, { key: grant.sessionThumbprint, clientId });
        endLater(grant.expiresAt - parts.clock.now() + parts.proveSeconds);
      },
    };
    const handOver = (open: Socket): void => {
      const bounded = open.pipe(createPacketBound(parts.maxPacketBytes));
      bounded.on('error', held.end);
      open.on('error', () => {
        bounded.destroy();
        held.end();
      });
      const stream = Duplex.from({ readable: bounded, writable: open });
      peers.set(stream, peer);
      broker.handle(stream);
    };
    if (securing === undefined) handOver(socket);
    else securing.secure(socket, handOver);
  });
  const closeBroker = (): Promise<void> => new Promise((resolve) => broker.close(() => resolve()));
  const port = await listen(server, address).catch(async (error: unknown) => {
    await closeBroker();
    throw error;
  });
  return {
    url: `${tls === undefined ? 'mqtt' : 'mqtts'}://${address.host}:${port}`,
    reloads: opened === undefined || securing === undefined ? [] : [opened.reload((pair) => securing.renew(pair))],
    close: async () => {
      await closeBroker();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What the broker knows of a connection that it was handed. */
interface Connected extends Pick<ConversationPeer, 'spend' | 'ended'> {
  readonly admitted: (grant: StoredGrant, clientId: string) => void;
  readonly greeted: () => void;
}

async function openBroker(parts: BrokerParts, peers: WeakMap<Duplex, Connected>): Promise<Aedes> {
  // Kept by connection and not by client id, so that a second client of the same id starts with nothing.
  const conversations = new WeakMap<Client, Conversation>();
  const names = new WeakMap<Client, string>();
  const refusals = new WeakMap<Client, number>();
  const nameOf = (client: Client): string => names.get(client) ?? '';
  const ownTopics = (client: Client): readonly string[] => [`gate/${nameOf(client)}/request`, `gate/${nameOf(client)}/result`];
  const begin = (client: Client): Conversation => {
    const peer = peers.get(client.conn);
    if (peer === undefined) throw new Fault('INTERNAL', 'a client on no connection of this intake');
    const clientId = nameOf(client);
    const conversation = createConversation(parts, {
      clientId,
      tell: (topic, body) => tell(client, `gate/${clientId}/${topic}`, body),
      spend: (at) => peer.spend(at),
      // The broker lets go of a client before its socket is gone.
      ended: () => peer.ended() || !client.connected,
      admitted: (grant) => peer.admitted(grant, clientId),
    });
    conversations.set(client, conversation);
    return conversation;
  };
  // The deadline of a CONNECT is the intake's; this one only comes where the broker knows of no socket.
  const broker = new Aedes({ maxClientsIdLength: 128, connectTimeout: 60_000, keepaliveLimit: 3600, queueLimit: 32, maxTopicLevels: 4 });
  await broker.listen();
  broker.preConnect = (client, packet, done) => {
    const refusal = refusalOf(packet);
    if (refusal === undefined) {
      names.set(client, packet.clientId);
      peers.get(client.conn)?.greeted();
    } else {
      refusals.set(client, refusal);
      // Nothing of what is turned away is kept for later.
      delete packet.will;
      packet.clean = true;
    }
    // The broker ends whoever has the same id (MQTT 3.1.1, 3.1.4-2), before anything is proven: anyone could throw a device off that way.
    // It knows each connection by a name of our own; who takes over from whom is decided when a key was proven.
    packet.clientId = randomToken(16);
    done(null, true);
  };
  // The step at which the broker can say why (3.1.3-9): whoever is merely cut off tries again for ever.
  broker.authenticate = (client, _username, _password, done) => {
    const refusal = refusals.get(client);
    if (refusal === undefined) return done(null, true);
    done(Object.assign(new Error('the CONNECT is not acceptable'), { returnCode: refusal }), false);
  };
  broker.authorizeSubscribe = (client, subscription, done) =>
    done(null, ownTopics(client).includes(subscription.topic) ? subscription : null);
  broker.authorizePublish = (client, packet, done) => {
    if (!client) return done(new Error('the broker publishes for itself'));
    const conversation = conversations.get(client) ?? begin(client);
    conversation.answer({ topic: packet.topic, payload: bytesOf(packet), qos: packet.qos, retain: packet.retain }).then(
      (outcome) => (outcome.ok ? done(null) : done(new Error(outcome.refusal.code))),
      (error: unknown) => {
        if (!(error instanceof Fault)) parts.onUnexpected(error);
        done(new Error(error instanceof Fault ? error.code : 'INTERNAL'));
      },
    );
  };
  // What a client publishes is for this program; nothing is passed on to other clients.
  broker.authorizeForward = (client, packet) => (ownTopics(client).includes(packet.topic) ? packet : null);
  return broker;
}

const bytesOf = ({ payload }: PublishPacket): Uint8Array => (typeof payload === 'string' ? utf8(payload) : new Uint8Array(payload));

function tell(client: Client, topic: string, body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const packet: PublishPacket = {
      cmd: 'publish',
      topic,
      payload: Buffer.from(JSON.stringify(body)),
      qos: 0,
      dup: false,
      retain: false,
    };
    client.publish(packet, (error) => (error ? reject(error) : resolve()));
  });
}

function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new Fault('PORT_BUSY', `port ${port} is taken by another program; free it or configure another MQTT port`, { cause })
          : cause,
      ),
    );
    server.listen(port, host, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound ? bound.port : port);
    });
  });
}
