import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePorts } from '@gridpass/testkit';
import { cli, freshDirectory, root, society, start, type Started } from './_process.js';

interface Summary {
  readonly ok: boolean;
  readonly resumed: boolean;
  readonly acts: readonly { readonly id: string; readonly facts: Readonly<Record<string, unknown>> }[];
  readonly tenants: Readonly<Record<string, string>>;
  readonly chain: unknown;
}

const register = process.env['GRIDPASS_EIC_REGISTER'];
const factsOf = (summary: Summary, id: string) => summary.acts.find((act) => act.id === id)?.facts;

describe('a society', () => {
  const directory = freshDirectory();
  let args: readonly string[];
  let first: Summary;

  beforeAll(async () => {
    args = ['--directory', directory, '--port-base', String(await freePorts(8))];
    const run = await start(society, [...args, '--once', ...(register === undefined ? [] : ['--register', register])]).ended;
    expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' });
    first = JSON.parse(run.stdout) as Summary;
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('plays every act and says so as JSON', () => {
    expect(first).toMatchObject({ ok: true, resumed: false });
    expect(first.acts.map(({ id }) => id)).toEqual([
      'accreditation',
      'register',
      'roles',
      'households',
      'reading',
      'trade',
      'aggregator',
      'revocation',
      'ledger',
      'past-key',
      'rotation',
      'transfer',
      'node',
      'other-wallets',
      'audit',
    ]);
  });

  it('imports the register and tells which rows it rejects', () => {
    const facts = factsOf(first, 'register');
    if (register === undefined) expect(facts).toEqual({ rows: 12, rejected: 0, source: 'sample' });
    else {
      expect(facts?.['source']).toBe('file');
      expect(facts?.['rows']).toBe(readFileSync(register, 'utf8').trimEnd().split('\n').length - 1);
      expect(facts?.['rejected']).toBeGreaterThan(0);
    }
    expect(factsOf(first, 'roles')?.['inactiveParty']).toBe('PARTY_INACTIVE');
  });

  it('denies with reasons, revokes within its bound, and keeps strangers off the ledger twice', () => {
    expect(factsOf(first, 'aggregator')?.['denied']).toBe('rated-power-above-10800-w, admission-for-another-channel');
    expect(factsOf(first, 'reading')?.['foreignMeteringPoint']).toBe('POLICY_DENIED');
    expect(Number(factsOf(first, 'revocation')?.['seconds'])).toBeLessThanOrEqual(
      Number(factsOf(first, 'revocation')?.['boundSeconds']) + 3,
    );
    expect(factsOf(first, 'ledger')).toMatchObject({ gate: 'SENDER_NOT_ADMITTED', contract: 'SENDER_NOT_ADMITTED' });
  });

  it('accepts what a rotated key signed before, and refuses what a thief signs with it', () => {
    expect(factsOf(first, 'node')).toMatchObject({ before: false, admitted: true, expelled: true });
    expect(factsOf(first, 'transfer')).toMatchObject({
      formerOwnership: 'REVOKED',
      suspended: 'SUSPENDED',
      confirmed: 'accepted',
      newOwnership: 'accepted',
    });
    expect(factsOf(first, 'past-key')).toEqual({ accepted: true, forgery: 'KEY_NOT_AUTHORIZED' });
  });

  it('keeps tokens and keys from everybody but its owner', () => {
    expect(readdirSync(join(directory, 'keys')).length).toBeGreaterThan(0);
    const state = readFileSync(join(directory, 'society.json'), 'utf8');
    expect(state).not.toMatch(/"d"\s*:|PRIVATE KEY/);
  });

  it('names no person in any log, whatever act was played', () => {
    const logs = readdirSync(join(directory, 'audit')).filter((file) => file.endsWith('.ndjson'));
    expect(logs.length).toBeGreaterThan(3);
    // Organisations stand there by name, whatever the method of their DID.
    const { tenants, issuers } = JSON.parse(readFileSync(join(directory, 'society.json'), 'utf8')) as {
      readonly tenants: Readonly<Record<string, string>>;
      readonly issuers: readonly string[];
    };
    const organisations = issuers.flatMap((name) => tenants[name] ?? []);
    expect(organisations).toHaveLength(issuers.length);
    for (const file of logs) {
      const whole = readFileSync(join(directory, 'audit', file), 'utf8');
      const text = organisations.reduce((rest, did) => rest.replaceAll(did, 'an organisation'), whole);
      expect([file, text.match(/did:(?:jwk|key|peer):/)]).toEqual([file, null]);
    }
  });

  it('is checked offline by the command line, which finds a changed line', async () => {
    const file = join(directory, 'audit', 'market-operator.ndjson');
    const key = join(directory, 'audit', 'market-operator.key.json');
    const good = await start(cli, ['audit', 'verify', file, '--key', key, '--json']).ended;
    expect({ code: good.code, stderr: good.stderr }).toEqual({ code: 0, stderr: '' });
    const changed = join(directory, 'audit', 'changed.ndjson');
    writeFileSync(changed, readFileSync(file, 'utf8').replace('"effect":"deny"', '"effect":"permit"'));
    const bad = await start(cli, ['audit', 'verify', changed, '--key', key, '--json']).ended;
    expect(bad.code).toBe(1);
    expect(bad.stdout + bad.stderr).toContain('LOG_INCONSISTENT');
  });

  it('is found again as it was left, even after it was killed', async () => {
    const up = start(society, args);
    await up.says('Ctrl-C stops all of it');
    up.child.kill('SIGKILL');
    const { stdout } = await up.ended;
    // It says which page, which wallet and where its token lies; the tokens themselves stay in the file.
    const { tokens, urls } = JSON.parse(readFileSync(join(directory, 'society.json'), 'utf8')) as Readonly<
      Record<'urls' | 'tokens', Readonly<Record<string, string>>>
    >;
    expect(stdout).toContain(`open ${urls['wallet'] ?? ''}/ in a browser, wallet household-anna`);
    expect(Object.values(tokens).filter((token) => stdout.includes(token))).toEqual([]);
    const [, command = ''] = /node -p "(.+)"/.exec(stdout) ?? [];
    expect(execFileSync(process.execPath, ['-p', command], { encoding: 'utf8' }).trim()).toBe(tokens['wallet:household-anna']);
    const again = await start(society, [...args, '--once']).ended;
    expect({ code: again.code, stderr: again.code === 0 ? '' : again.stderr }).toEqual({ code: 0, stderr: '' });
    const second = JSON.parse(again.stdout) as Summary;
    expect(second).toEqual({ ...first, resumed: true });
    expect(again.stderr).toContain('Nothing was played');
  });

  describe('with the gate of the README beside it', () => {
    let up: Started | undefined;
    let market: Started | undefined;
    const home = freshDirectory();

    beforeAll(async () => {
      const port = (await freePorts(8)) + 1;
      up = start(society, [...args, '--allow', `http://127.0.0.1:${port}`]);
      await up.says('Ctrl-C stops all of it');
      const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```(cedar|js)\n([\s\S]*?)```/g)];
      const blockOf = (kind: string): string => blocks.find(([, language]) => language === kind)?.[2] ?? '';
      symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
      symlinkSync(directory, join(home, '.gridpass'));
      mkdirSync(join(home, 'my-market'));
      writeFileSync(join(home, 'suppliers.cedar'), blockOf('cedar'));
      writeFileSync(join(home, 'market.mjs'), `${blockOf('js').replaceAll('8080', String(port))}\n`);
      market = start(join(home, 'market.mjs'), [], {}, home);
      address = `http://127.0.0.1:${port}/`;
      await market.says(`The market listens on ${address}\n`);
    });
    afterAll(async () => {
      market?.child.kill('SIGKILL');
      up?.child.kill('SIGINT');
      await Promise.all([market?.ended, up?.ended]);
      rmSync(home, { recursive: true, force: true });
    });
    let address = '';

    async function visit(tenant: string): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
      const { urls, tokens } = JSON.parse(readFileSync(join(directory, 'society.json'), 'utf8')) as Readonly<
        Record<'urls' | 'tokens', Readonly<Record<string, string>>>
      >;
      const response = await fetch(`${urls['wallet'] ?? ''}/wallets/${tenant}/access`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens[`wallet:${tenant}`] ?? ''}`, 'content-type': 'application/json' },
        body: JSON.stringify({ url: address }),
      });
      return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
    }

    it('tells a client without a token where to present', async () => {
      const response = await fetch(address);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 'GRANT_REQUIRED', presentation: { channel: 'suppliers' } });
    });

    it('lets the supplier in', async () => {
      expect(await visit('supplier')).toEqual({
        status: 200,
        body: { from: 'resource', status: 200, body: { welcome: first.tenants['supplier'] } },
      });
    });

    it('keeps the aggregator out: its wallet holds nothing that fits', async () => {
      const { status, body } = await visit('aggregator');
      expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'QUERY_UNSATISFIABLE' });
    });

    it('ends by itself on Ctrl-C and finds its store again', async () => {
      market?.child.kill('SIGINT');
      expect(await market?.ended).toMatchObject({ code: 0, stderr: '' });
      market = start(join(home, 'market.mjs'), [], {}, home);
      await market.says(`The market listens on ${address}\n`);
    });

    it('leaves nothing behind on Ctrl-C', async () => {
      const { urls } = JSON.parse(readFileSync(join(directory, 'society.json'), 'utf8')) as {
        readonly urls: Readonly<Record<string, string>>;
      };
      expect((await fetch(`${urls['marketplace'] ?? ''}/`)).status).toBe(200);
      up?.child.kill('SIGINT');
      expect((await up?.ended)?.code).toBe(0);
      await expect(fetch(`${urls['marketplace'] ?? ''}/`)).rejects.toThrow();
      await expect(fetch(urls['chain'] ?? '')).rejects.toThrow();
    });
  });
});

describe('a society that cannot start says why', () => {
  const directory = freshDirectory();
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('names the port that is taken, and has started nothing', async () => {
    const base = await freePorts(8);
    const squatter = createServer().listen(base + 2, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const run = await start(society, ['--once', '--directory', directory, '--port-base', String(base)]).ended;
    squatter.close();
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(new RegExp(`^PORT_BUSY: .*${base + 2}`, 'm'));
    expect(existsSync(join(directory, 'society.json'))).toBe(false);
  });

  it.each([
    ['an unknown option', ['--nonsense'], {}, 'CONFIG_INVALID'],
    ['an unknown variable', [], { GRIDPASS_NONSENSE: '1' }, 'CONFIG_UNKNOWN_KEY'],
    ['a port that is none', ['--port-base', 'eighty'], {}, 'CONFIG_INVALID'],
  ])('refuses %s', async (_what, args, env, code) => {
    const run = await start(society, ['--directory', directory, ...args], env).ended;
    expect(run.code).toBe(1);
    expect(run.stderr.split(':')[0]).toBe(code);
  });

  it('refuses a society.json that is damaged, and leaves it alone', async () => {
    writeFileSync(join(directory, 'society.json'), '{"version":');
    const run = await start(society, ['--once', '--directory', directory, '--port-base', String(await freePorts(8))]).ended;
    expect({ code: run.code, first: run.stderr.split(':')[0] }).toEqual({ code: 1, first: 'CONFIG_INVALID' });
    expect(readFileSync(join(directory, 'society.json'), 'utf8')).toBe('{"version":');
  });
});
