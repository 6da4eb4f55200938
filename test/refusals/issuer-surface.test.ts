// Attacks on a running issuer of four tenants over its loopback port: other tenants' things, other tenants' tokens, an offer in the
// middle, floods, and what its answers give away.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { TOKENS, type RunningIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';
import { ACCREDITATION, issueVictim, startUnreachable, textOf, type Victim } from './hostile-issuer-world.js';

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
  ['POST', 'credentials/preview', { applicationId: 'ID' }],
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

describe('a running issuer under attack', () => {
  let running: RunningIssuer;
  let victim: Victim;

  beforeAll(async () => {
    running = await startUnreachable();
    victim = await issueVictim(running);
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

  it('lets a page of another origin read no answer to an operator, and asks nothing beforehand', async () => {
    const headers = { origin: 'https://evil.example', cookie: `token=${TOKENS.dso}`, 'access-control-request-method': 'POST' };
    for (const path of ['/t/dso/admin/credentials', '/t/dso/admin/credentials/revoke', '/t/dso/audit/checkpoint']) {
      const answers = [await running.ask(path, { token: TOKENS.dso, headers }), await running.ask(path, { method: 'OPTIONS', headers })];
      expect(answers[1]?.status).toBe(404);
      for (const answer of answers) expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    const open = await running.ask('/t/dso/nonce', { method: 'POST', headers });
    expect([open.status, open.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(open.headers.get('access-control-allow-credentials')).toBeNull();
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
    // The other forwarding header, which the proxy passes on as it came, names nobody; nor does a port make a client of its own.
    for (const headers of [{ ...flooding.headers, forwarded: 'for=192.0.2.77' }, { 'x-forwarded-for': '[2001:db8:1:2:ffff::1]:50123' }])
      expect((await running.ask('/t/dso/nonce', { method: 'POST', headers })).status).toBe(429);
    for (const path of ['did.json', `authority/${victim.digest}`, `status/${victim.listId}`])
      expect((await running.ask(`/t/root/${path}`, flooding)).status).toBe(200);
    expect((await running.ask('/t/dso/nonce', { method: 'POST', ...from('2001:db8:1:3::1') })).status).toBe(200);
    expect((await running.ask('/t/dso/nonce', { method: 'POST' })).status).toBe(200);
  });

  it('says nothing in an error but code and request id, and an operator alone is told why', async () => {
    for (const [path, token] of [
      ['/t/dso/admin/credentials', 'x'.repeat(30)],
      ['/t/dso/applications/none', undefined],
      ['/nothing/here', undefined],
      ['/t/dso/admin/credentials?limit=0', 'x'.repeat(30)],
      ['/t/dso/admin/credentials?limit=0', TOKENS.dso],
    ] as const) {
      const { body, headers } = await running.ask(path, token === undefined ? {} : { token });
      expect(Object.keys(body).sort()).toEqual(token === TOKENS.dso ? ['code', 'detail', 'requestId'] : ['code', 'requestId']);
      if (token === TOKENS.dso) expect(body['detail']).toContain('limit');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });
});
