import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { pipeline } from 'node:stream';

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A place that ends TLS in front of a program. */
export interface Terminator {
  close(): Promise<void>;
}

/** Ends TLS for HTTP on one port of the loopback and passes requests and upgrades on, as a reverse proxy does: with the client's address and no name of its own. */
export function terminateHttps(at: number, to: number, certificate: Certificate): Promise<Terminator> {
  const pass = (incoming: IncomingMessage, response: ServerResponse): void => {
    const { method, url, headers, socket } = incoming;
    const outgoing = request({
      ...{ host: '127.0.0.1', port: to, method, path: url },
      headers: { ...headers, 'x-forwarded-for': socket.remoteAddress ?? '' },
    });
    outgoing.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => undefined);
    });
    pipeline(incoming, outgoing, () => undefined);
  };
  const server = createHttps(certificate, pass);
  server.on('upgrade', (incoming: IncomingMessage, client: Socket, head: Buffer) => {
    const program = connect(to, '127.0.0.1', () => {
      const lines = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      program.write(`${incoming.method ?? 'GET'} ${incoming.url ?? '/'} HTTP/1.1\r\n${lines.join('')}\r\n`);
      program.write(head);
      pipeline(program, client, program, () => undefined);
    });
    program.on('error', () => client.destroy());
  });
  return listen(server, at);
}

/** Ends TLS for anything over TCP: MQTT here. */
export function terminateTls(at: number, to: number, certificate: Certificate): Promise<Terminator> {
  return listen(
    createTls(certificate, (client) => {
      const program = connect(to, '127.0.0.1');
      pipeline(client, program, client, () => undefined);
    }),
    at,
  );
}

function listen(server: Server, port: number): Promise<Terminator> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () =>
      resolve({
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of sockets) socket.destroy();
          }),
      }),
    );
  });
}
