import { Aedes, type Client, type ConnectPacket, type PublishPacket } from 'aedes';
import { createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Fault } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { createConversation, type Conversation, type ConversationParts } from './conversation.js';
import { createPacketBound } from './packet-bound.js';

/** What the intake asks of the rest of the marketplace, and its bounds. */
export interface IntakeParts extends ConversationParts {
  readonly maxClients: number;
  readonly maxPacketBytes: number;
}

/** A broker that listens. */
export interface Intake {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The MQTT 3.1.1 intake. A client that has presented nothing may only ask for a request object and answer it, on topics
 * under its own client id; a permit opens `readings/<clientId>` for as long as the grant stands. A reading is acknowledged
 * after it is stored. What cannot be accepted is told on `gate/<clientId>/result` and ends the connection, the one way
 * MQTT 3.1.1 has of saying no to a publication (3.3.5). Throws Fault PORT_BUSY when the port is taken.
 */
export async function listenForReadings(parts: IntakeParts, address: { readonly host: string; readonly port: number }): Promise<Intake> {
  const broker = await openBroker(parts);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const bounded = socket.pipe(createPacketBound(parts.maxPacketBytes));
    bounded.on('error', () => socket.destroy());
    socket.on('error', () => bounded.destroy());
    broker.handle(Duplex.from({ readable: bounded, writable: socket }));
  });
  // Counted by connections and not by clients: who never says CONNECT takes a place too, until the broker's time for it is up.
  server.maxConnections = parts.maxClients;
  const closeBroker = (): Promise<void> => new Promise((resolve) => broker.close(() => resolve()));
  const port = await listen(server, address).catch(async (error: unknown) => {
    await closeBroker();
    throw error;
  });
  return {
    url: `mqtt://${address.host}:${port}`,
    close: async () => {
      await closeBroker();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function openBroker(parts: ConversationParts): Promise<Aedes> {
  // Kept by connection and not by client id, so that a second client of the same id starts with nothing.
  const conversations = new WeakMap<Client, Conversation>();
  const broker = new Aedes({ maxClientsIdLength: 128, connectTimeout: 10_000, keepaliveLimit: 3600, queueLimit: 32, maxTopicLevels: 4 });
  await broker.listen();
  // An error, because a mere `false` leaves the connection open and its timers off.
  broker.preConnect = (_client, packet, done) =>
    isAcceptable(packet) ? done(null, true) : done(new Error('the CONNECT is not acceptable'), false);
  broker.authorizeSubscribe = (client, subscription, done) =>
    done(null, ownTopics(client).includes(subscription.topic) ? subscription : null);
  broker.authorizePublish = (client, packet, done) => {
    if (!client) return done(new Error('the broker publishes for itself'));
    const conversation = conversations.get(client) ?? createConversation(parts, client.id, (topic, body) => tell(client, topic, body));
    conversations.set(client, conversation);
    conversation.answer({ topic: packet.topic, payload: bytesOf(packet), qos: packet.qos, retain: packet.retain }).then(
      (outcome) => (outcome.ok ? done(null) : done(new Error(outcome.refusal.code))),
      (error: unknown) => done(new Error(error instanceof Fault ? error.code : 'INTERNAL')),
    );
  };
  // What a client publishes is for this program; nothing is passed on to other clients.
  broker.authorizeForward = (client, packet) => (ownTopics(client).includes(packet.topic) ? packet : null);
  return broker;
}

/**
 * A client id fit for a topic, no will (it would be published for a client that is gone), and a clean session: the others
 * outlive their connection, and nobody has to present anything to open one.
 */
function isAcceptable(packet: ConnectPacket): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(packet.clientId) && packet.will === undefined && packet.clean === true;
}

const ownTopics = (client: Client): readonly string[] => [`gate/${client.id}/request`, `gate/${client.id}/result`];

const bytesOf = ({ payload }: PublishPacket): Uint8Array => (typeof payload === 'string' ? utf8(payload) : new Uint8Array(payload));

function tell(client: Client, topic: 'request' | 'result', body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const packet: PublishPacket = {
      cmd: 'publish',
      topic: `gate/${client.id}/${topic}`,
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
