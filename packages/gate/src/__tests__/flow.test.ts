import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseCompactJws } from '@gridpass/keys';
import { issueSdJwtVc } from '@gridpass/suite';
import { NOON } from '@gridpass/testkit';
import { instant } from '@gridpass/core';
import type { RequestId } from '@gridpass/core';
import { ZONE, startRig, strangerKey, textOf } from './harness.js';
import type { Rig } from './harness.js';

describe('the way through the gate', () => {
  let rig: Rig;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ rig, close } = await startRig());
  });
  afterEach(() => close());

  it('tells a client without a grant where the presentation request is', async () => {
    const reply = await rig.call('GET', '/orders', { key: null });
    expect(reply.status).toBe(401);
    expect(reply.body).toEqual({
      code: 'GRANT_REQUIRED',
      requestId: expect.any(String),
      presentation: { requests: `${rig.origin}/.gridpass/requests`, channel: 'behind_the_meter' },
    });
    expect(reply.headers.get('www-authenticate')).toMatch(/^DPoP algs="ES256 EdDSA ES256K"/);
    expect(rig.handled.count).toBe(0);
  });

  it('signs a request that asks for exactly what the policy reads', async () => {
    const opened = await rig.call('POST', '/.gridpass/requests', { json: { channel: 'behind_the_meter' } });
    expect(opened.status).toBe(201);
    expect(textOf(opened.body, 'authorizationRequest')).toMatch(
      /^openid4vp:\/\/\?client_id=decentralized_identifier%3Adid%3Aweb%3Amarket\.example&request_uri=/,
    );
    const object = await rig.call('GET', `/.gridpass/requests/${textOf(opened.body, 'state')}`, { key: null });
    expect(object.headers.get('content-type')).toContain('application/oauth-authz-req+jwt');
    const { payload } = parseCompactJws(object.text).value!;
    expect(payload).toMatchObject({
      state: opened.body['state'],
      response_uri: `${rig.origin}/.gridpass/responses/${textOf(opened.body, 'state')}`,
      response_mode: 'direct_post',
    });
    const query = payload['dcql_query'] as { credentials: { meta: unknown; claims: { path: string[] }[] }[] };
    expect(query.credentials.map(({ claims }) => claims.map(({ path }) => path[0]))).toEqual([
      ['active', 'biddingZoneEic'],
      ['exportLimitW'],
    ]);
  });

  it('attaches what it says of itself, asked for anew with each request object, and asks nobody while that hangs', async () => {
    const info = { format: 'vc+jwt', data: 'a.b.c' };
    let answer: () => Promise<readonly (typeof info)[]> = async () => [info];
    // Long enough for every port that answers, on a busy machine too.
    const other = await startRig(() => ({ verifierInfo: () => answer(), portTimeoutMs: 3_000 }));
    const opened = await other.rig.call('POST', '/.gridpass/requests', { json: { channel: 'behind_the_meter' } });
    const ask = () => other.rig.call('GET', `/.gridpass/requests/${textOf(opened.body, 'state')}`, { key: null });
    expect(parseCompactJws((await ask()).text).value?.payload['verifier_info']).toEqual([info]);
    answer = async () => [];
    expect(parseCompactJws((await ask()).text).value?.payload).not.toHaveProperty('verifier_info');
    answer = () => new Promise(() => undefined);
    expect(await ask()).toMatchObject({ status: 503, body: { code: 'TRUST_UNAVAILABLE' } });
    await other.close();
  });

  it('turns a presentation into a token that opens the route, with the verdict in the log before the handler runs', async () => {
    const presented = await rig.present();
    expect(presented.status).toBe(200);
    expect(rig.audit.records).toMatchObject([
      { kind: 'decision', effect: 'permit', action: 'behind_the_meter:admit', reasons: ['own-plant'] },
    ]);
    const [row] = rig.grants.rows.values();
    // Kept is what the policy reads, though the credentials show more.
    expect(row?.grant.facts.map(({ path }) => path).sort()).toEqual([
      'CustomerStatus.active',
      'CustomerStatus.biddingZoneEic',
      'MeteringPointEntitlement.exportLimitW',
    ]);
    const token = await rig.call('POST', '/.gridpass/token', { json: { response_code: presented.body['response_code'] ?? '' } });
    expect(token.body).toMatchObject({ token_type: 'DPoP', expires_in: 900, receipt: { origin: 'log.example', index: 0 } });
    const reply = await rig.call('GET', '/orders?powerW=9000', { token: textOf(token.body, 'access_token') });
    expect(reply.body).toEqual({ holder: 'did:web:house.example', receipt: 1 });
    expect(rig.audit.records[1]).toMatchObject({ kind: 'decision', effect: 'permit', action: 'behind_the_meter:use' });
  });

  it('puts no fact into the token and no DID of a person into the log', async () => {
    const token = await rig.token();
    const { header, payload } = parseCompactJws(token).value!;
    expect(header['typ']).toBe('at+jwt');
    expect(Object.keys(payload).sort()).toEqual(['aud', 'channel', 'client_id', 'cnf', 'exp', 'iat', 'iss', 'jti', 'receipt', 'sub']);
    // As words: digests and ids are random base64url, which may spell any four letters.
    expect(JSON.stringify(rig.audit.records)).not.toMatch(/did:web:house|(?<![\w-])(?:10YNO|9000(?![\w-]))/);
    expect(rig.audit.records[0]?.actor).toMatch(/^hmac-sha256:/);
  });

  it('lets a recorded permit answer the same question for a while, and no other question, nor a grant that has ended', async () => {
    await rig.token();
    const [grantId = ''] = [...rig.grants.rows.keys()].slice(-1);
    const before = rig.audit.records.length;
    const recorded = (): number => rig.audit.records.length - before;
    const use = async (powerW: number, more: { readonly restSeconds?: number } = { restSeconds: 30 }): Promise<string> => {
      const query = { grantId, channel: 'behind_the_meter', action: 'use', resource: { zone: ZONE, powerW } };
      return (await rig.gate.use({ ...query, requestId: 'r' as RequestId, at: rig.clock.now(), ...more })).kind;
    };
    for (const _ of [1, 2, 3]) expect(await use(9000)).toBe('permitted');
    expect(recorded()).toBe(1);
    // Decided again, and the same: not news.
    rig.clock.advance(31);
    expect(await use(9000)).toBe('permitted');
    expect(recorded()).toBe(1);
    expect(await use(8000)).toBe('permitted');
    expect(recorded()).toBe(2);
    // A no is never rested on, and a route without rest records each time.
    for (const _ of [1, 2]) expect(await use(9001)).toBe('denied');
    expect(recorded()).toBe(4);
    expect(await use(9000, {})).toBe('permitted');
    expect(recorded()).toBe(5);
    await rig.gate.endGrant({ id: grantId, reason: 'REVOKED', at: rig.clock.now() });
    expect(await use(9000)).toBe('refused');
  });

  it('denies by policy at each request, with reasons fit to show', async () => {
    const token = await rig.token();
    const reply = await rig.call('GET', '/orders?powerW=9001', { token });
    expect(reply.status).toBe(403);
    expect(reply.body).toEqual({ code: 'POLICY_DENIED', requestId: expect.any(String), reasons: ['above-export-limit'] });
    expect(rig.audit.records.at(-1)).toMatchObject({
      kind: 'decision',
      effect: 'deny',
      reasons: ['above-export-limit'],
      requestId: reply.body['requestId'],
    });
    expect(rig.handled.count).toBe(0);
  });

  it('denies an admission by policy and grants nothing', async () => {
    const { society } = rig;
    const inactive = await issueSdJwtVc(
      society.input('CustomerStatus', society.supplier, society.house.did, {
        authority: society.authority.publish(society.supplierRole.compact),
        holderKey: society.house.publicJwk,
        claims: { customerKind: 'household', active: false, jurisdiction: 'NO', biddingZoneEic: '10YNO-0--------C' },
      }),
    );
    const reply = await rig.present({ customer: inactive.compact });
    expect({ status: reply.status, reasons: reply.body['reasons'] }).toEqual({ status: 403, reasons: ['customer-not-active'] });
    expect(rig.grants.rows.size).toBe(0);
  });

  it('refuses a bad presentation with its code, counts it and grants nothing', async () => {
    const reply = await rig.present({
      tamper: (vp) => vp.replace(/\.([\w-]{4})([\w-]+)"\]/, (_all, a: string, b: string) => `.${a === 'AAAA' ? 'BBBB' : 'AAAA'}${b}"]`),
    });
    expect(reply).toMatchObject({ status: 401, body: { code: 'PROOF_INVALID', requestId: expect.any(String) } });
    expect(rig.audit.records).toEqual([]);
    expect(rig.gate.counted.get('PROOF_INVALID')).toBe(1);
    expect(rig.grants.rows.size).toBe(0);
  });

  it('counts what anybody can send and does not let it fill the log', async () => {
    const opened = await rig.call('POST', '/.gridpass/requests', { json: { channel: 'behind_the_meter' } });
    const path = `/.gridpass/responses/${textOf(opened.body, 'state')}`;
    expect((await rig.call('POST', path, { key: null, form: `state=${textOf(opened.body, 'state')}&vp_token=x` })).body['code']).toBe(
      'PRESENTATION_MALFORMED',
    );
    expect((await rig.call('POST', path, { key: null, form: `state=${'a'.repeat(43)}&vp_token=%7B%7D` })).body['code']).toBe(
      'CHALLENGE_UNKNOWN',
    );
    expect((await rig.call('POST', path, { key: null, body: '{}', headers: { 'Content-Type': 'application/json' } })).body['code']).toBe(
      'MEDIA_TYPE_UNSUPPORTED',
    );
    expect(rig.audit.records).toEqual([]);
    expect(Object.fromEntries(rig.gate.counted)).toMatchObject({
      PRESENTATION_MALFORMED: 1,
      CHALLENGE_UNKNOWN: 1,
      MEDIA_TYPE_UNSUPPORTED: 1,
    });
  });

  it('ends a token with the first of its own life and the credentials behind it', async () => {
    expect((await rig.call('GET', '/orders', { token: await rig.token() })).status).toBe(200);
    rig.clock.set(instant(NOON + 20 * 86_400 - 100));
    const token = await rig.token();
    expect(parseCompactJws(token).value?.payload['exp']).toBe(NOON + 20 * 86_400);
    rig.clock.advance(100);
    expect(await rig.call('GET', '/orders', { token })).toMatchObject({ status: 401, body: { code: 'TOKEN_EXPIRED' } });
  });

  it.each(['revoked', 'suspended'] as const)('ends a live token at the next request when a credential is %s', async (as) => {
    const token = await rig.token();
    expect((await rig.call('GET', '/orders', { token })).status).toBe(200);
    const [grant] = rig.grants.rows.values();
    rig.society.status.mark(grant!.grant.status[1]!.references, as);
    const reply = await rig.call('GET', '/orders', { token });
    expect(reply).toMatchObject({ status: 401, body: { code: 'GRANT_ENDED', reasons: [as.toUpperCase()] } });
    expect(rig.audit.records.at(-1)).toMatchObject({ kind: 'refusal', code: 'GRANT_ENDED' });
    rig.society.status.mark(grant!.grant.status[1]!.references, 'valid');
    expect((await rig.call('GET', '/orders', { token })).body).toMatchObject({ code: 'GRANT_ENDED', reasons: [as.toUpperCase()] });
  });

  it('ends a live token when the accreditation behind the issuer is revoked', async () => {
    const token = await rig.token();
    const [row] = rig.grants.rows.values();
    const ofRegulator = row!.grant.status.filter(({ issuer }) => issuer === rig.society.regulator.did);
    expect(ofRegulator.length).toBeGreaterThan(0);
    rig.society.status.mark(ofRegulator[0]!.references, 'revoked');
    expect((await rig.call('GET', '/orders', { token })).body).toMatchObject({ code: 'GRANT_ENDED', reasons: ['REVOKED'] });
  });

  it.each(['STATUS_STALE', 'STATUS_UNAVAILABLE'] as const)('answers 503 and keeps the grant while status is unknown (%s)', async (code) => {
    const token = await rig.token();
    rig.society.status.fail(code);
    expect(await rig.call('GET', '/orders', { token })).toMatchObject({ status: 503, body: { code } });
    expect(rig.audit.records.at(-1)).toMatchObject({ kind: 'fault', code });
    rig.society.status.fail(undefined);
    expect((await rig.call('GET', '/orders', { token })).status).toBe(200);
  });

  it('answers 503 and grants nothing while the log is down', async () => {
    const token = await rig.token();
    rig.audit.fail(true);
    expect(await rig.call('GET', '/orders', { token })).toMatchObject({ status: 503, body: { code: 'AUDIT_UNAVAILABLE' } });
    expect(await rig.present()).toMatchObject({ status: 503, body: { code: 'AUDIT_UNAVAILABLE' } });
    expect(rig.grants.rows.size).toBe(1);
    expect(rig.handled.count).toBe(0);
  });

  it('ends grants by id and by holder at once', async () => {
    const [first, second] = [await rig.token(), await rig.token()];
    const [id] = rig.grants.rows.keys();
    await rig.call('GET', '/orders', { token: first });
    expect(await rig.gate.endGrant({ id: id!, reason: 'moved-out', at: rig.clock.now() })).toBe(true);
    expect((await rig.call('GET', '/orders', { token: first })).body).toMatchObject({ code: 'GRANT_ENDED', reasons: ['moved-out'] });
    expect((await rig.call('GET', '/orders', { token: second })).status).toBe(200);
    expect(await rig.gate.endGrantsOf({ holderDid: rig.society.house.did, reason: 'left', at: rig.clock.now() })).toBe(1);
    expect((await rig.call('GET', '/orders', { token: second })).body['code']).toBe('GRANT_ENDED');
  });

  it('accepts a wallet that posts for the request object and returns its nonce', async () => {
    const opened = await rig.call('POST', '/.gridpass/requests', { json: { channel: 'behind_the_meter' } });
    const object = await rig.call('POST', `/.gridpass/requests/${textOf(opened.body, 'state')}`, { key: null, form: 'wallet_nonce=abc' });
    expect(parseCompactJws(object.text).value?.payload['wallet_nonce']).toBe('abc');
  });

  it('shows a same-device browser a page that needs no script and sees no code', async () => {
    const presented = await rig.present();
    const { pathname, hash } = new URL(textOf(presented.body, 'redirect_uri'));
    expect([pathname, hash]).toEqual(['/.gridpass/complete', `#response_code=${textOf(presented.body, 'response_code')}`]);
    const page = await rig.call('GET', pathname, { key: null });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    const style = /<style>(.*)<\/style>/.exec(page.text)?.[1] ?? '';
    expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.text).toContain('You can close this page');
    expect(page.text).not.toMatch(/<script|response_code|https?:/);
    expect((await rig.call('POST', pathname, { key: null })).status).toBe(404);
    expect((await rig.call('GET', `${pathname}/more`, { key: null })).status).toBe(404);
  });

  it('opens nothing for a channel it does not have', async () => {
    expect((await rig.call('POST', '/.gridpass/requests', { json: { channel: 'other' }, key: strangerKey() })).status).toBe(404);
  });
});
