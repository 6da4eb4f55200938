import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue, Signer } from '@gridpass/core';
import { buildDpopProof } from '@gridpass/exchange';
import { sampleRegister } from '@gridpass/issue';
import { createSigner, generatePrivateJwk, thumbprintOf } from '@gridpass/keys';
import { parseSdJwtVc } from '@gridpass/suite';
import { CHAIN_CLAIMS as CLAIMS, TOKENS, startIssuer } from './running-issuer.js';
import type { Answer, RunningIssuer } from './running-issuer.js';

const PATH = '/t/dso/applications';
const CUSTOMER = { customerKind: 'household', active: true, jurisdiction: 'DK', biddingZoneEic: '10YDK-1--------W' };
const newKey = (): Signer => createSigner(generatePrivateJwk('ES256'));
const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

/** Each test speaks from an address of its own, as through the proxy that the rig trusts. */
describe('applying from outside', () => {
  let running: RunningIssuer;
  let address = 1;
  beforeAll(async () => {
    running = await startIssuer();
    const headers = { 'content-type': 'text/csv' };
    await running.ask('/t/regulator/admin/register', { token: TOKENS.regulator, headers, body: sampleRegister() });
    expect((await running.accredit('root', 'regulator', 'RegulatorAccreditation', CLAIMS.regulator)).status).toBe(200);
    expect((await running.accredit('regulator', 'dso', 'SystemOperatorRole', CLAIMS.dso)).status).toBe(200);
  });
  afterAll(() => running.close());

  const proof = (signer: Signer, method: string, path: string) =>
    buildDpopProof({ signer, method, url: `${running.origin}${path}`, at: running.clock.now() });
  const from = (host = (address += 1)) => ({ 'x-forwarded-for': `203.0.113.${host}` });
  const apply = async (signer: Signer, json: JsonObject, headers = from()): Promise<Answer> =>
    running.ask(PATH, { json, headers: { ...headers, dpop: await proof(signer, 'POST', PATH) } });
  const wishOf = (entitledFrom: number): JsonObject => ({
    type: 'MeteringPointEntitlement',
    claims: { ...CLAIMS.entitlement, entitledFrom },
  });
  const read = async (signer: Signer, id: string) =>
    running.ask(`${PATH}/${id}`, { headers: { dpop: await proof(signer, 'GET', `${PATH}/${id}`) } });
  const askOffer = async (signer: Signer, id: string) =>
    running.ask(`${PATH}/${id}/offer`, { method: 'POST', headers: { dpop: await proof(signer, 'POST', `${PATH}/${id}/offer`) } });
  const decide = (id: string, verb: string) =>
    running.ask(`/t/dso/admin/applications/${id}/${verb}`, { token: TOKENS.dso, json: { reason: 'checked' } });
  const approved = async (signer: Signer, wish: JsonObject): Promise<string> => {
    const id = textOf((await apply(signer, wish)).body['applicationId']);
    expect((await decide(id, 'approve')).status).toBe(200);
    return id;
  };

  it('says in its metadata where to apply', async () => {
    const { body } = await running.ask('/.well-known/openid-credential-issuer/t/dso');
    expect(body['gridpass']).toMatchObject({ applications_endpoint: `${running.origin}${PATH}` });
  });

  it('takes in whoever proves a key, lets an officer decide, and gives that key alone its offer', async () => {
    const key = newKey();
    const submitted = await apply(key, { type: 'CustomerStatus', claims: CUSTOMER });
    expect([submitted.status, submitted.body['state']]).toEqual([202, 'pending']);
    const id = textOf(submitted.body['applicationId']);
    expect((await read(key, id)).body).not.toHaveProperty('offer');
    expect((await askOffer(key, id)).body['code']).toBe('CONFLICT');
    expect((await decide(id, 'approve')).status).toBe(200);
    expect((await read(key, id)).body).toMatchObject({ state: 'approved', offer: 'ready' });
    expect((await running.ask(`${PATH}/${id}`)).body).not.toHaveProperty('offer');
    const made = await askOffer(key, id);
    expect([made.status, Object.keys(made.body).sort(), made.headers.get('cache-control')]).toEqual([
      201,
      ['expiresAt', 'offer'],
      'no-store',
    ]);
    // What is the subject's own goes to the key that applied, whoever comes by the offer.
    expect((await running.redeem(textOf(made.body['offer']), newKey())).ok).toBe(false);
    const again = await askOffer(key, id);
    const accepted = await running.redeem(textOf(again.body['offer']), key);
    expect(accepted.ok && parseSdJwtVc(accepted.value.credentials[0]!.compact).ok).toBe(true);
  });

  it('takes in what its README shows, from an applicant and from an operator', async () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const section = readme.slice(readme.indexOf('## What an application says'), readme.indexOf('## Run it'));
    const [outside, operators, ...others] = [...section.matchAll(/```json\n(.*?)```/gsu)].map(
      ([, text = '']) => JSON.parse(text) as JsonObject,
    );
    expect(others).toEqual([]);
    expect(await apply(newKey(), outside!)).toMatchObject({ status: 202, body: { type: 'CustomerStatus', state: 'pending' } });
    const taken = await running.ask('/t/dso/admin/applications', { token: TOKENS.dso, json: operators! });
    expect(taken.body).toMatchObject({ applicant: operators!['applicant'], state: 'pending', validUntil: operators!['validUntil'] });
    expect(taken.status).toBe(201);
  });

  it('tells an operator what is wrong with an application, and an applicant the code alone', async () => {
    const faulty = { type: 'CustomerStatus', claims: { ...CUSTOMER, active: 'yes' } };
    expect((await apply(newKey(), faulty)).body).toEqual({ code: 'SCHEMA_VIOLATION', requestId: expect.any(String) });
    const told = await running.ask('/t/dso/admin/applications', { token: TOKENS.dso, json: { ...faulty, applicant: 'somebody' } });
    expect(told.body).toMatchObject({ code: 'SCHEMA_VIOLATION', detail: expect.stringContaining('active') });
  });

  it('takes the same wish of the same key for one application', async () => {
    const key = newKey();
    const [one, two] = [await apply(key, wishOf(21_000)), await apply(key, wishOf(21_000))];
    expect(two.body['applicationId']).toBe(one.body['applicationId']);
  });

  it('knows of no application for the key of another, as of one that does not exist', async () => {
    const key = newKey();
    const id = await approved(key, wishOf(21_001));
    for (const [other, which] of [
      [newKey(), id],
      [key, 'none'],
    ] as const) {
      expect(await read(other, which)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
      expect(await askOffer(other, which)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    }
    expect((await running.ask(`${PATH}/${id}/offer`, { method: 'POST' })).body['code']).toBe('DPOP_INVALID');
  });

  it('takes each proof once, and for the call that it was made for', async () => {
    const key = newKey();
    const id = await approved(key, wishOf(21_002));
    const submitting = await proof(key, 'POST', PATH);
    const post = () => running.ask(PATH, { json: wishOf(21_003), headers: { ...from(), dpop: submitting } });
    expect((await post()).status).toBe(202);
    expect((await post()).body['code']).toBe('DPOP_INVALID');
    const asking = await proof(key, 'POST', `${PATH}/${id}/offer`);
    const offer = (dpop: string) => running.ask(`${PATH}/${id}/offer`, { method: 'POST', headers: { dpop } });
    expect((await offer(asking)).status).toBe(201);
    expect((await offer(asking)).body['code']).toBe('DPOP_INVALID');
    expect((await offer(await proof(key, 'GET', `${PATH}/${id}/offer`))).body['code']).toBe('DPOP_INVALID');
    expect((await offer(await proof(key, 'POST', `${PATH}/${id}`))).body['code']).toBe('DPOP_INVALID');
    const reading = await proof(key, 'GET', `${PATH}/${id}`);
    const get = () => running.ask(`${PATH}/${id}`, { headers: { dpop: reading } });
    expect([(await get()).status, (await get()).body['code']]).toEqual([200, 'DPOP_INVALID']);
  });

  it('replaces the offer that was given before, and leaves what an operator made', async () => {
    const key = newKey();
    const id = await approved(key, wishOf(21_004));
    const byOperator = await running.ask(`/t/dso/admin/applications/${id}/offers`, { token: TOKENS.dso, json: {} });
    const first = textOf((await askOffer(key, id)).body['offer']);
    const second = textOf((await askOffer(key, id)).body['offer']);
    expect(await running.redeem(first, key)).toMatchObject({ ok: false, refusal: { code: 'OFFER_UNKNOWN' } });
    expect((await running.redeem(second, key)).ok).toBe(true);
    const offers = await running.ask(`/t/dso/admin/offers?applicationId=${id}`, { token: TOKENS.dso });
    const rows = offers.body['rows'] as readonly JsonObject[];
    expect(rows.filter((row) => row['withdrawn'] === undefined)).toHaveLength(2);
    expect(rows.find((row) => row['offerId'] === byOperator.body['offerId'])).not.toHaveProperty('withdrawn');
  });

  it('gives offers until three were redeemed', async () => {
    const key = newKey();
    const id = await approved(key, wishOf(21_005));
    for (let redeemed = 0; redeemed < 3; redeemed += 1) {
      expect((await read(key, id)).body['offer']).toBe('ready');
      expect((await running.redeem(textOf((await askOffer(key, id)).body['offer']), key)).ok).toBe(true);
    }
    expect((await read(key, id)).body).not.toHaveProperty('offer');
    expect((await askOffer(key, id)).body['code']).toBe('CONFLICT');
  });

  it.each([
    ['rejected', 'CONFLICT'],
    ['closed', 'CONFLICT'],
    ['suspended', 'SUSPENDED'],
    ['revoked', 'CONFLICT'],
  ])('gives no offer for what is %s', async (state, code) => {
    const key = newKey();
    const id = await approved(key, wishOf(21_010 + state.length));
    const open = textOf((await askOffer(key, id)).body['offer']);
    if (state === 'rejected' || state === 'closed') expect((await decide(id, state === 'closed' ? 'close' : 'reject')).status).toBe(200);
    else {
      expect((await running.redeem(open, key)).ok).toBe(true);
      const verb = state === 'suspended' ? 'suspend' : 'revoke';
      const json = { applicationId: id, reason: 'checked' };
      expect((await running.ask(`/t/dso/admin/credentials/${verb}`, { token: TOKENS.dso, json })).status).toBe(200);
    }
    expect((await read(key, id)).body).not.toHaveProperty('offer');
    expect((await askOffer(key, id)).body['code']).toBe(code);
    expect((await running.redeem(open, key)).ok).toBe(false);
  });

  it('lets an officer take what was shown with an approved application of the same tenant, and of no other', async () => {
    const key = newKey();
    const held = await approved(key, wishOf(21_031));
    const got = await running.redeem(textOf((await askOffer(key, held)).body['offer']), key);
    const compact = got.ok ? got.value.credentials[0]!.compact : '';
    const shown = textOf((await apply(key, { type: 'CustomerStatus', claims: CUSTOMER, evidence: [compact] })).body['applicationId']);
    const copy = (evidenceOf: string) =>
      running.ask('/t/dso/admin/applications', {
        token: TOKENS.dso,
        json: { applicant: 'the entitled customer', type: 'CustomerStatus', claims: { ...CUSTOMER, customerKind: 'medium' }, evidenceOf },
      });
    expect(await copy(shown)).toMatchObject({ status: 409, body: { code: 'CONFLICT', detail: 'evidenceOf: that application is pending' } });
    expect((await decide(shown, 'approve')).status).toBe(200);
    const { body, status } = await copy(shown);
    const original = await running.ask(`/t/dso/admin/applications/${shown}`, { token: TOKENS.dso });
    expect([status, body['evidence']]).toEqual([201, original.body['evidence']]);
    expect(body['evidence']).toHaveLength(1);
    // The entitlement itself was applied for with other evidence, for another type.
    expect(await copy(held)).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT', detail: 'evidenceOf: that application is for a MeteringPointEntitlement' },
    });
    expect(await copy('none')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    const { body: foreign } = await running.ask('/t/regulator/admin/applications', { token: TOKENS.regulator });
    const [other] = foreign['rows'] as readonly JsonObject[];
    expect(await copy(textOf(other?.['applicationId']))).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it('takes no evidence of another, and none that is revoked by then', async () => {
    const key = newKey();
    const offered = await askOffer(key, await approved(key, wishOf(21_030)));
    const held = await running.redeem(textOf(offered.body['offer']), key);
    const compact = held.ok ? held.value.credentials[0]!.compact : '';
    const wish = { type: 'CustomerStatus', claims: CUSTOMER, evidence: [compact] };
    expect((await apply(newKey(), wish)).body['code']).toBe('HOLDER_MISMATCH');
    const id = await approved(key, wish);
    const open = textOf((await askOffer(key, id)).body['offer']);
    const parsed = parseSdJwtVc(compact);
    const digest = parsed.ok ? parsed.value.content.digest : '';
    const json = { digest, reason: 'moved out' };
    expect((await running.ask('/t/dso/admin/credentials/revoke', { token: TOKENS.dso, json })).status).toBe(200);
    running.clock.advance(2);
    expect((await apply(key, wish)).body['code']).toBe('REVOKED');
    expect((await running.redeem(open, key)).ok).toBe(false);
  });

  it('writes each act down once and nobody by name', async () => {
    const key = newKey();
    const id = await approved(key, wishOf(21_040));
    await askOffer(key, id);
    const log = (await running.ask('/t/dso/admin/audit/export', { token: TOKENS.reader })).text;
    const lines = log.split('\n').filter((line) => line.includes(id));
    expect(lines.map((line) => /"action":"([a-z]+)"/u.exec(line)?.[1])).toEqual(['apply', 'approve', 'offer']);
    expect(log).not.toContain(thumbprintOf(key.publicJwk));
    expect(log).not.toMatch(/household|openid-credential-offer/u);
  });

  it('counts who brings many keys by where they come from, and lets others apply', async () => {
    const flood = from(250);
    const codes: JsonValue[] = [];
    for (let tried = 0; tried < 21; tried += 1) codes.push((await apply(newKey(), wishOf(21_100 + tried), flood)).body['code'] ?? 'ok');
    expect(codes).toEqual([...Array.from({ length: 20 }, () => 'ok'), 'RATE_LIMITED']);
    expect((await apply(newKey(), wishOf(21_200))).status).toBe(202);
  });
});
