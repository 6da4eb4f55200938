// An answer that is given before the body is here reaches its client, over real connections; and what still comes is read within bounds.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { InputError } from '@gridpass/core';
import Koa, { type Middleware } from 'koa';
import { createErrorMapper } from '../answer.js';
import { createProgramErrorMapper, unwrap } from '../program-answer.js';
import { readBody } from '../transport.js';
import { answerUnread } from '../unread-body.js';

const MIB = 1_048_576;
const PIECE = Buffer.alloc(MIB, 0x78);

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  server = undefined;
});

async function serve(listener: RequestListener): Promise<number> {
  server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

interface Client {
  readonly socket: Socket;
  /** When the server has ended its side, or there is no connection any more. */
  readonly over: Promise<unknown>;
  readonly errors: unknown[];
  heard: string;
}

/** A connection that has sent the head of a request, and what has been heard on it so far. */
async function open(port: number, ...headers: readonly string[]): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const over = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  const client: Client = { socket, over, heard: '', errors: [] };
  socket.on('error', (error) => client.errors.push(error));
  socket.on('data', (chunk) => (client.heard += chunk.toString('latin1')));
  await once(socket, 'connect');
  socket.write(['POST / HTTP/1.1', 'Host: gate', ...headers, '', ''].join('\r\n'));
  return client;
}

/** Writes a piece and waits until the connection has taken it, or is closed. */
const write = (socket: Socket, piece: Uint8Array): Promise<unknown> =>
  new Promise((resolve) => {
    socket.once('close', resolve);
    socket.write(piece, () => {
      socket.off('close', resolve);
      resolve(undefined);
    });
  });

const koa = (...middleware: readonly Middleware[]): RequestListener => {
  const app = new Koa();
  for (const one of middleware) app.use(one);
  const answer = app.callback();
  return (req, res) => void answer(req, res);
};
const bodyOf: Middleware = async (ctx) => {
  ctx.body = unwrap(await readBody(ctx, 1_000, 5_000));
};
const nobody: Middleware = () => {
  throw new InputError('ADMIN_TOKEN_INVALID', 'nobody');
};
const programErrors = createProgramErrorMapper({ log: () => undefined, logsDetail: false });

const SERVERS: readonly (readonly [string, RequestListener, RegExp])[] = [
  ['too much for a program', koa(programErrors, bodyOf), /^HTTP\/1\.1 413 .*"code":"BODY_TOO_LARGE"/s],
  ['of nobody, at a program', koa(programErrors, nobody), /^HTTP\/1\.1 401 .*"code":"ADMIN_TOKEN_INVALID"/s],
  [
    'of nobody, at a gate',
    koa(
      createErrorMapper(() => undefined),
      nobody,
    ),
    /^HTTP\/1\.1 401 .*"code":"ADMIN_TOKEN_INVALID"/s,
  ],
  [
    'too much where no mapper stands',
    (req, res) =>
      void readBody({ req, set: (name, value) => res.setHeader(name, value) }, 1_000, 5_000).then((read) =>
        res.writeHead(413).end(read.ok ? '' : read.refusal.code),
      ),
    /^HTTP\/1\.1 413 .*BODY_TOO_LARGE/s,
  ],
];
const SENT = [
  ['announced', `Content-Length: ${40 * MIB}`, []],
  ['in chunks', 'Transfer-Encoding: chunked', [Buffer.from(`${MIB.toString(16)}\r\n`), Buffer.from('\r\n')]],
] as const;

describe.each(SERVERS)('the answer to a body that is %s', (_what, listener, expected) => {
  describe.each(SENT)('%s', (_how, header, [before, after]) => {
    const pieces = [before, PIECE, after].filter((piece) => piece !== undefined);

    it('is read by a client that first sends all of its 40 MiB', async () => {
      const client = await open(await serve(listener), header);
      client.socket.pause();
      for (let sent = 0; sent < 40; sent += 1) for (const piece of pieces) await write(client.socket, piece);
      if (before !== undefined) await write(client.socket, Buffer.from('0\r\n\r\n'));
      client.socket.resume();
      await client.over;
      expect({ heard: client.heard, errors: client.errors }).toEqual({ heard: expect.stringMatching(expected), errors: [] });
      expect(client.heard).toMatch(/^connection: close\r$/im);
    });
  });

  it('is read by a client that never comes to an end, and is cut off then', async () => {
    const client = await open(await serve(listener), 'Transfer-Encoding: chunked');
    const [before = PIECE, after = PIECE] = SENT[1][2];
    let ended = false;
    let answeredAfter = -1;
    client.socket.once('end', () => (ended = true));
    // Far more than the bound and what lies on the way; whoever is not cut off is found out, not waited for.
    let sent = 0;
    for (; sent < 512 && !client.socket.closed; sent += 1) {
      for (const piece of [before, PIECE, after]) await write(client.socket, piece);
      if (answeredAfter < 0 && expected.test(client.heard)) answeredAfter = sent;
    }
    expect({ heard: client.heard, ended }).toEqual({ heard: expect.stringMatching(expected), ended: true });
    // The answer was there long before the end of what is thrown away.
    expect(answeredAfter).toBeGreaterThanOrEqual(0);
    expect([answeredAfter < 40, sent >= 40, sent < 512]).toEqual([true, true, true]);
  });
});

describe('what is thrown away behind an answer', () => {
  const answerAt =
    (bounds: { readonly maxBytes: number; readonly withinMs: number }): RequestListener =>
    (req, res) => {
      const transport = { req, set: (name: string, value: string) => void res.setHeader(name, value) };
      answerUnread(transport, bounds);
      // Whoever asks twice gets the same.
      answerUnread(transport, bounds);
      res.end('answered');
    };
  const LONG = 600_000;

  /** The server's end of the connection that comes next. */
  const accepted = (): Promise<Socket> => new Promise((resolve) => server?.once('connection', resolve));
  const closed = async (socket: Socket): Promise<void> => {
    if (!socket.closed) await once(socket, 'close');
  };

  it('is as many bytes as the bound says, and not one more', async () => {
    const port = await serve(answerAt({ maxBytes: 5, withinMs: LONG }));
    const [atServer, client] = await Promise.all([accepted(), open(port, 'Content-Length: 100')]);
    await client.over;
    expect(client.heard).toMatch(/answered$/);
    const before = atServer.bytesRead;
    client.socket.write('12345');
    while (!atServer.destroyed && atServer.bytesRead < before + 5) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(atServer.destroyed).toBe(false);
    client.socket.write('6');
    await closed(atServer);
    client.socket.destroy();
  });

  it('is what comes within the bound of time', async () => {
    const port = await serve(answerAt({ maxBytes: MIB, withinMs: 20 }));
    const [atServer, client] = await Promise.all([accepted(), open(port, 'Content-Length: 100')]);
    await client.over;
    expect(client.heard).toMatch(/answered$/);
    await closed(atServer);
    client.socket.destroy();
  });

  it('ends with the body, whose last byte closes the connection', async () => {
    const port = await serve(answerAt({ maxBytes: MIB, withinMs: LONG }));
    const [atServer, client] = await Promise.all([accepted(), open(port, 'Content-Length: 5')]);
    await client.over;
    client.socket.write('12345');
    await closed(atServer);
    expect(client.errors).toEqual([]);
    client.socket.destroy();
  });

  it('is nothing where the body is here: the connection goes on', async () => {
    const port = await serve(koa(programErrors, async (ctx, next) => void (await readBody(ctx, 10, 5_000), await next()), nobody));
    const client = await open(port, 'Content-Length: 5');
    client.socket.write('12345');
    while (!client.heard.includes('ADMIN_TOKEN_INVALID')) await once(client.socket, 'data');
    expect(client.heard).not.toMatch(/^connection: close\r$/im);
    client.socket.destroy();
  });
});
