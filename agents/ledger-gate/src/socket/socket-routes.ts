import { ServerResponse } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import { ok, refuse } from '@gridpass/core';
import type { Clock, Outcome, RefusalCode } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import { accessOf } from '@gridpass/gate';
import type { ClientLimit, Gate } from '@gridpass/gate';
import type { Context, Next } from 'koa';
import { WebSocketServer } from 'ws';
import type { RpcAnswer, RpcSession } from '../rpc/answer.js';
import type { NodePort } from '../rpc/node-port.js';
import type { RpcRole } from '../rpc/methods.js';
import type { RateBucket } from '../rpc/rate-bucket.js';
import { createChainFeed } from './chain-feed.js';
import { openConnection } from './connection.js';
import type { Connection, ConnectionLimits, ConnectionParts } from './connection.js';

export interface SocketParts {
  readonly answer: (body: Uint8Array, session: RpcSession) => Promise<RpcAnswer>;
  readonly node: NodePort;
  readonly gate: Pick<Gate, 'use'>;
  readonly clock: Clock;
  /** Origins whose pages may connect; programs send none. */
  readonly origins: readonly string[];
  /** Contracts whose logs may be subscribed to, lower case. */
  readonly openContracts: ReadonlySet<string>;
  readonly maxBytes: number;
  readonly limits: ConnectionLimits & {
    readonly connections: number;
    readonly connectionsPerAddress: number;
    readonly connectionsPerGrant: number;
    readonly subscriptionsPerGrant: number;
  };
  readonly clientOf: ClientLimit['clientOf'];
  readonly perAddress: RateBucket;
  /** What a client without a call left is told to wait, in seconds. */
  readonly waitSeconds: ClientLimit['waitSeconds'];
  readonly perGrant: RateBucket;
  readonly pings: RateBucket;
  readonly pollMs: number;
  readonly recheckSeconds: number;
  readonly onFault: (cause: unknown) => void;
}

/** Who a connection belongs to; strangers have no grant. */
interface Client {
  readonly address: string;
  readonly grantId?: string;
  readonly client: ConnectionParts['client'];
}

/** How long a client may take to answer a close before the connection is cut. */
const CLOSE_MS = 5_000;

/** All WebSockets of a gate. */
export interface Sockets {
  /** Hands an upgrade to the same routes as any request, so that a session is proven the same way and refused the same way. */
  upgrade(answerHttp: RequestListener): (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** The handler of a route that may be upgraded; other requests go on. */
  route(role: RpcRole, channel?: string): (ctx: Context, next: Next) => Promise<void>;
  /** One round of asking whether the sessions still stand. */
  recheck(): Promise<void>;
  /** How many are open. */
  readonly size: number;
  close(): void;
}

/** Makes the WebSocket side of the gate: no compression, text alone, bounded in number and memory. */
export function createSockets(parts: SocketParts): Sockets {
  // Named first: the types of ws do not know `closeTimeout` yet.
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: parts.maxBytes,
    closeTimeout: CLOSE_MS,
    maxFragments: 1024,
    maxBufferedChunks: 4096,
    handleProtocols: (): false => false,
  };
  const server = new WebSocketServer(options);
  const upgrading = new WeakMap<IncomingMessage, { readonly socket: Duplex; readonly head: Buffer; readonly response: ServerResponse }>();
  const open = new Map<Connection, Client>();
  const feed = createChainFeed({
    node: parts.node,
    addresses: [...parts.openContracts],
    pollMs: parts.pollMs,
    tell: (news) => {
      for (const connection of open.keys()) connection.tell(news);
      if (![...open.keys()].some(({ subscriptions }) => subscriptions > 0)) feed.stop();
    },
    onFault: parts.onFault,
    onLost: (code) => {
      for (const connection of open.keys()) connection.endListening(code);
    },
  });

  const openOf = (grantId: string): readonly Connection[] =>
    [...open].flatMap(([connection, client]) => (client.grantId === grantId ? [connection] : []));

  function checkPlace(request: IncomingMessage, { address, grantId }: Client): Outcome<true> {
    const { origin } = request.headers;
    // Only browsers send one, and they send it for whatever page asks them to.
    if (origin !== undefined && !parts.origins.includes(origin)) return refuse('METHOD_NOT_ALLOWED', 'transport', 'origin');
    const { connections, connectionsPerAddress, connectionsPerGrant } = parts.limits;
    const here = [...open.values()].filter((other) => other.address === address).length;
    const full = open.size >= connections || here >= connectionsPerAddress;
    const ofGrant = grantId !== undefined && openOf(grantId).length >= connectionsPerGrant;
    return full || ofGrant ? refuse('RATE_LIMITED', 'transport', 'connections') : ok(true);
  }

  /** What a client may ask for; its grant's other connections draw on the same. */
  function limitsOf({ address, grantId }: Client): Pick<ConnectionParts, 'spend' | 'mayListen'> {
    if (grantId === undefined)
      return { spend: (calls, at) => calls === 1 || parts.perAddress.take(address, at, calls - 1), mayListen: () => true };
    return {
      spend: (calls, at) => parts.perGrant.take(grantId, at, calls),
      mayListen: () => openOf(grantId).reduce((sum, { subscriptions }) => sum + subscriptions, 0) < parts.limits.subscriptionsPerGrant,
    };
  }

  async function recheck(): Promise<void> {
    await Promise.all([...open.keys()].map((connection) => connection.recheck()));
  }
  const timer = setInterval(() => void recheck(), parts.recheckSeconds * 1000);

  return {
    get size() {
      return open.size;
    },
    recheck,
    upgrade: (answerHttp) => (request, socket, head) => {
      // The parser has let go of the connection: its errors are ours until somebody takes it.
      socket.on('error', () => socket.destroy());
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
      response.on('finish', () => socket.end(() => socket.destroy()));
      upgrading.set(request, { socket, head, response });
      void answerHttp(request, response);
    },
    route: (role, channel) =>
      async function openSocket(ctx, next) {
        const upgrade = upgrading.get(ctx.req);
        if (upgrade === undefined || ctx.req.headers.upgrade?.toLowerCase() !== 'websocket') {
          await next();
          return;
        }
        const turnedDown = (status: number, code: RefusalCode, requestId: string): void => {
          ctx.status = status;
          ctx.body = { code, requestId };
        };
        const address = parts.clientOf(ctx.req);
        const at = parts.clock.now();
        const access = channel === undefined ? undefined : accessOf(ctx);
        const requestId = access?.requestId ?? randomToken(16);
        if (!parts.perAddress.take(address, at)) {
          ctx.set('Retry-After', String(parts.waitSeconds(address, at)));
          return turnedDown(429, 'RATE_LIMITED', requestId);
        }
        const client: Client =
          access === undefined
            ? { address, client: { name: address, stranger: true } }
            : { address, grantId: access.grantId, client: { name: `holder:${access.holderDid}`, stranger: false } };
        const place = checkPlace(ctx.req, client);
        if (!place.ok) return turnedDown(place.refusal.code === 'RATE_LIMITED' ? 429 : 403, place.refusal.code, requestId);
        const { socket, head, response } = upgrade;
        ctx.respond = false;
        response.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0]);
        server.handleUpgrade(ctx.req, socket, head, (webSocket) => {
          const connection = openConnection(webSocket, {
            answer: parts.answer,
            clock: parts.clock,
            role,
            address,
            client: client.client,
            ...limitsOf(client),
            openContracts: parts.openContracts,
            limits: parts.limits,
            perAddress: parts.perAddress,
            pings: parts.pings,
            listen: () => feed.start(),
            onUnexpected: parts.onFault,
            onEnd: () => {
              open.delete(connection);
            },
            checkSession: async (asked) => {
              if (access === undefined) return ok(true);
              const use = await parts.gate.use({
                grantId: access.grantId,
                channel: access.channel,
                action: 'rpc',
                resource: { channel: access.channel },
                restSeconds: parts.recheckSeconds,
                ...asked,
              });
              if (use.kind === 'permitted') return ok(true);
              return use.kind === 'refused'
                ? { ok: false, refusal: use.refusal }
                : refuse('POLICY_DENIED', 'session', 'the policy does not permit this any more');
            },
          });
          open.set(connection, client);
        });
      },
    close: () => {
      clearInterval(timer);
      feed.stop();
      for (const connection of open.keys()) connection.kill();
      server.close();
    },
  };
}
