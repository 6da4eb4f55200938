import type { IncomingMessage } from 'node:http';

/** What a body is read from: a Koa context, or a request and a way to set headers of its answer. */
export interface BodyTransport {
  readonly req: IncomingMessage;
  set(name: string, value: string): void;
}

/** How much of a body is thrown away behind an answer, and for how long. */
export interface DiscardBounds {
  readonly maxBytes: number;
  readonly withinMs: number;
}

/** A client that has sent a file by mistake gets to the end of it and reads the answer. One that goes on is cut off. */
const DISCARD: DiscardBounds = { maxBytes: 67_108_864, withinMs: 10_000 };

/**
 * For an answer that is given before the body is here: the connection ends with it, and the client can read it. A connection that is closed
 * while something unread lies on it is reset, and what the client has not read yet is lost (RFC 9112 9.6). So our side is closed
 * with the answer, and what still comes is thrown away within bounds. Does nothing for a body that is here as a whole. To be called before the
 * head of the answer is written.
 */
export function answerUnread(transport: BodyTransport, { maxBytes, withinMs } = DISCARD): void {
  const { req } = transport;
  const { socket } = req;
  // A method of its own says that this was called before.
  if (req.complete || socket.destroyed || Object.hasOwn(socket, 'destroySoon')) return;
  transport.set('Connection', 'close');
  // Nothing is thrown away before the answer is on its way. A body that was never asked for would be thrown away by Node, without a bound.
  req.pause().read(0);
  const close = socket.destroySoon.bind(socket);
  // By this Node ends a connection whose last answer is written.
  socket.destroySoon = () => {
    if (req.complete) return close();
    let left = maxBytes;
    const timer = setTimeout(() => socket.destroy(), withinMs);
    socket.once('close', () => clearTimeout(timer)).end();
    req.once('end', close).on('data', (chunk: Uint8Array) => {
      left -= chunk.length;
      if (left < 0) socket.destroy();
    });
    req.resume();
  };
}
