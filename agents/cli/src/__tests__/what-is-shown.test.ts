import { beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@gridpass/core';
import { runCli } from '../index.js';
import { createCliRig } from './cli-rig.js';

const DSO = ['--society', 'society.json', '--tenant', 'dso'] as const;
const id = (start: string): string => start.padEnd(22, 'x');
const rows = [
  { applicationId: id('abcdefgh1'), type: 'CustomerStatus', state: 'pending', applicant: 'Anna', reason: 'r'.repeat(200) },
  { applicationId: id('abcdefgh2'), type: 'CustomerStatus', state: 'approved', applicant: 'x\u202e\u001b[2Jy', reason: '' },
  {
    applicationId: id('zyxwvuts'),
    type: 'MeteringPointEntitlement',
    state: 'rejected',
    applicant: 'did:jwk:'.padEnd(190, 'k'),
    reason: '',
  },
];

describe('what a command prints', () => {
  const rig = createCliRig();
  let answers: Readonly<Record<string, JsonObject>> = {};
  beforeEach(() => {
    answers = {};
    rig.answer = (request, _body, response) => {
      const path = (request.url ?? '').replace(/^\/t\/dso\/admin\/|\?.*$/gu, '');
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[path] ?? { rows }));
    };
  });
  const list = (...more: readonly string[]) => rig.run('application', 'list', ...DSO, ...more);

  it('fits 120 cells, with ids as short as tells them apart, and in full with -o wide', async () => {
    const { out } = await list();
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.length <= 120)).toEqual([true, true, true, true]);
    expect(lines.slice(1).map((line) => line.split(/ +/u)[0])).toEqual(['abcdefgh1', 'abcdefgh2', 'zyxwvuts']);
    expect(out).toContain('…');
    const wide = (await list('-o', 'wide')).out;
    for (const row of rows) expect(wide).toContain(row.applicationId);
    expect(wide).toContain('r'.repeat(200));
    for (const text of [out, wide]) expect(text).not.toMatch(/\u001b|\u202e/u);
  });

  it('is ids alone with -o name, one a line, and the document of the API with -o json', async () => {
    expect((await list('-o', 'name')).out).toBe(rows.map(({ applicationId }) => `${applicationId}\n`).join(''));
    for (const form of [['-o', 'json'], ['--json']]) expect(JSON.parse((await list(...form)).out)).toEqual({ rows });
  });

  it('has colours where it is told so alone', async () => {
    expect((await list()).out).not.toContain('\u001b');
    let out = '';
    const io = { out: (text: string) => void (out += text), err: () => undefined, drawsOver: false, env: {}, directory: rig.directory };
    await runCli(['application', 'list', ...DSO], { ...io, colours: true });
    expect(out).toContain('\u001b[33mpending\u001b[0m');
    await runCli(['application', 'list', ...DSO, '-o', 'json'], { ...io, colours: true });
    expect(out.slice(out.indexOf('{'))).not.toContain('\u001b');
  });

  it('names the parties of the society beside their DIDs', async () => {
    const did = `did:web:issuer.example:t:${'d'.repeat(30)}`;
    const { writeFile } = await import('node:fs/promises');
    const society = { urls: { issuer: rig.url }, tenants: { supplier: did }, tokens: { 'operator:dso': 't' } };
    await writeFile(`${rig.directory}/named.json`, JSON.stringify(society));
    answers = { credentials: { rows: [{ digest: 'd'.repeat(43), subject: did, party: { scheme: 'eic', value: '10X1001A1001A248' } }] } };
    const { out } = await rig.run('credential', 'list', '--society', 'named.json', '--tenant', 'dso');
    expect(out).toContain('supplier did:web:…dddddddddd');
    expect(out).toContain('eic:10X1001A1001A248');
  });

  describe('for a short id', () => {
    const show = (text: string) => rig.run('application', 'show', text, ...DSO);

    it('is what the one application says that begins so', async () => {
      expect((await show('zyxw')).code).toBe(0);
      expect(rig.asked.map(({ path }) => path)).toEqual([
        '/t/dso/admin/applications?limit=200',
        `/t/dso/admin/applications/${id('zyxwvuts')}`,
      ]);
    });

    it('is that several begin so, which they are, and nothing was done', async () => {
      const { code, err } = await show('abcdefgh');
      expect([code, rig.asked.length]).toEqual([2, 1]);
      expect(err).toBe(
        `REQUEST_MALFORMED: application abcdefgh is ambiguous, 2 begin so: ${id('abcdefgh1')}, ${id('abcdefgh2')}; give more characters\n`,
      );
    });

    it('is no where none begins so, and where to look', async () => {
      expect(await show('nope')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^NOT_FOUND: .*gridpass application list --society/u),
      });
    });

    it('asks nobody of a whole one', async () => {
      await show(id('whole'));
      expect(rig.asked).toHaveLength(1);
    });
  });
});

describe('what cannot be undone', () => {
  const rig = createCliRig();
  const REVOKE = ['credential', 'revoke', '--party', 'eic:10X1001A1001A248', '--reason', 'licence ended', ...DSO] as const;
  const preview = {
    credentials: [{ type: 'MarketPartyRole', count: 1 }],
    applications: 1,
    falls: [{ tenant: 'market-operator', what: 'revoked', type: 'MarketChannelAdmission', count: 3 }],
    complete: true,
  };
  beforeEach(() => {
    rig.answer = (request, _body, response) => {
      const body = request.url?.endsWith('/preview') === true ? preview : { changed: 1, credentials: [], closed: [], pending: 0 };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
  });
  const paths = () => rig.asked.map(({ method, path }) => `${method} ${path}`);
  const asked = async (answer: string, ...words: readonly string[]) => {
    let [out, err] = ['', ''];
    const code = await runCli(words, {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      drawsOver: false,
      env: {},
      directory: rig.directory,
      ask: (question) => Promise.resolve((err += question) && answer),
    });
    return { code, out, err };
  };

  it.each([
    REVOKE,
    ['application', 'reject', 'a1', '--reason', 'r', ...DSO],
    ['application', 'close', 'a1', '--reason', 'r', ...DSO],
    ['did', 'owner', 'did:x:1', `0x${'ab'.repeat(20)}`, ...DSO],
    ['did', 'deactivate', 'did:x:1', ...DSO],
    ['did', 'rotate', ...DSO],
    ['wallet', 'delete', 'c1', '--wallet', 'house', '--url', 'http://127.0.0.1:9'],
    ['register', 'import', 'public.json', '--whole', 'party', '--society', 'society.json'],
  ])('%s %s … is not done unasked where nobody can be asked', async (...words) => {
    const { code, out, err } = await rig.run(...words);
    expect([code, out, rig.asked]).toEqual([2, '', []]);
    expect(err).toMatch(/^REQUEST_MALFORMED: .* cannot be undone: say --yes to do it, or --dry-run to see what would fall\n$/u);
  });

  it('says with --dry-run what would fall, and does nothing', async () => {
    const { code, out } = await rig.run(...REVOKE, '--dry-run');
    expect([code, paths()]).toEqual([0, ['POST /t/dso/admin/credentials/preview']]);
    expect(out).toBe(
      'would revoke for good: 1 MarketPartyRole\n  1 applications are closed, with their offers\n' +
        '  3 MarketChannelAdmission of market-operator rest on it: revoked\n',
    );
    expect(JSON.parse((await rig.run(...REVOKE, '--dry-run', '-o', 'json')).out)).toEqual({ dryRun: true, ...preview });
  });

  it('is done at once with --yes', async () => {
    expect((await rig.run(...REVOKE, '--yes')).code).toBe(0);
    expect(paths()).toEqual(['POST /t/dso/admin/credentials/revoke']);
  });

  it('is asked at a terminal, after what will fall was said, and is done on yes alone', async () => {
    const no = await asked('', ...REVOKE);
    expect([no.code, no.out, paths()]).toEqual([1, '', ['POST /t/dso/admin/credentials/preview']]);
    expect(no.err).toMatch(/^will revoke for good: 1 MarketPartyRole\n[\s\S]*Go on\? \[y\/N\] nothing was done\n$/u);
    expect((await asked('y', ...REVOKE)).code).toBe(0);
    expect(paths().at(-1)).toBe('POST /t/dso/admin/credentials/revoke');
  });
});

describe('application create', () => {
  const rig = createCliRig();

  it('enters what an operator was told, and says how to decide it', async () => {
    rig.answer = (_request, _body, response) =>
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"applicationId":"a1","state":"pending"}');
    const words = ['application', 'create', '--type', 'CustomerStatus', '--claims', '{"active":true}', '--applicant', 'Anna Holm'];
    const { code, out } = await rig.run(...words, '--until', '2027-01-01T00:00:00Z', ...DSO);
    expect([code, out]).toEqual([
      0,
      'a1 is pending\ndecide it with: gridpass application approve a1 --reason WHY --society society.json --tenant dso\n',
    ]);
    expect(rig.asked.map(({ method, path, body }) => [method, path, JSON.parse(body)])).toEqual([
      [
        'POST',
        '/t/dso/admin/applications',
        { type: 'CustomerStatus', applicant: 'Anna Holm', claims: { active: true }, validUntil: 1_798_761_600 },
      ],
    ]);
  });
});

describe('application copy', () => {
  const rig = createCliRig();

  it('enters for another holder what the first application has, and its evidence', async () => {
    const first = { applicationId: 'a'.repeat(22), type: 'DeviceCommissioning', subject: 'did:key:zMeter', claims: { sealed: true } };
    rig.answer = ({ method }, _body, response) =>
      response
        .writeHead(method === 'GET' ? 200 : 201, { 'content-type': 'application/json' })
        .end(JSON.stringify(method === 'GET' ? first : { applicationId: 'a2', state: 'pending' }));
    const { code, out } = await rig.run('application', 'copy', first.applicationId, '--applicant', 'Anna Holm', ...DSO);
    expect([code, out]).toEqual([
      0,
      'a2 is pending\ndecide it with: gridpass application approve a2 --reason WHY --society society.json --tenant dso\n',
    ]);
    expect(JSON.parse(rig.asked.at(-1)?.body ?? '')).toEqual({
      ...{ type: first.type, applicant: 'Anna Holm', claims: first.claims, subject: first.subject },
      evidenceOf: first.applicationId,
    });
  });
});
