import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { DEVELOPMENT_KEYS, freePort, seedStoreDirectory, startAnvil } from '@gridpass/testkit';
import { cli, freshDirectory, root, start, type Ended, type Started } from './_process.js';

/** The steps of docs/deployment.md, one command a line. */
const [, section = ''] = /^## Logs: export and check\n([\s\S]*?)^## /m.exec(readFileSync(join(root, 'docs/deployment.md'), 'utf8')) ?? [];
const steps = [...section.matchAll(/^npx gridpass (.+)$/gm)].map(([, command = '']) => command);

const TOKEN = 'the-token-of-whoever-reads-the-log';
const tokenDigest = digestOf(TOKEN);
const operator = { name: 'ops', tokenDigest, duties: ['read'] };
const PROGRAMS: readonly {
  readonly program: string;
  readonly log: string;
  readonly url: string;
  readonly own: (url: string) => JsonObject;
}[] = [
  {
    program: 'issuer',
    log: 'root',
    url: 'https://issuer.example',
    own: () => ({ tenants: [{ tenant: 'root', displayName: 'Root', mayIssue: ['RegulatorAccreditation'], operators: [operator] }] }),
  },
  {
    program: 'marketplace',
    log: 'market',
    url: 'https://market.example',
    own: () => ({
      tenant: 'market',
      mqtt: { port: 0 },
      operatorTokenDigest: digestOf('a-token-of-the-operator'),
      auditorTokenDigest: tokenDigest,
      zones: { '10YNO-1--------2': { jurisdiction: 'NO' } },
    }),
  },
  {
    program: 'ledger-gate',
    log: 'ledger',
    url: 'https://ledger.example',
    own: () => ({ tenant: 'ledger', auditorTokenDigest: tokenDigest }),
  },
  {
    program: 'wallet',
    log: 'trader',
    url: 'https://wallet.example',
    own: () => ({ wallets: [{ tenant: 'trader', displayName: 'Trader', kind: 'organisation', tokenDigest }] }),
  },
];

describe('the steps of docs/deployment.md', () => {
  it('are for each program that keeps a log', () => {
    for (const { log } of PROGRAMS) expect(steps.filter((step) => step.includes(` ${log}-key.json`)).length).toBeGreaterThan(1);
    expect(steps).toHaveLength(9);
  });
});

describe.each(PROGRAMS)('the log of a $program that runs', ({ program, log, url, own }) => {
  const directory = freshDirectory();
  let node: Awaited<ReturnType<typeof startAnvil>> | undefined;
  let origin: string;
  let running: Started;

  /** The command line as somebody types it, with the token in each variable that may hold one. */
  const run = (words: readonly string[], token: string | null = TOKEN): Promise<Ended> =>
    start(cli, words, token === null ? {} : { OPERATOR_TOKEN: token, AUDITOR_TOKEN: token, OWNER_TOKEN: token }, directory).ended;
  const said = (step: string): readonly string[] => step.replace(url, origin).split(' ');

  beforeAll(async () => {
    origin = `http://127.0.0.1:${await freePort()}`;
    mkdirSync(join(directory, 'keys'));
    writeFileSync(join(directory, 'keys/kek'), '07'.repeat(32), { mode: 0o600 });
    writeFileSync(join(directory, 'keys/account'), DEVELOPMENT_KEYS[0], { mode: 0o600 });
    await seedStoreDirectory(join(directory, 'store'));
    if (program === 'ledger-gate') node = await startAnvil();
    const config = {
      database: { kind: 'pglite', directory: join(directory, 'store') },
      keyEncryptionKeys: [{ id: 'k1', file: join(directory, 'keys/kek') }],
      anchors: [{ did: 'did:web:regulator.example', mayIssue: ['RegulatorAccreditation'] }],
      http: { port: Number(new URL(origin).port) },
      publicOrigin: origin,
      ...own(origin),
      ...(node === undefined
        ? {}
        : { chain: { rpcUrl: node.rpcUrl, chainId: node.chainId }, accountKeyFile: join(directory, 'keys/account') }),
    };
    writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
    running = start(join(root, 'agents', program, 'dist/main.js'), ['--config', join(directory, 'config.json')]);
    await running.says(` at ${origin}`);
  });
  afterAll(async () => {
    running.child.kill('SIGTERM');
    await running.ended;
    await node?.stop();
    rmSync(directory, { recursive: true });
  });

  it('is exported and checked by the steps of docs/deployment.md, against key and checkpoint', async () => {
    for (const step of steps.filter((one) => one.includes(` ${log}-key.json`))) {
      const ended = await run(said(step));
      expect({ step, ...ended }).toMatchObject({ code: 0, stderr: '' });
      if (step.startsWith('audit export')) continue;
      expect(ended.stdout).toContain('checked: the checkpoints are signed with the key of --key\n');
      expect(ended.stdout).toContain('checked: the log still is what 1 kept checkpoint(s) state\n');
    }
  });

  it('is shown to nobody without its token, or with another, and nothing is left of an answer that is no', async () => {
    const [step = ''] = steps.filter((one) => one.startsWith('audit export') && one.includes(` ${log}.log`));
    const words = said(step).map((word) => (word.startsWith(`${log}.`) || word.startsWith(`${log}-`) ? `refused-${word}` : word));
    expect(await run(words, 'a-token-of-somebody-else')).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^ADMIN_TOKEN_INVALID: /),
    });
    expect(await run(words, null)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^(?:ADMIN_TOKEN|CONFIG)_INVALID: /),
    });
    expect(() => readFileSync(join(directory, `refused-${log}.log`))).toThrow('ENOENT');
  });
});
