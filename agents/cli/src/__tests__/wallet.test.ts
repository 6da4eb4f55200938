import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCliRig } from './cli-rig.js';

describe('gridpass wallet', () => {
  const rig = createCliRig();
  const own = ['--url', '', '--wallet', 'house'];
  const run = (...args: readonly string[]) => {
    own[1] = rig.url;
    rig.env = { OWNER_TOKEN: 'owner-token' };
    return rig.run('wallet', ...args, ...own);
  };
  const answer = (status: number, body?: object) => {
    rig.answer = (_request, _body, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
    };
  };

  it('applies with claims from the line or from a file, and with the evidence that is chosen', async () => {
    answer(202, { id: 'a1', state: 'pending' });
    await writeFile(join(rig.directory, 'claims.json'), '{"active":true}');
    const asked = ['--issuer', 'https://issuer.example/t/dso/', '--type', 'CustomerStatus', '--claims'];
    const plain = await run('apply', ...asked, '{"active":true}');
    expect(plain).toMatchObject({
      code: 0,
      out: `a1 is pending: gridpass wallet applications --refresh --url ${rig.url} --wallet house\n`,
    });
    await run('apply', ...asked, '@claims.json', '--evidence', 'c1', '--evidence', 'c2', '--audience', 'https://market.example');
    const common = { issuer: 'https://issuer.example/t/dso', type: 'CustomerStatus', claims: { active: true } };
    expect(rig.asked.map(({ method, path, token, body }) => [method, path, token, JSON.parse(body)])).toEqual([
      ['POST', '/wallets/house/applications', 'Bearer owner-token', { ...common, evidence: [] }],
      [
        'POST',
        '/wallets/house/applications',
        'Bearer owner-token',
        { ...common, evidence: ['c1', 'c2'], audience: 'https://market.example' },
      ],
    ]);
    expect((await run('apply', ...asked, '[]')).err).toBe('REQUEST_MALFORMED: --claims is no JSON object\n');
    expect((await run('apply', ...asked, '@none.json')).err).toContain('none.json cannot be read');
  });

  it('tells how applications stand, after asking where told', async () => {
    const row = {
      id: 'a1',
      type: 'CustomerStatus',
      state: 'rejected',
      issuer: 'https://i.example',
      reason: 'unknown\u202e',
      submittedAt: 1_790_000_000,
    };
    answer(200, { applications: [row] });
    const { out } = await run('applications', '--refresh');
    expect(rig.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /wallets/house/applications/refresh',
      'GET /wallets/house/applications',
    ]);
    expect(out).toContain('rejected');
    expect(out).not.toContain('\u202e');
  });

  it('says why something was not received, which field and what to do', async () => {
    const because = ['offer: of another issuer than was asked', 'ask the issuer'];
    answer(422, { code: 'OFFER_UNKNOWN', requestId: 'r', because });
    expect((await run('offers', 'openid-credential-offer://?x')).err).toBe(`OFFER_UNKNOWN: ${because.join('; ')} (request r)\n`);
    answer(200, { applications: [{ id: 'a1', type: 'CustomerStatus', state: 'approved', problem: 'OFFER_UNKNOWN', because }] });
    expect((await run('applications')).out).toContain(`a1: OFFER_UNKNOWN: ${because.join('; ')}\n`);
  });

  it('receives an offer, lists credentials, and deletes', async () => {
    answer(200, { credentials: [{ id: 'c1', type: 'CustomerStatus', validUntil: 1_790_000_000 }] });
    expect((await run('offers', 'openid-credential-offer://?x', '--tx-code', '123456')).out).toContain('c1');
    expect((await run('credentials')).out).toContain('CustomerStatus');
    answer(204);
    expect((await run('delete', 'a1', '--yes')).code).toBe(0);
    expect((await run('delete', 'c1', '--credential', '--yes', '--json')).out).toContain('"deleted": "c1"');
    expect(rig.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /wallets/house/offers',
      'GET /wallets/house/credentials',
      'DELETE /wallets/house/applications/a1',
      'DELETE /wallets/house/credentials/c1',
    ]);
    answer(404, { code: 'NOT_FOUND', requestId: 'r' });
    expect((await run('delete', 'a2', '--yes')).err).toMatch(/^NOT_FOUND: .*the wallet has no DELETE/u);
  });

  it('takes address and token from the society, and says which is missing', async () => {
    answer(200, { credentials: [] });
    rig.env = {};
    const society = ['--society', join(rig.directory, 'society.json')];
    expect((await rig.run('wallet', 'credentials', '--wallet', 'house', ...society)).err).toMatch(
      /^CONFIG_INVALID: the society names no wallets/u,
    );
    const located = ['--url', rig.url, ...society];
    expect((await rig.run('wallet', 'credentials', '--wallet', 'house', ...located)).code).toBe(0);
    expect(rig.asked[0]?.token).toBe('Bearer no-operator');
    expect((await rig.run('wallet', 'credentials', '--wallet', 'barn', ...located)).err).toMatch(/^ADMIN_TOKEN_INVALID: .*OWNER_TOKEN/u);
    expect((await rig.run('wallet', 'credentials', ...located)).err).toMatch(/^REQUEST_MALFORMED: required option '--wallet <name>'/u);
  });
});
