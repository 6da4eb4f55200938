import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { instant, type Clock } from '@gridpass/core';
import { createGuardedFetch, type GuardedFetch, type GuardedFetchOptions, withoutOrigins } from '../index.js';

const clock: Clock = { now: () => instant(1_800_000_000) };
const WANT = { accept: 'application/json', maxBytes: 1000, timeoutMs: 5000 };

let server: Server;
let origin: string;
let seen: IncomingMessage[] = [];
const open = new Set<GuardedFetch>();

function guarded(options: Partial<GuardedFetchOptions> = {}): GuardedFetch {
  const created = createGuardedFetch({ allow: [origin], allowPrivate: true, maxRedirects: 0, clock, ...options });
  open.add(created);
  return created;
}

const ROUTES: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/ok': (request, response) => {
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304, { etag: '"v1"' }).end();
    else
      response
        .writeHead(200, {
          'content-type': 'Application/JSON; charset=utf-8',
          etag: '"v1"',
          'cache-control': 'public, max-age=60',
          age: '10',
        })
        .end('{"a":1}');
  },
  '/missing': (_request, response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('no'),
  '/broken': (_request, response) => response.writeHead(500, { 'cache-control': 'no-store, max-age=9' }).end(),
  '/expires': (_request, response) => response.writeHead(200, { expires: new Date(1_800_000_100_000).toUTCString() }).end(),
  '/expired': (_request, response) => response.writeHead(200, { expires: '0' }).end(),
  '/redirect': (_request, response) => response.writeHead(302, { location: '/ok' }).end(),
  '/gzip': (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  '/large': (_request, response) => response.writeHead(200, { 'content-length': '5000000' }).write('x'),
  '/endless': (_request, response) => {
    response.on('error', () => undefined);
    const more = (): void => void (response.destroyed || response.write('x'.repeat(1000), more));
    more();
  },
  '/slow': (_request, response) => response.writeHead(200, { 'content-length': '10' }).write('x'),
  '/silent': () => undefined,
  '/cut': (request, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('x');
    request.socket.destroy();
  },
  '/echo': (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response.end(JSON.stringify({ method: request.method, body: Buffer.concat(chunks).toString(), x: request.headers['x-a'] })),
    );
  },
};

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    ROUTES[new URL(request.url ?? '/', 'http://x').pathname]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
beforeEach(() => {
  seen = [];
});
afterAll(async () => {
  await Promise.all([...open].map((each) => each.close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('what an open address answers', () => {
  it('comes back as status, media type, freshness and bytes', async () => {
    const outcome = await guarded().fetchDocument(`${origin}/ok`, WANT);
    expect(outcome.value).toEqual({
      status: 200,
      mediaType: 'application/json',
      etag: '"v1"',
      maxAgeSeconds: 50,
      bytes: new TextEncoder().encode('{"a":1}'),
      headers: expect.objectContaining({ etag: '"v1"' }),
    });
    expect(seen[0]?.headers).toMatchObject({ accept: 'application/json', 'accept-encoding': 'identity' });
  });

  it('may be that nothing changed', async () => {
    expect((await guarded().fetchDocument(`${origin}/ok`, { ...WANT, etag: '"v1"' })).value).toMatchObject({
      status: 304,
      bytes: new Uint8Array(),
    });
  });

  it('may be any status', async () => {
    expect((await guarded().fetchDocument(`${origin}/missing`, WANT)).value?.status).toBe(404);
    expect((await guarded().fetchDocument(`${origin}/broken`, WANT)).value).toMatchObject({ status: 500, mediaType: '', maxAgeSeconds: 0 });
  });

  it('is fresh until it expires', async () => {
    expect((await guarded().fetchDocument(`${origin}/expires`, WANT)).value?.maxAgeSeconds).toBe(100);
    expect((await guarded().fetchDocument(`${origin}/expired`, WANT)).value?.maxAgeSeconds).toBe(0);
  });

  it('may answer a posted body', async () => {
    const outcome = await guarded().fetchDocument(`${origin}/echo?q=1`, {
      ...WANT,
      method: 'POST',
      body: new TextEncoder().encode('hi'),
      headers: { 'X-A': 'b' },
    });
    expect(JSON.parse(new TextDecoder().decode(outcome.value?.bytes))).toEqual({ method: 'POST', body: 'hi', x: 'b' });
  });

  it('is reached without a list as well, where private addresses are open', async () => {
    expect((await guarded({ allow: [] }).fetchDocument(`${origin}/ok`, WANT)).value?.status).toBe(200);
  });
});

describe('an answer that cannot be used', () => {
  it.each(['/redirect', '/gzip', '/large', '/endless', '/cut'])('is a fault: %s', async (path) => {
    await expect(guarded().fetchDocument(origin + path, WANT)).rejects.toMatchObject({ code: 'REMOTE_UNAVAILABLE' });
    expect(seen).toHaveLength(1);
  });

  it.each(['/slow', '/silent'])('is a fault when the time is up: %s', async (path) => {
    await expect(guarded().fetchDocument(origin + path, { ...WANT, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'REMOTE_UNAVAILABLE',
      message: expect.stringContaining('in time'),
    });
  });

  it.each([[[]], [['https://slow.example']]])('is a fault when the name does not resolve in time, list %j', async (allow) => {
    const hanging = guarded({ allow, resolveName: () => new Promise(() => undefined) });
    await expect(hanging.fetchDocument('https://slow.example/', { ...WANT, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'REMOTE_UNAVAILABLE',
    });
  });

  it('is a fault when the server does not speak TLS', async () => {
    const site = guarded({ allow: [], resolveName: async () => [{ address: '127.0.0.1', family: 4 }] });
    await expect(site.fetchDocument(`https://site.example:${new URL(origin).port}/`, WANT)).rejects.toMatchObject({
      code: 'REMOTE_UNAVAILABLE',
    });
    expect(seen).toHaveLength(0);
  });

  it('does not disturb the next one', async () => {
    const one = guarded();
    await expect(one.fetchDocument(`${origin}/endless`, WANT)).rejects.toMatchObject({ code: 'REMOTE_UNAVAILABLE' });
    expect((await one.fetchDocument(`${origin}/ok`, WANT)).value?.status).toBe(200);
  });

  it('is a fault when nobody listens, or the name is unknown', async () => {
    await expect(guarded({ allow: ['http://127.0.0.1:1'] }).fetchDocument('http://127.0.0.1:1/', WANT)).rejects.toMatchObject({
      code: 'REMOTE_UNAVAILABLE',
      message: 'the remote party gave no usable answer (ECONNREFUSED)',
    });
    const failing = guarded({ allow: [], resolveName: () => Promise.reject(new Error('ENOTFOUND')) });
    await expect(failing.fetchDocument('https://nowhere.example/', WANT)).rejects.toMatchObject({ code: 'REMOTE_UNAVAILABLE' });
  });
});

describe('what may not be fetched', () => {
  const PUBLIC = { allow: [], allowPrivate: false, resolveName: () => Promise.reject(new Error('not to be asked')) };

  it.each([
    'http://example.com/',
    'http://127.0.0.1/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://0x7f.1/',
    'https://127.1/',
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://192.168.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://0.0.0.0/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fe80::1]/',
    'https://[fd00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://user@example.com/',
    'https://user:pw@example.com/',
    'https://example.com:8443/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:1',
    'example.com',
    '',
    'https://',
    'https://exa mple.com/',
    'https://example.com/\t',
    'https://example.com\\@127.0.0.1/',
    `https://example.com/${'a'.repeat(3000)}`,
  ])('is refused before anything is sent: %s', async (url) => {
    expect((await guarded(PUBLIC).fetchDocument(url, WANT)).refusal?.code).toBe('URL_NOT_ALLOWED');
  });

  it('is anything off the list', async () => {
    for (const url of [
      'https://example.com/',
      `${origin}0/`,
      origin.replace('127.0.0.1', '127.0.0.2'),
      origin.replace('http:', 'https:'),
    ]) {
      expect((await guarded().fetchDocument(url, WANT)).refusal?.code).toBe('URL_NOT_ALLOWED');
    }
    expect(seen).toHaveLength(0);
  });

  it.each([['127.0.0.1'], ['10.0.0.7'], ['169.254.169.254'], ['::1'], ['::ffff:127.0.0.1']])(
    'is a name that leads to %s, even beside a public address',
    async (address) => {
      const family = address.includes(':') ? 6 : 4;
      const rebound = guarded({
        allow: ['https://rebind.example'],
        allowPrivate: false,
        resolveName: async () => [
          { address: '93.184.216.34', family: 4 },
          { address, family },
        ],
      });
      expect((await rebound.fetchDocument('https://rebind.example/', WANT)).refusal?.detail).toBe(
        'address behind the name; private addresses are open with fetch.allowPrivate alone',
      );
      const empty = guarded({ allow: [], allowPrivate: false, resolveName: async () => [] });
      expect((await empty.fetchDocument('https://rebind.example/', WANT)).refusal?.code).toBe('URL_NOT_ALLOWED');
    },
  );

  it('is link-local even where private addresses are open', async () => {
    const site = guarded({ allow: [], resolveName: async () => [{ address: '169.254.169.254', family: 4 }] });
    expect((await site.fetchDocument('https://metadata.example/', WANT)).refusal?.code).toBe('URL_NOT_ALLOWED');
    expect((await site.fetchDocument('https://169.254.169.254/', WANT)).refusal?.code).toBe('URL_NOT_ALLOWED');
  });

  it('is a localhost that is not loopback', async () => {
    const site = guarded({ allow: [], resolveName: async () => [{ address: '10.0.0.1', family: 4 }] });
    expect((await site.fetchDocument('http://localhost:1/', WANT)).refusal?.code).toBe('URL_NOT_ALLOWED');
  });
});

describe('a name', () => {
  it('is resolved once for a connection, and the checked address is the one connected to', async () => {
    const port = new URL(origin).port;
    let asked = 0;
    const resolving = guarded({
      allow: [`http://localhost:${port}`],
      resolveName: async () => {
        asked += 1;
        return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
      },
    });
    expect((await resolving.fetchDocument(`http://localhost:${port}/ok`, WANT)).value?.status).toBe(200);
    expect(asked).toBe(1);
    expect(seen[0]?.headers.host).toBe(`localhost:${port}`);
  });
});

describe('createGuardedFetch', () => {
  it('says whether plain http is open to the loopback, also behind withoutOrigins, for those who judge an address before it is fetched', () => {
    for (const allowPrivate of [true, false]) {
      const made = guarded({ allow: [], allowPrivate });
      expect([made.loopbackHttp, withoutOrigins(made, []).loopbackHttp]).toEqual([allowPrivate, allowPrivate]);
    }
  });

  it.each([['https://example.com/'], ['example.com'], ['https://EXAMPLE.com'], ['*'], ['https://example.com/path']])(
    'stops at the list entry %s, which is no origin',
    (entry) => {
      expect(() => guarded({ allow: [entry] })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    },
  );

  it('stops at a plain http entry that is not loopback or not opened', () => {
    expect(() => guarded({ allow: ['http://example.com'] })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => guarded({ allow: ['http://127.0.0.1:80'.replace(':80', ':81')], allowPrivate: false })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it.each(['Host', 'content-length', 'Transfer-Encoding', 'cookie'])('does not let a caller set %s', async (name) => {
    await expect(guarded().fetchDocument(`${origin}/ok`, { ...WANT, headers: { [name]: 'x' } })).rejects.toMatchObject({
      code: 'REQUEST_MALFORMED',
    });
  });

  it('does not let a header value break out', async () => {
    await expect(guarded().fetchDocument(`${origin}/ok`, { ...WANT, headers: { 'x-a': 'b\r\nx: y' } })).rejects.toThrow();
    expect(seen).toHaveLength(0);
  });
});
