import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { DEVELOPMENT_KEYS, freePort, startAnvil, startPostgres, type TestPostgres } from '@gridpass/testkit';
import { freshDirectory, root, start, type Started } from './_process.js';

const tokenDigest = digestOf('a-token-that-nobody-shows-here');
const NAME = 'house-of-anna';
const operator = { name: 'ops', tokenDigest, duties: ['read'] };
const OWN: Readonly<Record<string, JsonObject>> = {
  issuer: { tenants: [{ tenant: NAME, displayName: NAME, mayIssue: ['RegulatorAccreditation'], operators: [operator] }] },
  marketplace: { tenant: NAME, mqtt: { port: 0 }, operatorTokenDigest: tokenDigest, zones: { '10YNO-1--------2': { jurisdiction: 'NO' } } },
  'ledger-gate': { tenant: NAME },
  wallet: { wallets: [{ tenant: NAME, displayName: NAME, kind: 'household', tokenDigest }] },
};

interface Answer {
  readonly status: number;
  readonly text: string;
}
const linesOf = (stdout: string): readonly JsonObject[] =>
  stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as JsonObject] : []));

describe.each(Object.keys(OWN))('the %s over a real PostgreSQL', (program) => {
  const directory = freshDirectory();
  let server: TestPostgres;
  let node: Awaited<ReturnType<typeof startAnvil>> | undefined;
  let origin: string;
  let url: string;
  let running: Started;

  const ask = async (path: string): Promise<Answer> => {
    const response = await fetch(`${origin}${path}`, { headers: { connection: 'close' } });
    return { status: response.status, text: await response.text() };
  };
  const until = async (wanted: (answer: Answer) => boolean): Promise<Answer> => {
    for (;;) {
      const answer = await ask('/readyz');
      if (wanted(answer)) return answer;
      await sleep(50);
    }
  };
  const run = async (drainSeconds: number): Promise<void> => {
    const config = {
      database: { kind: 'postgres', url },
      keyEncryptionKeys: [{ id: 'k1', file: join(directory, 'keys/kek') }],
      anchors: [{ did: 'did:web:regulator.example', mayIssue: ['RegulatorAccreditation'] }],
      http: { port: Number(new URL(origin).port) },
      publicOrigin: origin,
      drainSeconds,
      ...OWN[program],
      ...(node === undefined
        ? {}
        : { chain: { rpcUrl: node.rpcUrl, chainId: node.chainId }, accountKeyFile: join(directory, 'keys/account') }),
    };
    writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
    running = start(join(root, 'agents', program, 'dist/main.js'), ['--config', join(directory, 'config.json')]);
    await running.says(` at ${origin}`);
  };

  beforeAll(async () => {
    server = await startPostgres();
    url = await server.createDatabase();
    origin = `http://127.0.0.1:${await freePort()}`;
    mkdirSync(join(directory, 'keys'));
    writeFileSync(join(directory, 'keys/kek'), '07'.repeat(32), { mode: 0o600 });
    writeFileSync(join(directory, 'keys/account'), DEVELOPMENT_KEYS[0], { mode: 0o600 });
    if (program === 'ledger-gate') node = await startAnvil();
  });
  afterAll(async () => {
    running.child.kill('SIGKILL');
    await running.ended;
    await node?.stop();
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  it('is alive and not ready while its database is away, says which and since when and nothing else, and is ready again by itself', async () => {
    await run(600);
    expect(await ask('/livez')).toEqual({ status: 200, text: '{"status":"alive"}' });
    const well = await ask('/readyz');
    expect([well.status, JSON.parse(well.text)]).toEqual([
      200,
      {
        status: 'ready',
        checks: expect.arrayContaining(
          // A wallet for a household alone has no key of its own that signs.
          ['database', 'log', 'outbox', ...(program === 'wallet' ? [] : ['keys'])].map((name) => ({
            name,
            status: 'ok',
            since: expect.any(String),
          })),
        ),
      },
    ]);
    await server.halt();
    const away = await until(({ status }) => status === 503);
    expect(JSON.parse(away.text)).toMatchObject({
      status: 'unready',
      checks: expect.arrayContaining([{ name: 'database', status: 'failing', since: expect.stringMatching(/^\d{4}-.*Z$/) }]),
    });
    for (const secret of [NAME, url, new URL(url).password, 'postgres', 'ECONN']) expect(away.text).not.toContain(secret);
    expect((await ask('/livez')).status).toBe(200);
    await server.resume();
    await until(({ status }) => status === 200);
  });

  it('says that it takes its leave at SIGTERM while it still answers, and ends at once at the second', async () => {
    running.child.kill('SIGTERM');
    const leaving = await until(({ status }) => status === 503);
    expect(JSON.parse(leaving.text)).toMatchObject({ status: 'draining' });
    expect((await ask('/livez')).status).toBe(200);
    expect((await ask('/nowhere')).status).toBe(404);
    // The line comes once the answer is out.
    await running.says('"status":404');
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    expect(code).toBeNull();
    const lines = linesOf(stdout);
    for (const line of lines)
      expect(line).toMatchObject({
        program,
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        level: expect.stringMatching(/^(?:info|warn|error)$/),
      });
    expect(lines.filter(({ kind }) => kind === 'readiness').map(({ status }) => status)).toEqual(['unready', 'ready', 'draining']);
    expect(lines.filter(({ kind, status }) => kind === 'request' && status === 404)).toMatchObject([{ route: 'unmatched', level: 'warn' }]);
  });

  it('takes nothing more after the grace, and ends with 0', async () => {
    await run(1);
    running.child.kill('SIGTERM');
    const { code } = await running.ended;
    expect(code).toBe(0);
    await expect(ask('/livez')).rejects.toThrow('fetch failed');
  });
});
