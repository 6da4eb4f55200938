import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createGuardedFetch } from '@gridpass/net';
import { createCertificate, layCertificate } from '@gridpass/testkit';
import { listen, type Listening } from '../listen.js';
import { reloadOf } from '../reload.js';
import { systemClock } from '../system-clock.js';
import type { TlsFiles } from '../tls-config.js';
import type { ServedCertificate } from '../tls-files.js';

describe('a listener with a certificate', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gridpass-listen-tls-'));
  let first: Awaited<ReturnType<typeof createCertificate>>;
  let files: TlsFiles;
  let server: Listening;
  beforeAll(async () => {
    first = await createCertificate();
    files = layCertificate(directory, first);
    server = await listen((_request, response) => response.end('here'), { host: '127.0.0.1', port: 0, tls: files });
  });
  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });

  const ask = (ca: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const asking = request({ host: 'localhost', port: server.port, ca, agent: false }, (response) => {
        response.setEncoding('utf8').once('data', resolve);
      });
      asking.once('error', reject).end();
    });
  const shake = (options: ConnectionOptions): Promise<string | null> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: 'localhost', port: server.port, ca: first.cert, ...options }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      });
      socket.once('error', reject);
    });

  it('answers over TLS, 1.2 at least, and nothing without', async () => {
    expect(await ask(first.cert)).toBe('here');
    expect(await shake({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    await expect(shake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toThrow(
      /protocol|handshake/i,
    );
    await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow();
  });

  it('is named by the code of its certificate alone where a fetch of ours does not trust it', async () => {
    const origin = `https://localhost:${server.port}`;
    const out = createGuardedFetch({ allow: [origin], allowPrivate: true, maxRedirects: 0, clock: systemClock });
    try {
      await expect(out.fetchDocument(`${origin}/`, { accept: 'text/plain', maxBytes: 100, timeoutMs: 5_000 })).rejects.toMatchObject({
        code: 'REMOTE_UNAVAILABLE',
        message: 'the remote party gave no usable answer (DEPTH_ZERO_SELF_SIGNED_CERT)',
      });
    } finally {
      await out.close();
    }
  });

  it('lets no client make keys again on its connection', async () => {
    const ended = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: 'localhost', port: server.port, ca: first.cert, maxVersion: 'TLSv1.2' }, () => {
        socket.renegotiate({}, (error) => resolve(error !== null));
      });
      socket
        .once('error', () => resolve(true))
        .once('close', () => resolve(true))
        .resume();
    });
    expect(ended).toBe(true);
    expect(await ask(first.cert)).toBe('here');
  });

  it('ends although somebody never finishes a handshake', async () => {
    const other = await listen(() => undefined, { host: '127.0.0.1', port: 0, tls: files });
    const idle = connectTcp(other.port, '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const gone = new Promise((resolve) => idle.once('close', resolve));
    idle.on('error', () => undefined);
    await other.close();
    await gone;
  });

  it('takes a renewed certificate, and keeps the one that it has for a pair that does not fit', async () => {
    const told: object[] = [];
    const ends: (() => number)[] = [];
    const meter = { watchCertificates: (served: readonly ServedCertificate[]) => void ends.push(...served.map(({ endsAt }) => endsAt)) };
    const { reload } = reloadOf(server.reloads, (event) => void told.push(event), meter);
    const endOf = (cert: string): number => new Date(new X509Certificate(cert).validTo).getTime();
    expect(ends.map((endsAt) => endsAt())).toEqual([endOf(first.cert)]);
    const second = await createCertificate({ to: endOf(first.cert) + 5_000 });
    layCertificate(directory, { ...first, key: second.key });
    await reload?.();
    expect(ends.map((endsAt) => endsAt())).toEqual([endOf(first.cert)]);
    expect(told).toEqual([
      { kind: 'reload', key: 'http.tls', status: 'refused', code: 'CONFIG_INVALID', detail: expect.stringContaining('http.tls.keyFile') },
    ]);
    expect(await ask(first.cert)).toBe('here');
    layCertificate(directory, second);
    await reload?.();
    expect(told.slice(1)).toEqual([
      {
        kind: 'reload',
        key: 'http.tls',
        status: 'taken',
        now: { fingerprint: expect.stringMatching(/^[0-9A-F:]{95}$/), validTo: expect.any(String) },
      },
    ]);
    expect(ends.map((endsAt) => endsAt())).toEqual([endOf(first.cert) + 5_000]);
    expect(await ask(second.cert)).toBe('here');
    await expect(ask(first.cert)).rejects.toThrow(/certificate/);
  });
});
