import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkLogExport } from '@gridpass/audit';
import { digestOf } from '@gridpass/codec';
import type { JsonObject, Signer } from '@gridpass/core';
import { buildDpopProof } from '@gridpass/exchange';
import { sampleRegister } from '@gridpass/issue';
import { createSigner, generatePrivateJwk, parsePublicJwk } from '@gridpass/keys';
import { parseSdJwtVc } from '@gridpass/suite';
import { CHAIN_CLAIMS as CLAIMS, TOKENS, startIssuer } from './running-issuer.js';
import type { RunningIssuer } from './running-issuer.js';

describe('a running issuer', () => {
  let running: RunningIssuer;
  let h2 = '';
  const home = createSigner(generatePrivateJwk('ES256'));
  const proofOf = async (signer: Signer, path: string) => ({
    dpop: await buildDpopProof({ signer, method: 'POST', url: `${running.origin}${path}`, at: running.clock.now() }),
  });
  beforeAll(async () => {
    running = await startIssuer();
  });
  afterAll(() => running.close());

  it('imports a register as it arrives and reports line by line to who asks for that', async () => {
    const headers = { 'content-type': 'text/csv' };
    const plain = await running.ask('/t/regulator/admin/register', { token: TOKENS.regulator, headers, body: sampleRegister() });
    expect([plain.status, plain.body['added']]).toEqual([200, 12]);
    const lines = await running.ask('/t/regulator/admin/register', {
      token: TOKENS.regulator,
      headers: { ...headers, accept: 'application/x-ndjson' },
      body: `${sampleRegister()}10X1001A1001A249;A;B;;;Active;;;;;X\r\n`,
    });
    expect(JSON.parse(lines.text.trim().split('\n').at(-1)!)).toMatchObject({
      report: { unchanged: 12, rejected: 1, rejectedRows: [{ line: 14, code: 'IDENTIFIER_CHECKSUM' }] },
    });
    expect((await running.ask('/t/regulator/admin/register', { token: TOKENS.regulator, headers, body: 'no register' })).body['code']).toBe(
      'REGISTER_UNREADABLE',
    );
    expect(
      (
        await running.ask('/t/regulator/admin/register', {
          token: TOKENS.regulator,
          headers,
          body: `${sampleRegister()}${'x'.repeat(1_000_001)}`,
        })
      ).status,
    ).toBe(413);
    expect((await running.ask('/t/regulator/admin/register', { token: TOKENS.regulator, json: {} })).status).toBe(415);
  });

  it('issues down a chain over OpenID4VCI: root, regulator, DSO, household', async () => {
    expect((await running.accredit('root', 'regulator', 'RegulatorAccreditation', CLAIMS.regulator)).status).toBe(200);
    expect((await running.accredit('regulator', 'dso', 'SystemOperatorRole', CLAIMS.dso)).status).toBe(200);
    const { offerUri, txCode } = await running.offer('dso', 'MeteringPointEntitlement', CLAIMS.entitlement, { txCode: true });
    const accepted = await running.redeem(offerUri, home, txCode);
    if (!accepted.ok) throw new Error(`${accepted.refusal.code} ${accepted.refusal.detail}`);
    h2 = accepted.value.credentials[0]!.compact;
    const parsed = parseSdJwtVc(h2);
    expect(parsed.ok && parsed.value.content).toMatchObject({
      type: 'MeteringPointEntitlement',
      issuer: running.identities['dso']!.signer.did,
    });
  });

  it('redeems an offer once', async () => {
    const meteringPointHash = digestOf('of an offer redeemed twice');
    const { offerUri } = await running.offer('dso', 'MeteringPointEntitlement', { ...CLAIMS.entitlement, meteringPointHash });
    const outcomes = await Promise.all([running.redeem(offerUri, undefined), running.redeem(offerUri, undefined)]);
    expect(outcomes.filter((outcome) => outcome.ok).length).toBe(1);
    expect((await running.redeem(offerUri, undefined)).ok).toBe(false);
  });

  it('locks an offer whose transaction code is guessed at', async () => {
    const { offerUri, txCode } = await running.offer(
      'dso',
      'MeteringPointEntitlement',
      { ...CLAIMS.entitlement, entitledFrom: 20_502 },
      { txCode: true },
    );
    for (let guess = 0; guess < 5; guess += 1)
      expect((await running.redeem(offerUri, undefined, String((Number(txCode) + guess + 1) % 1_000_000).padStart(6, '0'))).ok).toBe(false);
    expect((await running.redeem(offerUri, undefined, txCode)).ok).toBe(false);
  });

  it('publishes metadata with the staleness bound, DID documents, authorities and cacheable status lists', async () => {
    const metadata = await running.ask('/.well-known/openid-credential-issuer/t/dso');
    expect(metadata.body).toMatchObject({ credential_issuer: `${running.origin}/t/dso`, gridpass: { status_staleness_bound_seconds: 1 } });
    expect((await running.ask('/t/dso/did.json')).body['id']).toBe(running.identities['dso']!.signer.did);
    const parsed = parseSdJwtVc(h2);
    const uri = parsed.ok ? parsed.value.content.status[0]!.uri : '';
    const list = await running.ask(new URL(uri).pathname);
    expect([list.status, list.headers.get('content-type'), list.headers.get('cache-control')]).toEqual([
      200,
      'application/statuslist+jwt',
      'public, max-age=1',
    ]);
    const etag = list.headers.get('etag')!;
    const askedWith = async (value: string) => (await running.ask(new URL(uri).pathname, { headers: { 'if-none-match': value } })).status;
    // What a cache made weak, or has beside others, is the same list (RFC 9110 13.1.2).
    for (const value of [etag, `W/${etag}`, `"x", W/${etag}`, '*']) expect(await askedWith(value)).toBe(304);
    for (const value of ['"x"', etag.slice(1), `${etag}x`]) expect(await askedWith(value)).toBe(200);
    expect((await running.ask(new URL(uri).pathname.replace('/t/dso/', '/t/regulator/'))).status).toBe(404);
  });

  it('takes applications from whoever proves the key of the evidence, and lets an operator decide', async () => {
    const wish = {
      type: 'CustomerStatus',
      claims: { customerKind: 'household', active: true, jurisdiction: 'DK', biddingZoneEic: '10YDK-1--------W' },
      evidence: [h2],
    };
    const apply = async (signer: Signer, path = '/t/dso/applications') =>
      running.ask('/t/dso/applications', { json: wish, headers: await proofOf(signer, path) });
    // Whoever was shown the credential has its text, but not its key.
    expect((await running.ask('/t/dso/applications', { json: wish })).body['code']).toBe('DPOP_INVALID');
    expect((await apply(home, '/t/supplier/applications')).body['code']).toBe('DPOP_INVALID');
    expect((await apply(createSigner(generatePrivateJwk('ES256')))).body['code']).toBe('HOLDER_MISMATCH');
    const submitted = await apply(home);
    expect([submitted.status, submitted.body['state']]).toEqual([202, 'pending']);
    // Without evidence too, the key that asks is the applicant.
    const shown = (evidence: readonly string[]) => ({ type: 'CustomerStatus', claims: {}, evidence: [...evidence] });
    expect((await running.ask('/t/dso/applications', { json: shown([]) })).body['code']).toBe('DPOP_INVALID');
    expect(
      (
        await running.ask('/t/dso/applications', {
          json: shown([`${h2.slice(0, 200)}A${h2.slice(201)}`]),
          headers: await proofOf(home, '/t/dso/applications'),
        })
      ).status,
    ).toBeGreaterThanOrEqual(400);
    const pending = await running.ask('/t/dso/admin/applications?state=pending', { token: TOKENS.dso });
    expect(pending.body).toMatchObject({ rows: [{ applicationId: submitted.body['applicationId'] }] });
    expect(pending.text).not.toContain('household');
  });

  it('revokes, and its own evaluator refuses what was revoked within the bound', async () => {
    const parsed = parseSdJwtVc(h2);
    const digest = parsed.ok ? parsed.value.content.digest : '';
    const revoked = await running.ask('/t/dso/admin/credentials/revoke', { token: TOKENS.dso, json: { digest, reason: 'moved out' } });
    expect([revoked.status, revoked.body['changed']]).toEqual([200, 1]);
    running.clock.advance(2);
    const json = { type: 'CustomerStatus', claims: {}, evidence: [h2] };
    const headers = await proofOf(home, '/t/dso/applications');
    expect((await running.ask('/t/dso/applications', { json, headers })).body['code']).toBe('REVOKED');
    expect(
      (await running.ask('/t/dso/admin/credentials/resume', { token: TOKENS.dso, json: { digest, reason: 'regret' } })).body['code'],
    ).toBe('STATUS_FINAL');
    expect((await running.ask('/t/dso/admin/credentials?state=revoked', { token: TOKENS.reader })).body).toMatchObject({
      rows: [{ digest }],
    });
  });

  describe('turns away', () => {
    it.each([
      ['no token', {}, 401, 'ADMIN_TOKEN_INVALID'],
      ['a wrong token', { token: 'x'.repeat(24) }, 401, 'ADMIN_TOKEN_INVALID'],
      ['a token of another tenant', { token: TOKENS.regulator }, 401, 'ADMIN_TOKEN_INVALID'],
    ])('%s', async (_name, options, status, code) => {
      const answer = await running.ask('/t/dso/admin/credentials', options);
      expect([answer.status, answer.body['code']]).toEqual([status, code]);
      expect(Object.keys(answer.body).sort()).toEqual(['code', 'requestId']);
    });

    it('an operator without the duty', async () => {
      const answer = await running.ask('/t/dso/admin/credentials/revoke', {
        token: TOKENS.reader,
        json: { subject: running.identities['dso']!.signer.did, reason: 'x' },
      });
      expect([answer.status, answer.body['code']]).toEqual([403, 'POLICY_DENIED']);
    });

    it.each([
      ['/T/dso/did.json', 404],
      ['/t/dso/did.json/', 404],
      ['/t/DSO/did.json', 404],
      ['/t/nobody/did.json', 404],
      ['/t/dso/%61dmin/credentials', 404],
      ['/t/dso/authority/..%2f..%2f', 400],
      ["/t/dso/status/' or 1=1", 404],
      ['/t/__proto__/did.json', 404],
      ['/t/constructor/did.json', 404],
    ])('%s', async (path, status) => {
      const answer = await running.ask(path);
      expect(answer.status).toBe(status);
      expect(answer.text).not.toMatch(/ at |node_modules|select /);
    });

    it.each([
      ['a query that names a parameter twice', '/t/dso/admin/credentials?state=all&state=revoked'],
      ['a cursor that no page gave out', "/t/dso/admin/credentials?after=1' or '1'='1"],
      ['an unknown state', '/t/dso/admin/credentials?state=valid_until'],
      ['a page without bounds', '/t/dso/admin/credentials?limit=1e9'],
    ])('%s', async (_name, path) => {
      expect((await running.ask(path, { token: TOKENS.dso })).body['code']).toBe('REQUEST_MALFORMED');
    });

    it.each([
      ['two handles', { digest: 'x'.repeat(43), applicationId: 'y', reason: 'z' }],
      ['no handle', { reason: 'z' }],
      ['a handle that is a list', { digest: ['x'], reason: 'z' }],
    ])('a change of state with %s', async (_name, json) => {
      expect((await running.ask('/t/dso/admin/credentials/revoke', { token: TOKENS.dso, json })).body['code']).toBe('REQUEST_MALFORMED');
    });

    it('duplicate members, prototypes, oversized bodies and other media types', async () => {
      const post = (body: string, type = 'application/json') =>
        running.ask('/t/dso/applications', { body, headers: { 'content-type': type } });
      expect((await post('{"type":"A","type":"B"}')).body['code']).toBe('REQUEST_MALFORMED');
      expect((await post('{"__proto__":{}}')).body['code']).toBe('REQUEST_MALFORMED');
      expect((await post(`{"type":"${'x'.repeat(70_000)}"}`)).status).toBe(413);
      expect((await post('{}', 'text/plain')).status).toBe(415);
    });

    it('token requests in the words of OAuth', async () => {
      const answer = await running.ask('/t/dso/token', {
        body: 'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&pre-authorized_code=guess',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect([answer.status, answer.body['error'], answer.body['code']]).toEqual([400, 'invalid_grant', 'OFFER_UNKNOWN']);
      expect((await running.ask('/t/dso/credential', { json: {} })).body['error']).toBe('invalid_token');
      expect(
        (
          await running.ask('/t/dso/token', {
            body: 'grant_type=a&grant_type=b',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
          })
        ).status,
      ).toBe(400);
    });
  });

  it('exports a log in which each act stands and which checks offline', async () => {
    const exported = await running.ask('/t/dso/admin/audit/export', { token: TOKENS.reader });
    const key = await running.ask('/t/dso/audit/key');
    const publicJwk = parsePublicJwk(key.body['publicJwk']!);
    const actions: unknown[] = [];
    const checkpoint = (await running.ask('/t/dso/audit/checkpoint')).text;
    const checked = await checkLogExport(exported.text.trim().split('\n'), {
      publicJwk: publicJwk.ok ? publicJwk.value : createSigner(generatePrivateJwk('EdDSA')).publicJwk,
      checkpoints: [checkpoint],
      onEntry: (_index, entry) => actions.push(entry['action']),
    });
    expect(checked.ok).toBe(true);
    for (const action of ['apply', 'approve', 'offer', 'issue', 'revoke']) expect(actions).toContain(action);
    expect(exported.text).not.toMatch(/household|meteringPointHash|47DEQpj8HBSa-_TImW/);
  });

  it("publishes and takes back services of a tenant's did:web, and gives the DID up for good", async () => {
    const { did } = running.identities['dso']!.signer;
    const verb = async (path: string, json: JsonObject, token = TOKENS.dso) => running.ask(`/t/dso/admin/did/${path}`, { token, json });
    const services = async () => (await running.ask('/t/dso/did.json')).body['service'];
    const hub = { did, type: 'Exchange', endpoint: 'https://dso.example/exchange' };
    expect((await verb('services/add', { ...hub, validSeconds: 60 }, TOKENS.reader)).body['code']).toBe('POLICY_DENIED');
    expect(await verb('services/add', { ...hub, validSeconds: 600 })).toMatchObject({ status: 200, body: { did, transactions: [] } });
    expect(await verb('services/add', { ...hub, type: 'News', validSeconds: 60 })).toMatchObject({ status: 200 });
    expect(await services()).toMatchObject([{ type: 'Exchange', serviceEndpoint: hub.endpoint }, { type: 'News' }]);
    const read = await running.program.resolver.resolveDid(did, { fresh: true });
    expect(read.ok && read.value.services.flatMap(({ types }) => types)).toEqual(['Exchange', 'News']);
    // A service ends by itself; the same again has a new end and stands there once; what is not there is not taken back.
    running.clock.advance(60);
    expect(await services()).toMatchObject([{ type: 'Exchange' }]);
    expect((await verb('services/add', { ...hub, validSeconds: 900 })).status).toBe(200);
    expect(await services()).toHaveLength(1);
    expect((await verb('services/remove', { ...hub, type: 'News' })).body['code']).toBe('NOT_FOUND');
    expect((await verb('services/remove', hub)).status).toBe(200);
    expect(await services()).toBeUndefined();
    const elsewhere = { ...hub, did: running.identities['root']!.signer.did };
    expect(await verb('services/add', { ...elsewhere, validSeconds: 60 })).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await verb('delegates/remove', { did, account: `0x${'ab'.repeat(20)}`, type: 'veriKey' })).toMatchObject({
      status: 422,
      body: { code: 'DID_METHOD_UNSUPPORTED' },
    });

    const claims = { ...CLAIMS.entitlement, entitledFrom: 20_700 };
    const { offerUri } = await running.offer('dso', 'MeteringPointEntitlement', claims);
    const waiting = await running.offer('dso', 'MeteringPointEntitlement', { ...claims, entitledFrom: 20_701 });
    const accepted = await running.redeem(offerUri, home);
    if (!accepted.ok) throw new Error(accepted.refusal.code);
    const apply = async () =>
      running.ask('/t/supplier/applications', {
        json: { type: 'CustomerStatus', claims: {}, evidence: [accepted.value.credentials[0]!.compact] },
        headers: await proofOf(home, '/t/supplier/applications'),
      });
    expect((await apply()).body['code']).not.toBe('DID_DEACTIVATED');
    expect((await verb('deactivate', { did })).body['code']).toBe('CONFLICT');
    expect(await verb('deactivate', { did, own: true })).toMatchObject({ status: 200, body: { did } });
    expect(await running.ask('/t/dso/did.json')).toMatchObject({ status: 410, body: { code: 'DID_DEACTIVATED' } });
    running.clock.advance(31);
    // Whoever shows what it issued is refused as ever; whoever asks for the DID itself learns that it is gone.
    expect(await apply()).toMatchObject({ status: 401, body: { code: 'DID_DEACTIVATED' } });
    for (const [path, json] of [
      ['rotate', { emergency: true }],
      ['services/add', { ...hub, validSeconds: 60 }],
      ['deactivate', { did, own: true }],
    ] as const)
      expect([path, await verb(path, json)]).toMatchObject([path, { status: 410, body: { code: 'DID_DEACTIVATED' } }]);
    expect((await running.redeem(waiting.offerUri, home)).ok).toBe(false);
    expect((await running.ask('/t/dso/admin/dids', { token: TOKENS.reader })).body['rows']).toMatchObject([
      { did, own: true, deactivatedAt: expect.any(Number) },
    ]);
    const log = (await running.ask('/t/dso/admin/audit/export', { token: TOKENS.reader })).text;
    for (const action of ['did.service.add', 'did.service.remove.done', 'did.deactivate', 'did.deactivate.done'])
      expect(log).toContain(`"${action}"`);
  });

  it('counts who tries the routes on DIDs, with whatever token', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.77' };
    const answers = new Set<number>();
    for (let tried = 0; tried < 610; tried += 1) answers.add((await running.ask('/t/root/admin/dids', { token: 'guess', headers })).status);
    expect([...answers]).toEqual([401, 429]);
    expect((await running.ask('/t/root/admin/dids', { token: TOKENS.root })).status).toBe(200);
  });
});
