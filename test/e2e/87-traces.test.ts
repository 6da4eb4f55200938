import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { freePort, seedStoreDirectory, startOtlpCollector, type OtlpCollector } from '@gridpass/testkit';
import { freshDirectory, root, start, type Started } from './_process.js';

const MAIN = join(root, 'agents/marketplace/dist/main.js');
const linesOf = (stdout: string): readonly JsonObject[] =>
  stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as JsonObject] : []));

describe('a program that is told of a collector', () => {
  let directory: string;
  let origin: string;
  let collector: OtlpCollector | undefined;
  let running: Started | undefined;

  beforeEach(async () => {
    directory = freshDirectory();
    origin = `http://127.0.0.1:${await freePort()}`;
    mkdirSync(join(directory, 'keys'));
    await seedStoreDirectory(join(directory, 'data'));
    writeFileSync(join(directory, 'keys/kek'), '07'.repeat(32), { mode: 0o600 });
    writeFileSync(
      join(directory, 'config.json'),
      JSON.stringify({
        database: { kind: 'pglite', directory: join(directory, 'data') },
        keyEncryptionKeys: [{ id: 'k1', file: join(directory, 'keys/kek') }],
        anchors: [{ did: 'did:web:regulator.example', mayIssue: ['RegulatorAccreditation'] }],
        http: { port: Number(new URL(origin).port) },
        publicOrigin: origin,
        tenant: 'market',
        mqtt: { port: 0 },
        operatorTokenDigest: digestOf('a-token-that-nobody-shows-here'),
        zones: { '10YNO-1--------2': { jurisdiction: 'NO' } },
      }),
    );
  });
  afterEach(async () => {
    running?.child.kill('SIGKILL');
    await running?.ended;
    await collector?.close();
    running = undefined;
    collector = undefined;
    rmSync(directory, { recursive: true });
  });

  const run = (variables: Readonly<Record<string, string>>, ...more: readonly string[]): Started => {
    running = start(MAIN, ['--config', join(directory, 'config.json'), ...more], variables);
    return running;
  };
  const ask = async (path: string): Promise<number> => {
    const response = await fetch(`${origin}${path}`, { headers: { connection: 'close' } });
    await response.text();
    return response.status;
  };
  const traceLines = (stdout: string): readonly JsonObject[] => linesOf(stdout).filter(({ kind }) => kind === 'traces');

  it('delivers what it did before it ends, under the name that it was given', async () => {
    collector = await startOtlpCollector();
    const program = run({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_SERVICE_NAME: 'market-of-the-north',
    });
    await program.says(` at ${origin}`);
    expect(await ask('/nowhere?who=anna')).toBe(404);
    program.child.kill('SIGTERM');
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(traceLines(stdout)).toEqual([]);
    expect(collector.spans()).toMatchObject([{ name: 'GET' }]);
    const [{ body } = { body: '' }] = collector.deliveries;
    expect(body).toContain('market-of-the-north');
    expect(body).not.toMatch(/anna|nowhere/);
  });

  it('sends protobuf unless told otherwise', async () => {
    collector = await startOtlpCollector();
    const program = run({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path` });
    await program.says(` at ${origin}`);
    await ask('/nowhere');
    program.child.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
    expect(collector.deliveries).toMatchObject([{ path: '/own/path', mediaType: 'application/x-protobuf' }]);
    expect(collector.deliveries[0]?.body).toContain('gridpass-marketplace');
  });

  it.each([400, 'nothing'] as const)('answers and ends as ever where the collector answers with %s, and says so once', async (answers) => {
    collector = await startOtlpCollector({ answers });
    const program = run({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret-of-the-collector',
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
      OTEL_BSP_SCHEDULE_DELAY: '1',
    });
    await program.says(` at ${origin}`);
    expect(await ask('/nowhere')).toBe(404);
    await program.says('"undelivered"');
    for (let asked = 0; asked < 5; asked += 1) expect(await ask('/nowhere')).toBe(404);
    program.child.kill('SIGTERM');
    const { code, stdout, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(traceLines(stdout)).toMatchObject([{ kind: 'traces', status: 'undelivered', level: 'error' }]);
    expect(`${stdout}${stderr}`).not.toMatch(/secret-of-the-collector|OTLP/);
  });

  it('does not start with a variable that nobody can read, and its check says the same', async () => {
    for (const more of [[], ['--check-config']]) {
      const { code, stderr } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:secret' }, ...more).ended;
      expect([code, stderr]).toEqual([1, 'CONFIG_INVALID: OTEL_EXPORTER_OTLP_ENDPOINT: an address that begins with http:// or https://\n']);
    }
  });

  it('loads nothing for traces where no variable asks for them, and what it needs where one does', async () => {
    const script = `
      import Module from 'node:module';
      import { openMeasuring } from ${JSON.stringify(join(root, 'packages/program/dist/index.js'))};
      const closers = [];
      await openMeasuring('marketplace', {}, { closers: { add: (close) => closers.push(close) }, log: () => undefined });
      console.log(Object.keys(Module._cache).filter((name) => /@opentelemetry.(?!api.)/.test(name)).length);
      for (const close of closers) await close();`;
    const file = join(directory, 'loaded.mjs');
    writeFileSync(file, script);
    const loadedWith = async (variables: Readonly<Record<string, string>>): Promise<number> => {
      const { code, stdout, stderr } = await start(file, [], variables).ended;
      expect([code, stderr]).toEqual([0, '']);
      return Number(stdout);
    };
    expect(await loadedWith({})).toBe(0);
    collector = await startOtlpCollector();
    expect(await loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toBeGreaterThan(10);
  });
});
