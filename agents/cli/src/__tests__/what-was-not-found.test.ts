import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { OVERRULABLE } from '@gridpass/core';
import { createCliRig } from './cli-rig.js';

const EVIDENCE = ['--log', 'a.log', '--evidence', 'a.evidence'];
const LINES = '{"type":"header","version":1,"origin":"gate.example/market","key":{}}\n{"type":"final","note":"a note\\n"}\n';

describe('an answer that something is not there', () => {
  const rig = createCliRig();
  const absent = (): void => {
    rig.answer = (_request, _body, response) =>
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"NOT_FOUND","requestId":"abc"}');
  };

  it('says of an issuer what was asked for', async () => {
    absent();
    expect((await rig.run('application', 'show', 'a1', '--society', 'society.json', '--tenant', 'dso')).err).toBe(
      `NOT_FOUND: there is nothing at this address: the issuer has no GET ${rig.url}/t/dso/admin/applications/a1 (request abc)\n`,
    );
  });

  it('says of a gate that it is one, and which key of its configuration shows the log', async () => {
    absent();
    rig.env = { AUDITOR_TOKEN: 'token' };
    for (const words of [
      ['policy', 'evidence', ...EVIDENCE],
      ['audit', 'verify'],
      ['audit', 'export', '--to', 'b.log'],
    ]) {
      const { code, out, err } = await rig.run(...words, '--url', `${rig.url}/`);
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain(`NOT_FOUND: there is nothing at this address: the gate has no GET ${rig.url}/auditor/log; `);
      expect(err).toContain('auditorTokenDigest');
    }
    // What is no Gridpass program answers without a code.
    rig.answer = (_request, _body, response) => response.writeHead(404).end('Not Found');
    expect((await rig.run('audit', 'verify', '--url', rig.url)).err).toMatch(
      /^REMOTE_UNAVAILABLE: the gate answered 404: the gate has no GET /,
    );
  });

  it('says of a wallet whose log is asked for that a household has none', async () => {
    absent();
    rig.env = { OWNER_TOKEN: 'token' };
    expect((await rig.run('audit', 'verify', '--url', rig.url, '--wallet', 'home-1')).err).toContain(
      `the wallet has no GET ${rig.url}/wallets/home-1/log; an organisation's wallet has a log`,
    );
  });

  it('says where no evidence is kept which key keeps it', async () => {
    rig.env = { AUDITOR_TOKEN: 'token' };
    rig.answer = (request, _body, response) => response.writeHead(200).end(request.url === '/auditor/log' ? LINES : '');
    const { code, out } = await rig.run('policy', 'evidence', ...EVIDENCE, '--url', rig.url);
    expect([code, out]).toEqual([0, expect.stringContaining('keepEvidenceDays')]);
  });
});

describe('whose log is asked for', () => {
  const rig = createCliRig();
  const society = (): Promise<void> =>
    writeFile(
      join(rig.directory, 'gated.json'),
      JSON.stringify({
        urls: { issuer: rig.url },
        issuers: ['dso'],
        tokens: { 'operator:dso': 'dso-token', 'operator:marketplace': 'market-token' },
      }),
    );

  it.each([
    [
      'a gate without the token of an auditor',
      ['--url', 'http://127.0.0.1:9'],
      /^ADMIN_TOKEN_INVALID: set AUDITOR_TOKEN .*--tenant.*--wallet/,
    ],
    ['a wallet without the token of its owner', ['--url', 'http://127.0.0.1:9', '--wallet', 'a'], /^ADMIN_TOKEN_INVALID: set OWNER_TOKEN /],
    ['a wallet nowhere', ['--wallet', 'a'], /^REQUEST_MALFORMED: --wallet needs --url/],
    ['a wallet and an issuer at once', ['--wallet', 'a', '--tenant', 'b'], /^REQUEST_MALFORMED: --wallet and --tenant exclude/],
  ])('is told where it cannot be: %s', async (_name, words, said) => {
    for (const verb of [['verify'], ['export', '--to', 'x.log']]) {
      const { code, out, err } = await rig.run('audit', ...verb, ...words);
      expect([code, out, err]).toEqual([2, '', expect.stringMatching(said)]);
    }
  });

  it('is never a tenant that the issuer does not issue for, and none such is offered', async () => {
    await society();
    const { err } = await rig.run('credential', 'list', '--society', 'gated.json', '--tenant', 'marketplace');
    expect(err).toBe('ADMIN_TOKEN_INVALID: no operator token for the tenant marketplace; known: dso; or set OPERATOR_TOKEN\n');
    expect(rig.asked).toEqual([]);
    expect((await rig.run('credential', 'list', '--society', 'gated.json')).code).toBe(0);
    expect(rig.asked[0]).toMatchObject({ path: expect.stringMatching(/^\/t\/dso\//), token: 'Bearer dso-token' });
  });

  it('is written with key and checkpoint, readable by its owner alone, and over nothing that is there', async () => {
    rig.env = { OWNER_TOKEN: 'token' };
    const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    rig.answer = (_request, _body, response) => response.writeHead(200).end(LINES.replace('{}', JSON.stringify(key)));
    const words = ['audit', 'export', '--url', rig.url, '--wallet', 'a', '--key-to', 'k.json', '--checkpoint-to', 'c', '--to', 'w.log'];
    expect(await rig.run(...words)).toMatchObject({ code: 0, out: 'w.log, k.json, c: 2 lines of gate.example/market, not checked yet\n' });
    expect(JSON.parse(await readFile(join(rig.directory, 'k.json'), 'utf8'))).toEqual(key);
    expect(await readFile(join(rig.directory, 'c'), 'utf8')).toBe('a note\n');
    expect((await rig.run(...words)).err).toMatch(/^CONFIG_INVALID: .*w\.log is there already\n$/);
  });

  it('is not kept where the answer ended before its end', async () => {
    rig.env = { AUDITOR_TOKEN: 'token' };
    rig.answer = (_request, _body, response) => response.writeHead(200).end(LINES.split('\n')[0]);
    expect(await rig.run('audit', 'export', '--url', rig.url, '--to', 'cut.log')).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^REMOTE_UNAVAILABLE: the answer is no whole export/),
    });
    await expect(readFile(join(rig.directory, 'cut.log'))).rejects.toThrow('ENOENT');
  });
});

describe('--overrule', () => {
  const rig = createCliRig();

  it('says which rules there are to set aside', async () => {
    for (const text of ['nonsense', 'nonsense=why', '=why']) {
      const { err } = await rig.run(
        'application',
        'approve',
        'a1',
        '--society',
        'society.json',
        '--tenant',
        'dso',
        '--reason',
        'r',
        '--overrule',
        text,
      );
      for (const rule of OVERRULABLE) expect(err).toContain(rule);
    }
    expect(rig.asked).toEqual([]);
  });
});
