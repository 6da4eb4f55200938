import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkSplitView, createAuditLog, createForgetfulCheckpoints } from '@gridpass/audit';
import { assertOk, instant, tenantId } from '@gridpass/core';
import type { RequestId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { createCliRig } from './cli-rig.js';

/** As a wallet prints it; the issuer reads lower case alone. */
const ACCOUNT = `0x${'aB'.repeat(20)}`;

describe('gridpass', () => {
  const rig = createCliRig();

  describe('id check', () => {
    it('says yes in JSON and exits 0', async () => {
      const { code, out, err } = await rig.run('id', 'check', 'eic', '10X1001A1001A248');
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
      const { code, out } = await rig.run('id', 'check', scheme, value);
      expect([code, JSON.parse(out)]).toMatchObject([1, { ok: false, scheme, code: expected }]);
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
      const { code: exit, out, err } = await rig.run(...args);
      expect([exit, out]).toEqual([2, '']);
      expect(err).toMatch(new RegExp(`^${code}: [^\\n]+\\n$`));
    });

    it('of the issuer keeps its code and request id', async () => {
      rig.answer = (_request, _body, response) =>
        response.writeHead(403, { 'content-type': 'application/json' }).end('{"code":"POLICY_DENIED","requestId":"abc"}');
      expect(await rig.run('credential', 'list', '--society', 'society.json', '--tenant', 'dso')).toEqual({
        code: 1,
        out: '',
        err: 'POLICY_DENIED: the policy does not permit this (request abc)\n',
      });
    });

    it('of the network says that nobody answers', async () => {
      const { code, err } = await rig.run(
        'credential',
        'list',
        '--society',
        'society.json',
        '--tenant',
        'dso',
        '--url',
        'http://127.0.0.1:9',
      );
      expect([code, err]).toEqual([3, expect.stringMatching(/^REMOTE_UNAVAILABLE: /)]);
    });
  });

  describe('register', () => {
    it('prints a sample that it can import', async () => {
      const sample = await rig.run('register', 'sample');
      expect([sample.code, sample.out.split('\r\n')[1]]).toEqual([0, '10X1001A1001A248;ENERGINET;Energinet;;;Active;;;;System Operator;X']);
      expect((await rig.run('register', 'sample', '--to', 'sample.csv')).code).toBe(0);
      rig.answer = (_request, _body, response) =>
        response
          .writeHead(200, { 'content-type': 'application/x-ndjson' })
          .end(
            [
              '{"progress":{"bytesRead":400,"rows":6,"rejected":0}}',
              '{"report":{"rows":12,"added":11,"updated":0,"unchanged":0,"rejected":1,"rejectedRows":[{"line":3,"code":"IDENTIFIER_CHECKSUM","detail":"eic: wrong check character"}]}}',
              '',
            ].join('\n'),
          );
      const { code, out, err } = await rig.run('register', 'import', 'sample.csv', '--society', 'society.json');
      expect(code).toBe(0);
      expect(rig.asked[0]).toEqual({
        method: 'POST',
        path: '/t/regulator/admin/register',
        token: 'Bearer regulator-token',
        body: sample.out,
      });
      expect(out).toContain('12 rows: 11 added, 0 updated, 0 unchanged, 1 rejected, 0 vanished\n');
      expect(out).toMatch(/3 {5}IDENTIFIER_CHECKSUM {2}eic: wrong check character/);
      expect(err).toMatch(/\[#+\.*\] +\d+ % {2}6 rows, 0 rejected\n.*100 %/s);
      const json = await rig.run('register', 'import', 'sample.csv', '--society', 'society.json', '--json');
      expect(JSON.parse(json.out)).toMatchObject({ added: 11 });
    });

    it('tells an error that came after the first rows, and a report that never came', async () => {
      await rig.run('register', 'sample', '--to', 'sample.csv');
      rig.answer = (_request, _body, response) =>
        response
          .writeHead(200)
          .end('{"error":{"code":"REGISTER_UNREADABLE","requestId":"r","detail":"the first line must be the header"}}\n');
      expect(await rig.run('register', 'import', 'sample.csv', '--society', 'society.json')).toMatchObject({
        code: 1,
        err: 'REGISTER_UNREADABLE: the first line must be the header (request r)\n',
      });
      rig.answer = (_request, _body, response) => response.writeHead(200).end('{"progress":{"bytesRead":1,"rows":1,"rejected":0}}\n');
      expect((await rig.run('register', 'import', 'sample.csv', '--society', 'society.json')).err).toMatch(/REMOTE_UNAVAILABLE/);
    });
  });

  describe('credential and application', () => {
    it('list rows that cannot draw on the terminal', async () => {
      rig.answer = (_request, _body, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(
          JSON.stringify({
            rows: [{ applicationId: 'a1', type: 'CustomerStatus', state: 'pending', applicant: 'x\u001b[2J', submittedAt: 0 }],
            next: '1.a1',
          }),
        );
      const { out } = await rig.run('application', 'list', '--society', 'society.json', '--tenant', 'dso', '--state', 'pending');
      expect(out).toContain('x?[2J');
      expect(out).toContain('1970-01-01T00:00:00Z');
      expect(out).toContain(
        'more: gridpass application list --state pending --limit 50 --after 1.a1 --society society.json --tenant dso\n',
      );
      expect(rig.asked[0]?.path).toBe('/t/dso/admin/applications?limit=50&state=pending');
    });

    it('send what was asked for', async () => {
      await rig.run(
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
        '--yes',
      );
      await rig.run('application', 'approve', 'a/b', '--society', 'society.json', '--tenant', 'dso', '--reason', 'fine');
      await rig.run('application', 'offer', 'a1', '--society', 'society.json', '--tenant', 'dso', '--tx-code');
      expect(rig.asked.map(({ path, body, token }) => [path, JSON.parse(body), token])).toEqual([
        ['/t/dso/admin/credentials/revoke', { party: { scheme: 'eic', value: '10X1001A1001A248' }, reason: 'gone' }, 'Bearer dso-token'],
        ['/t/dso/admin/applications/a%2Fb/approve', { reason: 'fine' }, 'Bearer dso-token'],
        ['/t/dso/admin/applications/a1/offers', { txCode: true }, 'Bearer dso-token'],
      ]);
    });
  });

  it('status tells what is up and exits 1 when something is not', async () => {
    const { code, out } = await rig.run('status', '--society', 'society.json', '--json');
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
      const log = createAuditLog({
        checkpoints: createForgetfulCheckpoints(),
        repository: createAuditRepository(store),
        signer,
        origin: 'test',
      });
      const tenant = tenantId('dso');
      for (const action of ['issue', 'issue', 'revoke']) {
        await log.appendRecord(tenant, { kind: 'act', requestId: action as RequestId, at: instant(1), action, reasons: [], evidence: {} });
      }
      lines = [];
      for await (const line of log.exportLog(tenant)) lines.push(line);
      await store.close();
      await writeFile(join(rig.directory, 'log.ndjson'), `${lines.join('\n')}\n`);
      await writeFile(join(rig.directory, 'key.json'), JSON.stringify(signer.publicJwk));
      await writeFile(join(rig.directory, 'other-key.json'), JSON.stringify(createSigner(generatePrivateJwk('EdDSA')).publicJwk));
      await writeFile(join(rig.directory, 'changed.ndjson'), lines.join('\n').replace('revoke', 'resume'));
      await writeFile(join(rig.directory, 'short.ndjson'), lines.slice(0, -2).join('\n'));
    });

    it("finds a good log consistent, with the key at hand or the log's own", async () => {
      const { code, out } = await rig.run('audit', 'verify', 'log.ndjson', '--key', 'key.json', '--json');
      expect([code, JSON.parse(out)]).toMatchObject([
        0,
        { ok: true, size: 3, origin: 'test/dso', keySource: 'file', actions: { issue: 2, revoke: 1 } },
      ]);
      const own = await rig.run('audit', 'verify', 'log.ndjson');
      expect([own.code, own.out]).toEqual([0, expect.stringContaining('the key came with the log')]);
    });

    it.each([
      ['changed.ndjson', 'key.json'],
      ['short.ndjson', 'key.json'],
      ['log.ndjson', 'other-key.json'],
    ])('says no to %s under %s', async (file, key) => {
      const { code, out } = await rig.run('audit', 'verify', file, '--key', key);
      expect([code, JSON.parse(out)]).toMatchObject([1, { ok: false, code: 'LOG_INCONSISTENT' }]);
    });

    it('says what a yes does not rest on: nothing from outside, so that a rewrite by the keeper would not be seen', async () => {
      const bare = JSON.parse((await rig.run('audit', 'verify', 'log.ndjson', '--key', 'key.json', '--json')).out);
      expect(bare.notChecked).toEqual([
        expect.stringContaining('none was given with --checkpoint'),
        expect.stringContaining("a rewrite by the log's own keeper would not be seen"),
      ]);
      await writeFile(join(rig.directory, 'kept.note'), JSON.parse(lines.at(-1) ?? '').note);
      const kept = await rig.run('audit', 'verify', 'log.ndjson', '--key', 'key.json', '--checkpoint', 'kept.note');
      expect([kept.code, kept.out]).toEqual([0, expect.stringContaining('not checked: against an anchor')]);
      expect(kept.out).toContain('checked: the log still is what 1 kept checkpoint(s) state');
    });

    it('says no with the proof where two logs of one size were signed', async () => {
      const store = await openTestStore();
      const repository = createAuditRepository(store);
      const log = createAuditLog({ checkpoints: createForgetfulCheckpoints(), repository, signer, origin: 'test' });
      const tenant = tenantId('dso');
      for (const action of ['issue', 'issue', 'resume'])
        await log.appendRecord(tenant, { kind: 'act', requestId: action as RequestId, at: instant(1), action, reasons: [], evidence: {} });
      await writeFile(join(rig.directory, 'other.note'), await log.checkpoint(tenant));
      await store.close();
      const { code, out } = await rig.run('audit', 'verify', 'log.ndjson', '--key', 'key.json', '--checkpoint', 'other.note');
      const answer = JSON.parse(out);
      expect([code, answer.code]).toEqual([1, 'LOG_INCONSISTENT']);
      expect(assertOk(checkSplitView(answer.splitView, signer.publicJwk))).toMatchObject({ origin: 'test/dso', size: 3 });
    });

    it('ends with 3 where the chain does not answer, and says nothing of the log', async () => {
      const place = [
        '--rpc',
        'http://127.0.0.1:9/',
        '--contract',
        `0x${'11'.repeat(20)}`,
        '--issuer',
        `did:ethr:0x7a69:0x${'22'.repeat(20)}`,
      ];
      const { code, out } = await rig.run('audit', 'verify', 'log.ndjson', '--key', 'key.json', '--anchor', ...place);
      expect([code, JSON.parse(out)]).toMatchObject([3, { ok: false, code: 'CHAIN_UNAVAILABLE' }]);
    });

    it('fetches the log of a running issuer', async () => {
      rig.answer = (request, _body, response) => {
        if (request.url === '/t/dso/audit/key')
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ publicJwk: signer.publicJwk }));
        else response.writeHead(200).end(`${lines.join('\n')}\n`);
      };
      const { code, out } = await rig.run('audit', 'verify', '--society', 'society.json', '--tenant', 'dso', '--json');
      expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, size: 3, keySource: 'server' }]);
    });
  });
});
