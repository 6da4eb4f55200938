// Attacks on a running issuer of four tenants over its loopback port: other tenants' things, other tenants' tokens,
// headers sent twice, bodies meant to exhaust it, and what its answers and its log give away.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { assertOk } from '@gridpass/core';
import type { FetchPort, JsonObject, JsonValue } from '@gridpass/core';
import { sampleRegister } from '@gridpass/issue';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import type { DidOperations } from '@gridpass/program';
import { parseSdJwtVc, parseVcJwt } from '@gridpass/suite';
import { CLAIMS } from '@gridpass/testkit';
import { CHAIN_CLAIMS, TOKENS, startIssuer, type RunningIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';
import { sendRaw } from './raw-http.js';

const ACCREDITATION: JsonObject = CLAIMS.RegulatorAccreditation;
const ADMIN_ROUTES: readonly (readonly [string, string, JsonValue?])[] = [
  ['GET', 'applications'],
  ['POST', 'applications', { applicant: 'a', type: 'RegulatorAccreditation', claims: {} }],
  ['GET', 'applications/ID'],
  ['POST', 'applications/ID/approve', { reason: 'mine now' }],
  ['POST', 'applications/ID/reject', { reason: 'mine now' }],
  ['POST', 'applications/ID/close', { reason: 'mine now' }],
  ['POST', 'applications/ID/offers', {}],
  ['GET', 'offers'],
  ['POST', 'offers/ID/withdraw', { reason: 'mine now' }],
  ['GET', 'pending'],
  ['GET', 'consequences'],
  ['GET', 'credentials'],
  ['POST', 'credentials/revoke', { applicationId: 'ID', reason: 'mine now' }],
  ['POST', 'credentials/suspend', { applicationId: 'ID', reason: 'mine now' }],
  ['POST', 'credentials/resume', { applicationId: 'ID', reason: 'mine now' }],
  ['POST', 'credentials/renew', { applicationId: 'ID' }],
  ['GET', 'authorities'],
  ['PUT', 'authorities', { uri: 'http://127.0.0.1/x', digest: 'x'.repeat(43) }],
  ['POST', 'register', 'EicCode;EicDisplayName'],
  ['GET', 'audit/export'],
];
/** Keys and DIDs. The tenant `root` of these tests has no chain: whatever gets through to the registry is an INTERNAL error here. */
const DID = 'did:ethr:0x7a69:0x0b4bc6a2e0a86d93c61af9bb13fd5a3ea5d2b9b0';
const ACCOUNT = `0x${'ab'.repeat(20)}`;
const DID_ROUTES: readonly (readonly [string, string, JsonValue?])[] = [
  ['POST', 'dids', { alias: 'mine' }],
  ['POST', 'did/rotate', { did: DID }],
  ['POST', 'did/delegates/add', { did: DID, account: ACCOUNT, type: 'sigAuth', validSeconds: 60 }],
  ['POST', 'did/delegates/remove', { did: DID, account: ACCOUNT, type: 'sigAuth' }],
  ['POST', 'did/keys/add', { did: DID, publicJwk: {}, use: 'authentication', validSeconds: 60 }],
  ['POST', 'did/keys/remove', { did: DID, publicJwk: {}, use: 'authentication' }],
  ['POST', 'did/services/add', { did: DID, type: 'x', endpoint: 'https://evil.example', validSeconds: 60 }],
  ['POST', 'did/services/remove', { did: DID, type: 'x', endpoint: 'https://evil.example' }],
  ['POST', 'did/owner', { did: DID, newOwner: ACCOUNT }],
  ['POST', 'did/deactivate', { did: DID, own: true }],
  ['POST', 'ledger/rebuild'],
];

/** A ledger that nobody may get through to. */
const reached = (): never => {
  throw new Error('reached the ledger');
};
const UNREACHABLE = {
  lifecycle: new Proxy({}, { get: () => reached }),
  rotation: { rotateKey: reached, refresh: async () => undefined },
  transfersWith: () => ({ recover: async () => ({ unfinished: [] }) }),
  listDids: reached,
  ledgerStatus: reached,
  rebuildLedger: reached,
} as unknown as DidOperations;

describe('a running issuer under attack', () => {
  let running: RunningIssuer;
  /** An application of the tenant `root`, issued, with its credential's digest and its list. */
  let victim: { readonly applicationId: string; readonly offerUri: string; readonly digest: string; readonly listId: string };

  beforeAll(async () => {
    running = await startIssuer({ operations: UNREACHABLE });
    const { regulator } = running.identities;
    const offer = await running.offer('root', 'RegulatorAccreditation', ACCREDITATION, { subject: regulator?.signer.did ?? '' });
    const redeemed = await running.redeem(offer.offerUri, regulator?.signer);
    if (!redeemed.ok) throw new Error(redeemed.refusal.code);
    // Two were issued, in two formats; only the one for organisations has a public document.
    const compact = redeemed.value.credentials.find(({ format }) => format === 'vc+jwt')?.compact ?? '';
    const [, payload = ''] = compact.split('.');
    const listId = /\/t\/root\/status\/([\w-]+)/.exec(Buffer.from(payload, 'base64url').toString())?.[1] ?? '';
    victim = { applicationId: offer.applicationId, offerUri: offer.offerUri, digest: assertOk(parseVcJwt(compact)).content.digest, listId };
  });
  afterAll(() => running.close());

  const at = (path: string): string => path.replace('ID', victim.applicationId);
  const filled = (json: JsonValue | undefined): JsonValue | undefined =>
    json === undefined ? undefined : (JSON.parse(at(JSON.stringify(json))) as JsonValue);
  const knock = (tenant: string, [method, path, json]: (typeof ADMIN_ROUTES)[number], token?: string) => {
    const body = filled(json);
    return running.ask(`/t/${tenant}/admin/${at(path)}`, {
      method,
      ...(token === undefined ? {} : { token }),
      ...(body === undefined ? {} : typeof body === 'string' ? { body, headers: { 'content-type': 'text/csv' } } : { json: body }),
    });
  };

  describe('attack 26: things of another tenant', () => {
    it.each([...ADMIN_ROUTES, ...DID_ROUTES, ['GET', 'dids'], ['GET', 'ledger']] as const)(
      "%s %s of one tenant is closed to another's operator, and to nobody's",
      async (...route) => {
        for (const token of [TOKENS.regulator, TOKENS.dso, TOKENS.reader, undefined]) {
          expect(await knock('root', route, token)).toMatchObject({ status: 401, body: { code: 'ADMIN_TOKEN_INVALID' } });
        }
      },
    );

    it.each(DID_ROUTES)('%s %s is closed to an operator without the duty, whatever the body says', async (...[method, path, json]) => {
      for (const body of [json, {}, { did: DID, duties: ['keys'] }])
        expect(await knock('dso', [method, path, body ?? null], TOKENS.reader)).toMatchObject({
          status: 403,
          body: { code: 'POLICY_DENIED' },
        });
    });

    it.each(ADMIN_ROUTES.filter(([, path]) => path.startsWith('applications/ID')))(
      '%s %s under the own tenant does not reach the application of another',
      async (...route) => {
        expect(await knock('regulator', route, TOKENS.regulator)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
      },
    );

    it.each(['revoke', 'suspend', 'resume'])('%s under the own tenant changes no credential of another, by any handle', async (verb) => {
      const { did } = running.identities['regulator']?.signer ?? { did: '' };
      for (const handle of [{ digest: victim.digest }, { applicationId: victim.applicationId }, { subject: did }]) {
        const answer = await running.ask(`/t/dso/admin/credentials/${verb}`, {
          token: TOKENS.dso,
          json: { ...handle, reason: 'not mine' },
        });
        expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
      }
      const { rows } = (await running.ask('/t/root/admin/credentials', { token: TOKENS.root })).body as {
        readonly rows: readonly JsonObject[];
      };
      expect(rows.map(({ state }) => state)).toEqual(rows.map(() => 'active'));
    });

    it('shows application, document and list under their own tenant alone', async () => {
      for (const [path, there] of [
        [`applications/${victim.applicationId}`, 200],
        [`authority/${victim.digest}`, 200],
        [`status/${victim.listId}`, 200],
      ] as const) {
        expect((await running.ask(`/t/root/${path}`)).status).toBe(there);
        expect(await running.ask(`/t/regulator/${path}`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
      }
    });

    it('redeems the code of one tenant at no other', async () => {
      const { regulator } = running.identities;
      const { offerUri } = await running.offer('root', 'RegulatorAccreditation', ACCREDITATION, {
        subject: regulator?.signer.did ?? '',
      });
      const offer = JSON.parse(new URL(offerUri).searchParams.get('credential_offer') ?? '{}') as JsonObject;
      const [[grant = '', parameters = {}] = []] = Object.entries(offer['grants'] as Record<string, JsonObject>);
      const form = new URLSearchParams({ grant_type: grant, 'pre-authorized_code': textOf(parameters['pre-authorized_code']) }).toString();
      const redeem = (tenant: string) =>
        running.ask(`/t/${tenant}/token`, { body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
      expect((await redeem('dso')).body).toMatchObject({ error: 'invalid_grant', code: 'OFFER_UNKNOWN' });
      const token = await redeem('root');
      expect(token.status).toBe(200);
      const foreign = await running.ask('/t/dso/credential', {
        json: { credential_configuration_id: 'x', proofs: { jwt: ['e30.e30.AA'] } },
        headers: { authorization: `Bearer ${textOf(token.body['access_token'])}` },
      });
      expect(foreign.body).toMatchObject({ error: 'invalid_token', code: 'TOKEN_INVALID' });
    });
  });

  describe('attack 28: an offer in the middle', () => {
    it('gives a redeemed offer to no other key', async () => {
      const again = await running.redeem(victim.offerUri, undefined);
      expect(again.refusal?.code).toBe('OFFER_UNKNOWN');
    });

    it("issues to nobody but the stated subject's key", async () => {
      const { regulator } = running.identities;
      const offer = await running.offer('root', 'RegulatorAccreditation', ACCREDITATION, { subject: regulator?.signer.did ?? '' });
      const stolen = await running.redeem(offer.offerUri, undefined);
      expect(stolen.ok).toBe(false);
      const thief = createSigner(generatePrivateJwk('ES256'));
      expect(
        (await running.redeem(offer.offerUri, { ...thief, did: regulator?.signer.did as never, kid: regulator?.signer.kid as never })).ok,
      ).toBe(false);
    });
  });

  describe('attack 28: what was revoked or suspended, asked for again by who held it', () => {
    beforeAll(async () => {
      const headers = { 'content-type': 'text/csv' };
      await running.ask('/t/regulator/admin/register', { token: TOKENS.regulator, headers, body: sampleRegister() });
      expect((await running.accredit('root', 'regulator', 'RegulatorAccreditation', CHAIN_CLAIMS.regulator)).status).toBe(200);
      expect((await running.accredit('regulator', 'dso', 'SystemOperatorRole', CHAIN_CLAIMS.dso)).status).toBe(200);
    });

    const admin = (path: string, json: JsonValue = {}) => running.ask(`/t/dso/admin/${path}`, { token: TOKENS.dso, json });
    const offerAgain = async (applicationId: string) => textOf((await admin(`applications/${applicationId}/offers`)).body['offerUri']);
    const activeOf = async (applications: readonly string[]) => {
      const { rows } = (await running.ask('/t/dso/admin/credentials?state=active&limit=200', { token: TOKENS.dso })).body;
      return (rows as readonly JsonObject[]).filter(({ applicationId }) => applications.includes(textOf(applicationId)));
    };
    let day = 20_500;

    /** A household with its entitlement, and everything that was made for it before anybody knew of what follows. */
    async function prepare() {
      const home = createSigner(generatePrivateJwk('ES256'));
      const claims = { ...CHAIN_CLAIMS.entitlement, meteringPointHash: digestOf(`point ${(day += 1)}`), entitledFrom: day };
      const { offerUri, applicationId } = await running.offer('dso', 'MeteringPointEntitlement', claims);
      const [second, third] = [await offerAgain(applicationId), await offerAgain(applicationId)];
      const [held] = assertOk(await running.redeem(offerUri, home)).credentials;
      const { digest } = assertOk(parseSdJwtVc(held?.compact ?? '')).content;
      const renewal = textOf((await admin('credentials/renew', { digest })).body['applicationId']);
      const [renewed, renewedAgain] = [await offerAgain(renewal), await offerAgain(renewal)];
      expect([second, third, renewed, renewedAgain].filter((uri) => !uri.startsWith('openid-credential-offer:'))).toEqual([]);
      return { home, digest, applications: [applicationId, renewal], again: [second, renewed], byAnother: [third, renewedAgain] };
    }

    it.each(['revoke', 'suspend'])('gives nothing from another offer or a renewal offer, to no key, after a %s', async (verb) => {
      const { home, digest, applications, again, byAnother } = await prepare();
      expect((await admin(`credentials/${verb}`, { digest, reason: 'inquiry' })).body['changed']).toBe(1);
      for (const offerUri of byAnother) expect((await running.redeem(offerUri, undefined)).ok).toBe(false);
      for (const offerUri of again) expect((await running.redeem(offerUri, home)).ok).toBe(false);
      expect(await activeOf(applications)).toEqual([]);
      // Nor from an offer that is made now, where one is still made at all.
      for (const application of applications) {
        const made = await offerAgain(application);
        expect(made !== '' && (await running.redeem(made, home)).ok).toBe(false);
      }
      expect(await activeOf(applications)).toEqual([]);
    });

    it.each(['revoke', 'suspend'])('gives nothing for an access token that was given before a %s', async (verb) => {
      const { home, digest, applications, again } = await prepare();
      const { fetch } = running.program;
      let changed: JsonValue | undefined;
      const meanwhile: FetchPort = {
        fetchDocument: async (url, options) => {
          if (new URL(url).pathname === '/t/dso/credential')
            changed ??= (await admin(`credentials/${verb}`, { digest, reason: 'inquiry' })).body['changed'];
          return fetch.fetchDocument(url, options);
        },
      };
      for (const offerUri of again) expect((await running.redeem(offerUri, home, undefined, meanwhile)).ok).toBe(false);
      expect([changed, await activeOf(applications)]).toEqual([1, []]);
    });

    it('gives what a suspension held back once it is lifted, and what was revoked never', async () => {
      const { home, digest, applications, again } = await prepare();
      await admin('credentials/suspend', { digest, reason: 'inquiry' });
      expect((await admin('credentials/resume', { digest, reason: 'cleared' })).body['changed']).toBe(1);
      expect(assertOk(await running.redeem(again[0] ?? '', home)).credentials).toHaveLength(1);
      await admin('credentials/revoke', { applicationId: applications[0] ?? '', reason: 'moved out' });
      expect((await admin('credentials/resume', { digest, reason: 'cleared' })).status).toBe(409);
      expect((await running.redeem(again[1] ?? '', home)).ok).toBe(false);
      expect(await activeOf(applications)).toEqual([]);
    });
  });

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
      expect((await running.ask('/healthz')).status).toBe(200);
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

  it('turns away a client that asks too much, alone, and never from what a cache can answer', async () => {
    // The proxy on the loopback is trusted here, and speaks for one flooding client of many addresses in one network.
    const from = (address: string) => ({ headers: { 'x-forwarded-for': `198.51.100.200, ${address}` } });
    const flood = async (turns: number): Promise<ReadonlySet<number>> => {
      const statuses = new Set<number>();
      for (let turn = 0; turn < turns; turn += 50) {
        const asked = Array.from({ length: 50 }, (_, n) =>
          running.ask('/t/dso/token', { body: 'x', ...from(`2001:db8:1:2::${(turn + n).toString(16)}`) }),
        );
        for (const { status } of await Promise.all(asked)) statuses.add(status);
      }
      return statuses;
    };
    expect(await flood(600)).toEqual(new Set([400]));
    const flooding = from('2001:db8:1:2:ffff::1');
    for (const path of ['token', 'nonce', 'credential', 'applications'] as const) {
      const answer = await running.ask(`/t/dso/${path}`, { method: 'POST', ...flooding });
      expect(answer).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect((await running.ask('/t/dso/audit/checkpoint', flooding)).status).toBe(429);
    for (const path of ['did.json', `authority/${victim.digest}`, `status/${victim.listId}`])
      expect((await running.ask(`/t/root/${path}`, flooding)).status).toBe(200);
    expect((await running.ask('/t/dso/nonce', { method: 'POST', ...from('2001:db8:1:3::1') })).status).toBe(200);
    expect((await running.ask('/t/dso/nonce', { method: 'POST' })).status).toBe(200);
  });

  it('says nothing in an error but code and request id', async () => {
    for (const [path, token] of [
      ['/t/dso/admin/credentials', 'x'.repeat(30)],
      ['/t/dso/applications/none', undefined],
      ['/nothing/here', undefined],
      ['/t/dso/admin/credentials?limit=0', TOKENS.dso],
    ] as const) {
      const { body, headers } = await running.ask(path, token === undefined ? {} : { token });
      expect(Object.keys(body).sort()).toEqual(['code', 'requestId']);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });
});

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
