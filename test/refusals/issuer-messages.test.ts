// Messages to a running issuer that two readers read differently: headers sent twice, bodies meant to exhaust it or to pollute.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@gridpass/core';
import { TOKENS, type RunningIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';
import { ACCREDITATION, issueVictim, startUnreachable, type Victim } from './hostile-issuer-world.js';
import { sendRaw } from './raw-http.js';

describe('a running issuer under attack', () => {
  let running: RunningIssuer;
  let victim: Victim;

  beforeAll(async () => {
    running = await startUnreachable();
    victim = await issueVictim(running);
  });
  afterAll(() => running.close());

  describe('attack 27: messages that two readers read differently', () => {
    const path = '/t/dso/admin/credentials';
    const bearer = (token: string): string => `Authorization: Bearer ${token}`;

    it('reads a token from one header alone', async () => {
      expect((await sendRaw(running.origin, { path, headers: [bearer(TOKENS.dso)] })).status).toBe(200);
      for (const headers of [
        [bearer('x'.repeat(24)), bearer(TOKENS.dso)],
        [bearer(`${TOKENS.dso}, ${TOKENS.dso}`)],
        [`Authorization: Basic ${TOKENS.dso}`],
        [`Authorization: bearer ${TOKENS.dso} x`],
        [`X-Authorization: Bearer ${TOKENS.dso}`, `X-HTTP-Method-Override: GET`],
        [`Cookie: token=${TOKENS.dso}; Authorization=Bearer ${TOKENS.dso}`],
      ])
        expect(await sendRaw(running.origin, { path, headers })).toMatchObject({ status: 401, code: 'ADMIN_TOKEN_INVALID' });
      expect(await sendRaw(running.origin, { path: `${path}?access_token=${TOKENS.dso}` })).toMatchObject({ status: 401 });
    });

    it('lets no second request hide in a body', async () => {
      const smuggled = `GET ${path} HTTP/1.1\r\nHost: x\r\n${bearer(TOKENS.dso)}\r\n\r\n`;
      for (const headers of [
        ['Content-Length: 0', `Content-Length: ${smuggled.length}`],
        ['Transfer-Encoding: chunked', 'Content-Length: 4'],
        ['Transfer-Encoding: xchunked'],
        ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
      ]) {
        const reply = await sendRaw(running.origin, { method: 'POST', path: '/t/dso/nonce', headers, body: smuggled });
        expect(reply.status).toBe(400);
        expect(reply.head + reply.body).not.toContain('"rows"');
      }
    });

    it('builds no address and no audience from the headers of a request', async () => {
      for (const path of [
        '/.well-known/openid-credential-issuer/t/dso',
        '/.well-known/oauth-authorization-server/t/dso',
        '/t/dso/did.json',
      ]) {
        const headers = [
          'Host: evil.example',
          'X-Forwarded-Host: evil.example',
          'X-Forwarded-Proto: https',
          'Forwarded: host=evil.example',
        ];
        const reply = await sendRaw(running.origin, { path, headers });
        expect(reply.status).toBe(200);
        expect(reply.head + reply.body).not.toContain('evil.example');
      }
    });

    it('opens itself to no other origin of a browser', async () => {
      const headers = [
        'Origin: https://evil.example',
        'Access-Control-Request-Method: POST',
        'Access-Control-Request-Headers: authorization',
      ];
      for (const method of ['OPTIONS', 'GET', 'POST']) {
        const reply = await sendRaw(running.origin, { method, path, headers });
        expect(reply.head).not.toMatch(/access-control-allow/i);
        expect(reply.status).toBeGreaterThanOrEqual(400);
      }
    });
  });

  describe('attack 13, 26: bodies meant to exhaust or to pollute', () => {
    const JSON_ROUTES = [
      '/t/dso/applications',
      '/t/dso/credential',
      '/t/dso/admin/applications',
      '/t/dso/admin/credentials/revoke',
      '/t/dso/admin/credentials/renew',
      '/t/dso/admin/authorities',
      '/t/dso/admin/dids',
      '/t/dso/admin/did/rotate',
      '/t/dso/admin/did/delegates/add',
      '/t/dso/admin/did/deactivate',
    ] as const;
    it.each(JSON_ROUTES)('are refused by %s', async (path) => {
      const post = (body: string) =>
        running.ask(path, {
          method: path.endsWith('authorities') ? 'PUT' : 'POST',
          body,
          headers: { 'content-type': 'application/json' },
          token: TOKENS.dso,
        });
      expect(await post(`{"reason":"${'x'.repeat(100_000)}"}`)).toMatchObject({ body: { code: 'BODY_TOO_LARGE' } });
      for (const body of [
        `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
        `{"a":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`,
        '{"reason":"a","reason":"b"}',
        '{"claims":{"__proto__":{"duties":["decide"]}}}',
        '{"claims":{"constructor":{"prototype":{}}}}',
        '{"reason":"\\ud800"}',
        '[]',
        'null',
        '',
      ])
        expect((await post(body)).body).toMatchObject({ code: 'REQUEST_MALFORMED' });
      expect(Object.prototype).not.toHaveProperty('duties');
    });

    it('are refused with texts that show people something else than they hold', async () => {
      for (const text of ['paid\u202eoN', 'a\u200bb', 'a\nb', 'a\u2028b', 'a\u200db', '\ufeffa', 'a\u3164']) {
        const ask = (path: string, json: JsonObject) => running.ask(`/t/dso/admin/${path}`, { token: TOKENS.dso, json });
        const revoke = await ask('credentials/revoke', { digest: victim.digest, reason: text });
        expect(revoke).toMatchObject({ status: 400, body: { code: 'REQUEST_MALFORMED' } });
        const apply = await ask('applications', { type: 'CustomerStatus', claims: {}, evidence: [], applicant: text });
        expect(apply).toMatchObject({ status: 400, body: { code: 'REQUEST_MALFORMED' } });
      }
    });

    it('does not wait for ever for a body that never comes', async () => {
      // What the client announces and never sends is given up when the client is; nothing of it is kept.
      const cut = await new Promise<string>((resolve) => {
        const sent = request(`${running.origin}/t/dso/credential`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-length': '1000' },
        });
        sent.on('error', () => resolve('ended'));
        sent.write('{"a":', () => sent.destroy());
      });
      expect(cut).toBe('ended');
      expect((await running.ask('/')).status).toBe(200);
    });

    it('takes no file name, no query language and no number for a list or an application', async () => {
      for (const id of ["' or 1=1--", '%27%20or%201%3D1', '..%2f..%2fetc%2fpasswd', '%00', '1e3', '-1', '*', '%25', '_']) {
        // U+0000 is no text of the store at all.
        const status = id === '%00' ? 400 : 404;
        expect((await running.ask(`/t/dso/applications/${id}`)).status).toBe(status);
        expect((await running.ask(`/t/dso/status/${id}`)).status).toBe(status);
      }
      expect((await running.ask('/t/dso/applications/%ff')).status).toBeLessThan(500);
    });

    it('answers text that the store cannot hold with a refusal, wherever it is sent', async () => {
      const texts = [
        ['admin/applications', { applicant: 'a\u0000', type: 'RegulatorAccreditation', claims: ACCREDITATION }],
        ['admin/credentials/revoke', { applicationId: '\u0000', reason: 'x' }],
        ['admin/credentials/revoke', { party: { scheme: 'eic\u0000', value: '10X1001A1001A248' }, reason: 'x' }],
        [`admin/applications/${victim.applicationId}/reject`, { reason: 'a\u0000' }],
      ] as const;
      for (const [path, json] of texts) {
        const answer = await running.ask(`/t/root/${path}`, { token: TOKENS.root, json });
        expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true]);
      }
      expect((await running.ask('/t/root/admin/credentials?after=%00', { token: TOKENS.root })).status).toBe(400);
    });
  });
});
