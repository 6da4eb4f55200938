import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import { Fault } from '@gridpass/core';

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Ends the server and every connection to it. */
  close(): Promise<void>;
}

/** Takes over a connection that asks for another protocol. Whoever takes it ends it too, before the server is closed. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A request has to be here to its last byte within this time. What is done with it then may take longer. */
export const REQUEST_TIMEOUT_MS = 60_000;

/** Listens for HTTP; throws Fault PORT_BUSY that says which port and what to do. Slow clients are cut off by Node's own bounds. */
export function listen(
  handler: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
  upgrade?: UpgradeListener,
): Promise<Listening> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 10_000, maxHeaderSize: 16_384 }, handler);
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
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
