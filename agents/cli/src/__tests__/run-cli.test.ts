import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAuditLog } from '@gridpass/audit';
import { instant, tenantId } from '@gridpass/core';
import type { RequestId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { runCli } from '../index.js';

/** As a wallet prints it; the issuer reads lower case alone. */
const ACCOUNT = `0x${'aB'.repeat(20)}`;

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('gridpass', () => {
  let directory: string;
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, body: string, response: ServerResponse) => void;
  let asked: { readonly method: string; readonly path: string; readonly token: string; readonly body: string }[] = [];

  const run = async (...args: readonly string[]): Promise<Run> => {
    let [out, err] = ['', ''];
    const code = await runCli(args, {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      drawsOver: false,
      env: {},
      directory,
    });
    return { code, out, err };
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-cli-'));
    server = createServer((request, response) => {
      let body = '';
      request
        .setEncoding('utf8')
        .on('data', (chunk: string) => {
          body += chunk;
        })
        .on('end', () => {
          asked.push({ method: request.method ?? '', path: request.url ?? '', token: request.headers.authorization ?? '', body });
          answer(request, body, response);
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    await writeFile(join(directory, 'public.json'), '{"kty":"EC"}');
    await writeFile(join(directory, 'private.json'), '{"kty":"EC","d":"secret"}');
    await writeFile(
      join(directory, 'society.json'),
      JSON.stringify({
        version: 1,
        urls: { issuer: url, gone: 'http://127.0.0.1:9' },
        tenants: {},
        tokens: { 'operator:regulator': 'regulator-token', 'operator:dso': 'dso-token', 'wallet:house': 'no-operator' },
      }),
    );
  });
  beforeEach(() => {
    asked = [];
    answer = (_request, _body, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });

  describe('id check', () => {
    it('says yes in JSON and exits 0', async () => {
      const { code, out, err } = await run('id', 'check', 'eic', '10X1001A1001A248');
      expect([code, err]).toEqual([0, '']);
      expect(JSON.parse(out)).toEqual({
        ok: true,
        scheme: 'eic',
        value: '10X1001A1001A248',
        syntax: true,
        checksum: true,
        directory: 'notChecked',
      });
    });

    it.each([
      ['eic', '10X1001A1001A249', 'IDENTIFIER_CHECKSUM'],
      ['eic', 'x', 'IDENTIFIER_SYNTAX'],
      ['nothing', 'x', 'IDENTIFIER_SCHEME_UNKNOWN'],
      ['gln', '9312345678906', 'IDENTIFIER_CHECKSUM'],
    ])('says no to %s %s and exits 1', async (scheme, value, expected) => {
      const { code, out } = await run('id', 'check', scheme, value);
      expect([code, JSON.parse(out)]).toMatchObject([1, { ok: false, scheme, code: expected }]);
    });
  });

  describe('did and ledger', () => {
    it('resolves what needs no chain, and says no to what is no DID', async () => {
      const did = 'did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169';
      const { code, out } = await run('did', 'resolve', did);
      expect([code, JSON.parse(out)]).toMatchObject([0, { didDocument: { id: did } }]);
      expect(await run('did', 'resolve', 'did:nobody')).toMatchObject({ code: 1, err: expect.stringMatching(/^DID_MALFORMED: /) });
      expect(await run('did', 'resolve', did, '--at', 'yesterday')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^REQUEST_MALFORMED: /),
      });
    });

    it('asks a did:web on this machine over plain http', async () => {
      const did = `did:web:${new URL(url).host.replace(':', '%3A')}`;
      answer = (_request, _body, response) =>
        response.writeHead(200, { 'content-type': 'application/did+json' }).end(JSON.stringify({ id: did }));
      const { code, out } = await run('did', 'resolve', did);
      expect([code, JSON.parse(out)]).toMatchObject([0, { didDocument: { id: did } }]);
    });

    it('tells a change on a chain from one of a did:web, which has no block', async () => {
      const add = [
        'did',
        'service',
        'add',
        'did:x:1',
        'Exchange',
        'https://a.example',
        '--for',
        '90',
        '--tenant',
        'dso',
        '--society',
        'society.json',
      ];
      for (const [json, out] of [
        ['{"did":"did:web:a.example","transactions":[]}', 'did:web:a.example changed\n'],
        ['{"did":"did:x:1","transactions":["0xab"],"block":7}', 'did:x:1 changed in block 7 (0xab)\n'],
      ] as const) {
        answer = (_request, _body, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(json);
        expect(await run(...add)).toEqual({ code: 0, out, err: '' });
      }
    });

    it('has no document of the past for a did:web, and asks nobody for it', async () => {
      const { code, out } = await run('did', 'resolve', 'did:web:nowhere.invalid', '--at', '2020-01-01T00:00:00Z');
      expect([code, JSON.parse(out)]).toMatchObject([1, { didDocument: null, didResolutionMetadata: { error: 'featureNotSupported' } }]);
    });

    it.each([
      [['did', 'list', '--tenant', 'dso'], 'GET', '/t/dso/admin/dids', ''],
      [['did', 'create', '--tenant', 'dso'], 'POST', '/t/dso/admin/dids', '{}'],
      [['did', 'create', '--alias', 'meter', '--tenant', 'dso'], 'POST', '/t/dso/admin/dids', '{"alias":"meter"}'],
      [
        ['did', 'delegate', 'add', 'did:x:1', ACCOUNT, '--for', '30d', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/delegates/add',
        '{"did":"did:x:1","account":"0xabababababababababababababababababababab","type":"veriKey","validSeconds":2592000}',
      ],
      [
        ['did', 'delegate', 'remove', 'did:x:1', ACCOUNT, '--type', 'sigAuth', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/delegates/remove',
        '{"did":"did:x:1","account":"0xabababababababababababababababababababab","type":"sigAuth"}',
      ],
      [
        ['did', 'service', 'add', 'did:x:1', 'Exchange', 'https://a.example', '--for', '90', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/services/add',
        '{"did":"did:x:1","type":"Exchange","endpoint":"https://a.example","validSeconds":90}',
      ],
      [
        ['did', 'service', 'remove', 'did:x:1', 'Exchange', 'https://a.example', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/services/remove',
        '{"did":"did:x:1","type":"Exchange","endpoint":"https://a.example"}',
      ],
      [
        ['did', 'key', 'add', 'did:x:1', 'public.json', '--for', '1y', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/keys/add',
        '{"did":"did:x:1","publicJwk":{"kty":"EC"},"use":"assertion","validSeconds":31536000}',
      ],
      [
        ['did', 'owner', 'did:x:1', ACCOUNT, '--yes', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/owner',
        '{"did":"did:x:1","newOwner":"0xabababababababababababababababababababab"}',
      ],
      [['did', 'deactivate', 'did:x:1', '--yes', '--tenant', 'dso'], 'POST', '/t/dso/admin/did/deactivate', '{"did":"did:x:1"}'],
      [
        ['did', 'deactivate', 'did:x:1', '--own', '--yes', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/deactivate',
        '{"did":"did:x:1","own":true}',
      ],
      [
        ['did', 'rotate', 'did:x:1', '--emergency', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/rotate',
        '{"did":"did:x:1","emergency":true}',
      ],
      [['did', 'rotate', '--tenant', 'dso'], 'POST', '/t/dso/admin/did/rotate', '{}'],
      [
        ['did', 'transfer', 'offer', 'did:ethr:0x1:0xab', '--to', 'dso', '--hours', '2', '--tenant', 'regulator'],
        'POST',
        '/t/regulator/admin/did/transfers',
        '{"did":"did:ethr:0x1:0xab","to":"dso","lifeSeconds":"7200"}',
      ],
      [['did', 'transfer', 'accept', 'a/b', '--tenant', 'dso'], 'POST', '/t/dso/admin/did/transfers/a%2Fb/accept', '{}'],
      [['did', 'transfer', 'ownership', 't', '--tenant', 'dso'], 'POST', '/t/dso/admin/did/transfers/t/ownership', '{}'],
      [
        ['did', 'transfer', 'answer', 'https://a.example/t/x/transfers/1', '--reject', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/offers/answer',
        '{"offer":"https://a.example/t/x/transfers/1","decision":"reject"}',
      ],
      [['did', 'transfer', 'list', '--tenant', 'dso'], 'GET', '/t/dso/admin/did/transfers', ''],
      [['ledger', 'status'], 'GET', '/t/dso/admin/ledger', ''],
      [['ledger', 'rebuild'], 'POST', '/t/dso/admin/ledger/rebuild', ''],
    ])('%j asks as the operator of that tenant', async (args, method, path, body) => {
      expect(await run(...args, '--society', 'society.json')).toMatchObject({ code: 0, err: '' });
      expect(asked).toEqual([{ method, path, token: `Bearer ${args.includes('regulator') ? 'regulator' : 'dso'}-token`, body }]);
    });
  });

  describe('an error', () => {
    it.each([
      ['an unknown command', ['nonsense'], 'REQUEST_MALFORMED'],
      ['a missing option', ['credential', 'revoke', '--digest', 'x'], 'REQUEST_MALFORMED'],
      [
        'two handles',
        ['credential', 'revoke', '--society', 'society.json', '--tenant', 'dso', '--reason', 'r', '--digest', 'x', '--subject', 'y'],
        'REQUEST_MALFORMED',
      ],
      ['no society', ['credential', 'list'], 'CONFIG_INVALID'],
      ['an unknown tenant', ['credential', 'list', '--society', 'society.json', '--tenant', 'nobody'], 'ADMIN_TOKEN_INVALID'],
      ['no tenant where there are several', ['credential', 'list', '--society', 'society.json'], 'CONFIG_INVALID'],
      ['a missing register', ['register', 'import', 'nowhere.csv', '--society', 'society.json'], 'REGISTER_UNREADABLE'],
      ['a delegate without an end', ['did', 'delegate', 'add', 'did:x:1', ACCOUNT], 'REQUEST_MALFORMED'],
      ['an account that is none', ['did', 'delegate', 'add', 'did:x:1', '0xab', '--for', '1d'], 'REQUEST_MALFORMED'],
      ['an unknown kind of delegate', ['did', 'delegate', 'add', 'did:x:1', ACCOUNT, '--for', '1d', '--type', 'enc'], 'REQUEST_MALFORMED'],
      ['an end that is none', ['did', 'delegate', 'add', 'did:x:1', ACCOUNT, '--for', 'ever'], 'REQUEST_MALFORMED'],
      ['an end after twenty years', ['did', 'service', 'add', 'did:x:1', 'T', 'https://a.example', '--for', '21y'], 'REQUEST_MALFORMED'],
      ['an end of a DID that nobody confirmed', ['did', 'deactivate', 'did:x:1'], 'REQUEST_MALFORMED'],
      ['a gift that nobody confirmed', ['did', 'owner', 'did:x:1', ACCOUNT], 'REQUEST_MALFORMED'],
      ['a private key', ['did', 'key', 'add', 'did:x:1', 'private.json', '--for', '1y'], 'REQUEST_MALFORMED'],
      ['a key file that is not there', ['did', 'key', 'remove', 'did:x:1', 'nowhere.json'], 'REQUEST_MALFORMED'],
      ['an unknown program', ['config', 'check', '../../etc', 'x'], 'CONFIG_INVALID'],
    ])('for %s is one line with a code', async (_name, args, code) => {
      const { code: exit, out, err } = await run(...args);
      expect([exit, out]).toEqual([1, '']);
      expect(err).toMatch(new RegExp(`^${code}: [^\\n]+\\n$`));
    });

    it('of the issuer keeps its code and request id', async () => {
      answer = (_request, _body, response) =>
        response.writeHead(403, { 'content-type': 'application/json' }).end('{"code":"POLICY_DENIED","requestId":"abc"}');
      expect(await run('credential', 'list', '--society', 'society.json', '--tenant', 'dso')).toEqual({
        code: 1,
        out: '',
        err: 'POLICY_DENIED: the policy does not permit this (request abc)\n',
      });
    });

    it('of the network says that nobody answers', async () => {
      const { code, err } = await run('credential', 'list', '--society', 'society.json', '--tenant', 'dso', '--url', 'http://127.0.0.1:9');
      expect([code, err]).toEqual([1, expect.stringMatching(/^REMOTE_UNAVAILABLE: /)]);
    });
  });

  describe('register', () => {
    it('prints a sample that it can import', async () => {
      const sample = await run('register', 'sample');
      expect([sample.code, sample.out.split('\r\n')[1]]).toEqual([0, '10X1001A1001A248;ENERGINET;Energinet;;;Active;;;;System Operator;X']);
      expect((await run('register', 'sample', '-o', 'sample.csv')).code).toBe(0);
      answer = (_request, _body, response) =>
        response
          .writeHead(200, { 'content-type': 'application/x-ndjson' })
          .end(
            [
              '{"progress":{"bytesRead":400,"rows":6,"rejected":0}}',
              '{"report":{"rows":12,"added":11,"updated":0,"unchanged":0,"rejected":1,"rejectedRows":[{"line":3,"code":"IDENTIFIER_CHECKSUM","detail":"eic: wrong check character"}]}}',
              '',
            ].join('\n'),
          );
      const { code, out, err } = await run('register', 'import', 'sample.csv', '--society', 'society.json');
      expect(code).toBe(0);
      expect(asked[0]).toEqual({ method: 'POST', path: '/t/regulator/admin/register', token: 'Bearer regulator-token', body: sample.out });
      expect(out).toContain('12 rows: 11 added, 0 updated, 0 unchanged, 1 rejected\n');
      expect(out).toMatch(/3 {5}IDENTIFIER_CHECKSUM {2}eic: wrong check character/);
      expect(err).toMatch(/\[#+\.*\] +\d+ % {2}6 rows, 0 rejected\n.*100 %/s);
      const json = await run('register', 'import', 'sample.csv', '--society', 'society.json', '--json');
      expect(JSON.parse(json.out)).toMatchObject({ added: 11 });
    });

    it('tells an error that came after the first rows, and a report that never came', async () => {
      await run('register', 'sample', '-o', 'sample.csv');
      answer = (_request, _body, response) =>
        response
          .writeHead(200)
          .end('{"error":{"code":"REGISTER_UNREADABLE","requestId":"r","detail":"the first line must be the header"}}\n');
      expect(await run('register', 'import', 'sample.csv', '--society', 'society.json')).toMatchObject({
        code: 1,
        err: 'REGISTER_UNREADABLE: the first line must be the header (request r)\n',
      });
      answer = (_request, _body, response) => response.writeHead(200).end('{"progress":{"bytesRead":1,"rows":1,"rejected":0}}\n');
      expect((await run('register', 'import', 'sample.csv', '--society', 'society.json')).err).toMatch(/REMOTE_UNAVAILABLE/);
    });
  });

  describe('credential and application', () => {
    it('list rows that cannot draw on the terminal', async () => {
      answer = (_request, _body, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(
          JSON.stringify({
            rows: [{ applicationId: 'a1', type: 'CustomerStatus', state: 'pending', applicant: 'x\u001b[2J', submittedAt: 0 }],
            next: '1.a1',
          }),
        );
      const { out } = await run('application', 'list', '--society', 'society.json', '--tenant', 'dso', '--state', 'pending');
      expect(out).toContain('x?[2J');
      expect(out).toContain('1970-01-01T00:00:00Z');
      expect(out).toContain('more: --after 1.a1\n');
      expect(asked[0]?.path).toBe('/t/dso/admin/applications?limit=50&state=pending');
    });

    it('send what was asked for', async () => {
      await run(
        'credential',
        'revoke',
        '--society',
        'society.json',
        '--tenant',
        'dso',
        '--party',
        'eic:10X1001A1001A248',
        '--reason',
        'gone',
      );
      await run('application', 'approve', 'a/b', '--society', 'society.json', '--tenant', 'dso', '--reason', 'fine');
      await run('application', 'offer', 'a1', '--society', 'society.json', '--tenant', 'dso', '--tx-code');
      expect(asked.map(({ path, body, token }) => [path, JSON.parse(body), token])).toEqual([
        ['/t/dso/admin/credentials/revoke', { party: { scheme: 'eic', value: '10X1001A1001A248' }, reason: 'gone' }, 'Bearer dso-token'],
        ['/t/dso/admin/applications/a%2Fb/approve', { reason: 'fine' }, 'Bearer dso-token'],
        ['/t/dso/admin/applications/a1/offers', { txCode: true }, 'Bearer dso-token'],
      ]);
    });
  });

  it('status tells what is up and exits 1 when something is not', async () => {
    const { code, out } = await run('status', '--society', 'society.json', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      parts: [
        { part: 'issuer', state: 'up' },
        { part: 'gone', state: 'down' },
      ],
    });
  });

  describe('audit verify', () => {
    let lines: string[] = [];
    const signer = createSigner(generatePrivateJwk('EdDSA'));
    beforeAll(async () => {
      const store = await openTestStore();
      const log = createAuditLog({ repository: createAuditRepository(store), signer, origin: 'test' });
      const tenant = tenantId('dso');
      for (const action of ['issue', 'issue', 'revoke']) {
        await log.appendRecord(tenant, { kind: 'act', requestId: action as RequestId, at: instant(1), action, reasons: [], evidence: {} });
      }
      lines = [];
      for await (const line of log.exportLog(tenant)) lines.push(line);
      await store.close();
      await writeFile(join(directory, 'log.ndjson'), `${lines.join('\n')}\n`);
      await writeFile(join(directory, 'key.json'), JSON.stringify(signer.publicJwk));
      await writeFile(join(directory, 'other-key.json'), JSON.stringify(createSigner(generatePrivateJwk('EdDSA')).publicJwk));
      await writeFile(join(directory, 'changed.ndjson'), lines.join('\n').replace('revoke', 'resume'));
      await writeFile(join(directory, 'short.ndjson'), lines.slice(0, -2).join('\n'));
    });

    it("finds a good log consistent, with the key at hand or the log's own", async () => {
      const { code, out } = await run('audit', 'verify', 'log.ndjson', '--key', 'key.json', '--json');
      expect([code, JSON.parse(out)]).toMatchObject([
        0,
        { ok: true, size: 3, origin: 'test/dso', keySource: 'file', actions: { issue: 2, revoke: 1 } },
      ]);
      const own = await run('audit', 'verify', 'log.ndjson');
      expect([own.code, own.out]).toEqual([0, expect.stringContaining('the key came with the log')]);
    });

    it.each([
      ['changed.ndjson', 'key.json'],
      ['short.ndjson', 'key.json'],
      ['log.ndjson', 'other-key.json'],
    ])('says no to %s under %s', async (file, key) => {
      const { code, out } = await run('audit', 'verify', file, '--key', key);
      expect([code, JSON.parse(out)]).toMatchObject([1, { ok: false, code: 'LOG_INCONSISTENT' }]);
    });

    it('fetches the log of a running issuer', async () => {
      answer = (request, _body, response) => {
        if (request.url === '/t/dso/audit/key')
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ publicJwk: signer.publicJwk }));
        else response.writeHead(200).end(`${lines.join('\n')}\n`);
      };
      const { code, out } = await run('audit', 'verify', '--society', 'society.json', '--tenant', 'dso', '--json');
      expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, size: 3, keySource: 'server' }]);
    });
  });
});
