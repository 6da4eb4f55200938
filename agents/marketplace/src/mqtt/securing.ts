import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { TlsPair } from '@gridpass/program';

/** Puts TLS on connections that were let in. */
export interface Securing {
  /** Calls `then` with what speaks TLS over the connection, once the handshake is done; the connection's own deadline covers the handshake. */
  secure(socket: Socket, then: (secured: TLSSocket) => void): void;
  /** The certificate of connections to come. */
  renew(pair: TlsPair): void;
}

/**
 * The server never listens by itself: places and buckets count a connection before its handshake, or whoever begins many and ends none would
 * be counted nowhere.
 */
export function createSecuring(pair: TlsPair, handshakeTimeout: number): Securing {
  const server = createServer({ ...pair, handshakeTimeout });
  const waiting = new Map<string, (secured: TLSSocket) => void>();
  server.on('secureConnection', (secured) => {
    const then = waiting.get(endOf(secured));
    if (then === undefined) secured.destroy();
    else {
      secured.disableRenegotiation();
      then(secured);
    }
  });
  server.on('tlsClientError', (_error, secured) => secured.destroy());
  return {
    secure: (socket, then) => {
      // Its ends name a connection while it stands; of a server's TLS socket its connection cannot be asked for.
      const end = endOf(socket);
      waiting.set(end, then);
      socket.once('close', () => waiting.delete(end));
      server.emit('connection', socket);
    },
    renew: (next) => server.setSecureContext(next),
  };
}

/** Both ends: one remote end may have a connection to each address of this machine. */
const endOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string =>
  [remoteAddress, remotePort, localAddress, localPort].join(' ');
