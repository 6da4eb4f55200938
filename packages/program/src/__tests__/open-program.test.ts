import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_METER, tenantId, type Did } from '@gridpass/core';
import { seedStoreDirectory } from '@gridpass/testkit';
import { openAll } from '../closers.js';
import { openProgram } from '../open-program.js';

describe('openProgram', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-program-'));
    await seedStoreDirectory(directory);
  });
  afterAll(() => rm(directory, { recursive: true }));

  const open = (keks = [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }]) =>
    openProgram({
      database: { kind: 'pglite', directory },
      checkpointDirectory: join(directory, 'checkpoints'),
      keks,
      chains: [],
      fetch: { allow: [], allowPrivate: false },
    });
  it.each([
    ['another key under the same name', 'k1', 8, 'k1 does not open'],
    ['without the key that is in use', 'k2', 7, 'lie under k1, which is not configured'],
  ])('does not start with %s, says which setting, and leaves the directory free', async (_what, id, fill, said) => {
    const program = await open();
    if ((await program.vault.keysOf(tenantId('home'), 'holding').listKeys()).length === 0)
      await program.vault.keysOf(tenantId('home'), 'holding').createKey('ES256');
    await program.close();
    await expect(open([{ id, bytes: new Uint8Array(32).fill(fill) }])).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(new RegExp(`^keyEncryptionKeys: .*${said}`, 'u')),
    });
    await (await open()).close();
  });

  it('leaves nothing open when opening fails midway: the directory is free', async () => {
    const chain = { chainId: 31_337, rpcUrl: 'http://127.0.0.1:9/', registry: `0x${'11'.repeat(20)}` };
    const failing = openProgram({
      database: { kind: 'pglite', directory },
      checkpointDirectory: join(directory, 'checkpoints'),
      keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
      chains: [chain, { ...chain, chainId: 1, finalityDepth: -1 }],
      indexTenant: tenantId('index'),
      fetch: { allow: [new URL(chain.rpcUrl).origin], allowPrivate: true },
    });
    await expect(failing).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    // PGlite locks its directory: a second opening is refused while the first is open.
    const program = await open();
    await program.close();
  });

  it('hands out a fetch that reaches no node of its chains, witnesses neither, and one for itself that does', async () => {
    const asked: string[] = [];
    const servers = [0, 1].map((at) =>
      createServer((_request, response) => {
        asked.push(['node', 'witness'][at] ?? '');
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
      }),
    );
    const [rpcUrl = '', witnessRpcUrl = ''] = await Promise.all(
      servers.map(async (server) => {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      }),
    );
    const program = await openProgram({
      database: { kind: 'pglite', directory },
      checkpointDirectory: join(directory, 'checkpoints'),
      keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
      chains: [{ chainId: 31_337, rpcUrl, witnessRpcUrl, registry: `0x${'11'.repeat(20)}` }],
      fetch: { allow: [rpcUrl, witnessRpcUrl], allowPrivate: true },
    });
    const how = { accept: 'application/json', maxBytes: 1_000, timeoutMs: 60_000 };
    for (const url of [rpcUrl, `${witnessRpcUrl}/path`])
      expect(await program.fetch.fetchDocument(url, how)).toMatchObject({ refusal: { code: 'URL_NOT_ALLOWED' } });
    // A did:web names an address too.
    expect(await program.resolver.resolveDid(`did:web:${new URL(rpcUrl).host.replace(':', '%3A')}` as Did)).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
    for (const url of [rpcUrl, witnessRpcUrl]) expect(await program.chainFetch.fetchDocument(url, how)).toMatchObject({ ok: true });
    expect(asked).toEqual(['node', 'witness']);
    await program.close();
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  });

  it('tells the trace to origins that its operator names for that, and to none that may be fetched from alone', async () => {
    const told: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      told.push(request.headers['traceparent'] as string | undefined);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    for (const trace of [[origin], undefined, []]) {
      const program = await openProgram({
        database: { kind: 'pglite', directory },
        checkpointDirectory: join(directory, 'checkpoints'),
        keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
        chains: [],
        fetch: { allow: [origin], allowPrivate: true, trace },
        meter: { ...NO_METER, answered: () => undefined, traceparent: () => traceparent },
      });
      expect(await program.fetch.fetchDocument(origin, { accept: '*/*', maxBytes: 1_000, timeoutMs: 60_000 })).toMatchObject({ ok: true });
      await program.close();
    }
    expect(told).toEqual([traceparent, undefined, undefined]);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  it('closes the rest where one thing cannot be closed, and says why it could not', async () => {
    const closed: string[] = [];
    const opened = await openAll(async (closers) => {
      closers.add(() => void closed.push('first'));
      closers.add(() => {
        throw new Error('stuck');
      });
      closers.add(async () => void closed.push('last'));
      return { open: true };
    });
    await expect(opened.close()).rejects.toThrow('stuck');
    await opened.close();
    expect(closed).toEqual(['last', 'first']);
  });

  const request = { alias: 'gate', provider: 'did:jwk', keyType: 'Secp256r1', namespace: 'gate' } as const;

  it('makes an identity once and finds it again after a restart, for its own tenant alone', async () => {
    const tenant = tenantId('market');
    const first = await open();
    const made = await first.identity(tenant, request);
    expect((await first.identity(tenant, request)).did).toBe(made.did);
    expect((await first.identity(tenantId('other'), request)).did).not.toBe(made.did);
    await first.auditLog(tenant, 'market.example');
    const auditKey = await first.auditKey(tenant);
    await first.close();

    const second = await open();
    const found = await second.identity(tenant, request);
    expect([found.did, found.kid]).toEqual([made.did, made.kid]);
    await second.auditLog(tenant, 'market.example');
    expect(await second.auditKey(tenant)).toEqual(auditKey);
    await second.close();
  });
});
