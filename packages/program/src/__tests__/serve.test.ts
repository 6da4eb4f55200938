import { request } from 'node:http';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { noteRequest } from '@gridpass/gate';
import { NOON, createFakeClock } from '@gridpass/testkit';
import { listen, type Listening } from '../listen.js';
import { createReadiness } from '../readiness.js';
import type { RequestLine } from '../request-line.js';
import { serve } from '../serve.js';

const open: Listening[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(handler: RequestListener): Promise<{
  readonly origin: string;
  readonly port: number;
  readonly lines: readonly RequestLine[];
  readonly server: Listening;
  readonly readiness: ReturnType<typeof createReadiness>;
  next(): Promise<RequestLine>;
}> {
  const lines: RequestLine[] = [];
  let heard = (): void => undefined;
  const readiness = createReadiness({ clock: createFakeClock(NOON) });
  const log = (line: RequestLine): void => {
    lines.push(line);
    heard();
  };
  const server = await listen(serve(handler, { readiness, log, tenant: 'market' }), { host: '127.0.0.1', port: 0 });
  open.push(server);
  return {
    origin: `http://127.0.0.1:${server.port}`,
    port: server.port,
    lines,
    server,
    readiness,
    next: () =>
      new Promise((resolve) => {
        const look = (): void => {
          const line = lines.at(-1);
          if (line !== undefined) resolve(line);
        };
        heard = look;
        look();
      }),
  };
}

describe('the line of a request', () => {
  it('holds the pattern of the route and what was noted, and never path, query or header', async () => {
    const { origin, next } = await start((req, response) => {
      noteRequest(req, { route: '/orders/:id', actor: 'operator', requestId: 'r-1', code: 'CONFLICT' });
      response.writeHead(409).end();
    });
    await fetch(`${origin}/orders/of-anna?token=secret`, { headers: { authorization: 'Bearer secret' } });
    const line = await next();
    expect(line).toEqual({
      kind: 'request',
      tenant: 'market',
      actor: 'operator',
      method: 'GET',
      route: '/orders/:id',
      status: 409,
      code: 'CONFLICT',
      durationMs: expect.any(Number),
      requestId: 'r-1',
    });
  });

  it('calls what nobody answers unmatched, and a method that is none other', async () => {
    const { port, next } = await start((_req, response) => response.writeHead(404).end());
    const socket = connect(port, '127.0.0.1');
    socket.end('PROPFIND /secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await next()).toMatchObject({ method: 'other', route: 'unmatched', status: 404, requestId: '' });
    socket.destroy();
  });

  it('counts a client that left before its answer as 499', async () => {
    let arrived = (): void => undefined;
    const here = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { origin, next } = await start(() => arrived());
    const asking = request(`${origin}/`).on('error', () => undefined);
    asking.end();
    await here;
    asking.destroy();
    expect(await next()).toMatchObject({ status: 499 });
  });
});

describe('the probes', () => {
  it.each(['GET', 'HEAD'])('answer %s in front of the program, without a line', async (method) => {
    const { origin, lines } = await start((_req, response) => response.writeHead(404).end());
    for (const path of ['/livez', '/readyz']) expect((await fetch(`${origin}${path}`, { method })).status).toBe(200);
    expect(lines).toEqual([]);
  });

  it.each(['/livez/', '/readyz?verbose', '/constructor', '/__proto__', '//livez'])('are not at %s', async (path) => {
    const { origin, next } = await start((_req, response) => response.writeHead(404).end());
    expect((await fetch(`${origin}${path}`)).status).toBe(404);
    expect(await next()).toMatchObject({ route: 'unmatched' });
  });

  it('say 503 from the moment on at which the program takes its leave; it is alive all the same', async () => {
    const { origin, readiness } = await start(() => undefined);
    readiness.drain();
    const ready = await fetch(`${origin}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining', checks: [] }]);
    expect((await fetch(`${origin}/livez`)).status).toBe(200);
  });
});

describe('a server that ends', () => {
  it('answers what was asked before, and takes nothing more', async () => {
    let answer = (): void => undefined;
    let arrived = (): void => undefined;
    const here = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { origin, server } = await start((_req, response) => {
      answer = () => void response.end('answered');
      arrived();
    });
    const asking = fetch(`${origin}/slow`);
    await here;
    const closed = server.close();
    await expect(fetch(`${origin}/late`)).rejects.toThrow();
    answer();
    expect(await (await asking).text()).toBe('answered');
    await closed;
  });
});
