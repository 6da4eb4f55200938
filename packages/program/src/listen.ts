import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { Fault } from '@gridpass/core';
import type { Reload } from './reload.js';
import type { TlsFiles } from './tls-config.js';
import { openPair } from './tls-files.js';

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Its certificate, where it has one; connections that stand keep the one they began with. */
  readonly reloads: readonly Reload[];
  /** Takes nothing more, waits for the requests in flight, within {@link IN_FLIGHT_MS}, and ends every connection. */
  close(): Promise<void>;
}

/** Takes over a connection that asks for another protocol. Whoever takes it ends it too, before the server is closed. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A request has to be here to its last byte within this time. What is done with it then may take longer. */
export const REQUEST_TIMEOUT_MS = 60_000;

/** How long a server that ends waits for what it was asked before. */
export const IN_FLIGHT_MS = 10_000;

/** How long a client may take for the handshake of TLS. */
const HANDSHAKE_MS = 10_000;

/** Where a server listens, and with which certificate. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsFiles | undefined;
}

/**
 * Listens for HTTP, over TLS alone where there is a certificate. Throws Fault PORT_BUSY that says which port and what to do, and InputError
 * CONFIG_INVALID for a certificate that is none, under `key` of the configuration. Slow clients are cut off by Node's own bounds.
 */
export function listen(
  handler: RequestListener,
  { host, port, tls }: ListenAddress,
  { upgrade, key = 'http' }: { readonly upgrade?: UpgradeListener; readonly key?: string } = {},
): Promise<Listening> {
  const inFlight = createInFlight();
  const { server, reloads, endConnections } = createServing(tls, `${key}.tls`, (request, response) => {
    inFlight.add(response);
    handler(request, response);
  });
  server.headersTimeout = 20_000;
  if (upgrade !== undefined) server.on('upgrade', upgrade);
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new Fault('PORT_BUSY', `port ${port} is taken by another program; free it or configure another`, { cause })
          : cause,
      ),
    );
    server.listen(port, host, () => {
      const bound = server.address();
      resolve({
        port: typeof bound === 'object' && bound ? bound.port : port,
        reloads,
        close: async () => {
          const closed = new Promise<void>((done) => void server.close(() => done()));
          await inFlight.end(IN_FLIGHT_MS);
          endConnections();
          await closed;
        },
      });
    });
  });
}

const OPTIONS = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 10_000, maxHeaderSize: 16_384 };

function createServing(tls: TlsFiles | undefined, key: string, handler: RequestListener) {
  if (tls === undefined) {
    const server = createServer(OPTIONS, handler);
    return { server, reloads: [], endConnections: () => server.closeAllConnections() };
  }
  const opened = openPair(key, tls);
  const server = createTlsServer({ ...OPTIONS, ...opened.pair, handshakeTimeout: HANDSHAKE_MS }, handler);
  // Whoever has not finished a handshake is no HTTP connection yet, and would hold back the end.
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => void sockets.add(socket.once('close', () => sockets.delete(socket))));
  // A client makes its key once; to make another on the same connection costs this side far more than that one.
  server.on('secureConnection', (socket) => socket.disableRenegotiation());
  return {
    server,
    reloads: [opened.reload((pair) => server.setSecureContext(pair))],
    endConnections: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

interface InFlight {
  add(response: ServerResponse): void;
  /** Done when no answer is under way any more, or after so many milliseconds. */
  end(withinMs: number): Promise<void>;
}

/** Knows the answers that are under way. What is asked on an open connection while the server ends is answered, and the connection ends with it. */
function createInFlight(): InFlight {
  const open = new Set<ServerResponse>();
  let onEmpty: (() => void) | undefined;
  return {
    add: (response) => {
      open.add(response);
      if (onEmpty !== undefined) response.shouldKeepAlive = false;
      response.once('close', () => {
        open.delete(response);
        if (open.size === 0) onEmpty?.();
      });
    },
    end: async (withinMs) => {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        onEmpty = resolve;
        for (const response of open) response.shouldKeepAlive = false;
        if (open.size === 0) resolve();
        else timer = setTimeout(resolve, withinMs);
      });
      clearTimeout(timer);
    },
  };
}
