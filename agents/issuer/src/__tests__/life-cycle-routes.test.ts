import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { assertOk } from '@gridpass/core';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { sampleRegister } from '@gridpass/issue';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { CHAIN_CLAIMS, TOKENS, startIssuer } from './running-issuer.js';
import type { RunningIssuer } from './running-issuer.js';

/** Rows of the sample register, which the regulator imports as the whole of it. */
const ROWS = sampleRegister().split('\r\n');

describe('the routes on what was offered, approved and issued', () => {
  let running: RunningIssuer;
  beforeAll(async () => {
    running = await startIssuer();
    expect((await importRegister(sampleRegister())).status).toBe(200);
    expect((await running.accredit('root', 'regulator', 'RegulatorAccreditation', CHAIN_CLAIMS.regulator)).status).toBe(200);
    expect((await running.accredit('regulator', 'dso', 'SystemOperatorRole', CHAIN_CLAIMS.dso)).status).toBe(200);
  });
  afterAll(() => running.close());

  const importRegister = (body: string, query = '') =>
    running.ask(`/t/regulator/admin/register${query}`, { token: TOKENS.regulator, headers: { 'content-type': 'text/csv' }, body });
  const get = (path: string, token = TOKENS.dso) => running.ask(`/t/dso/admin/${path}`, { token });
  const post = (path: string, json: JsonValue, token = TOKENS.dso) => running.ask(`/t/dso/admin/${path}`, { token, json });
  const rowsOf = (body: JsonObject) => body['rows'] as readonly JsonObject[];
  let day = 20_500;
  const offer = () =>
    running.offer('dso', 'MeteringPointEntitlement', {
      ...CHAIN_CLAIMS.entitlement,
      meteringPointHash: digestOf(`point ${(day += 1)}`),
      entitledFrom: day,
    });
  const home = () => createSigner(generatePrivateJwk('ES256'));
  const offersOf = async (applicationId: string) => rowsOf((await get(`offers?applicationId=${applicationId}`)).body);

  describe('offers', () => {
    it('are listed by page and by application, without a code in them', async () => {
      const { applicationId, offerUri } = await offer();
      await post(`applications/${applicationId}/offers`, {});
      await offer();
      const own = await offersOf(applicationId);
      expect(own).toEqual([1, 2].map(() => ({ offerId: expect.any(String), applicationId, expiresAt: expect.any(Number) })));
      const seen: string[] = [];
      for (let after = ''; after !== 'end';) {
        const { status, body } = await get(`offers?limit=1${after === '' ? '' : `&after=${after}`}`);
        expect([status, rowsOf(body).length]).toEqual([200, 1]);
        seen.push(textOf(rowsOf(body)[0]?.['offerId']));
        after = typeof body['next'] === 'string' ? encodeURIComponent(body['next']) : 'end';
      }
      const all = rowsOf((await get('offers?limit=200')).body).map(({ offerId }) => offerId);
      expect([seen, new Set(seen).size]).toEqual([all, all.length]);
      const code = /pre-authorized_code%22%3A%22([\w-]+)/.exec(offerUri)?.[1];
      expect(code?.length).toBeGreaterThan(20);
      expect((await get('offers?limit=200')).text).not.toContain(code);
    });

    it('are withdrawn for a reason, once, and redeemed no more', async () => {
      const { applicationId, offerUri } = await offer();
      const [{ offerId } = {}] = await offersOf(applicationId);
      expect((await post(`offers/${textOf(offerId)}/withdraw`, {})).body['code']).toBe('REQUEST_MALFORMED');
      expect((await post(`offers/${textOf(offerId)}/withdraw`, { reason: 'x' }, TOKENS.reader)).body['code']).toBe('POLICY_DENIED');
      const withdrawn = await post(`offers/${textOf(offerId)}/withdraw`, { reason: 'wrong party' });
      expect(withdrawn).toMatchObject({ status: 200, body: { offerId, withdrawn: { reason: 'wrong party' } } });
      expect((await offersOf(applicationId))[0]).toMatchObject({ offerId, withdrawn: { reason: 'wrong party' } });
      expect((await running.redeem(offerUri, home())).ok).toBe(false);
      // Another offer of the same application stands.
      const again = await post(`applications/${applicationId}/offers`, {});
      expect((await running.redeem(textOf(again.body['offerUri']), home())).ok).toBe(true);
      const [redeemed] = (await offersOf(applicationId)).filter((one) => one['redeemedAt'] !== undefined);
      // One of which a credential stands is not taken back: the credential is to be revoked.
      const late = await post(`offers/${textOf(redeemed?.['offerId'])}/withdraw`, { reason: 'late' });
      expect([late.status, late.body['code']]).toEqual([409, 'CONFLICT']);
      const [still] = (await offersOf(applicationId)).filter((one) => one['redeemedAt'] !== undefined);
      expect(still).toEqual(redeemed);
      expect((await post('offers/nobody/withdraw', { reason: 'x' })).status).toBe(404);
    });
  });

  describe('an application', () => {
    it('that was issued from is closed with its offers, and what was issued stands', async () => {
      const { applicationId, offerUri } = await offer();
      const other = await post(`applications/${applicationId}/offers`, {});
      expect((await running.redeem(offerUri, home())).ok).toBe(true);
      expect((await post(`applications/${applicationId}/close`, {})).body['code']).toBe('REQUEST_MALFORMED');
      expect((await post(`applications/${applicationId}/close`, { reason: 'x' }, TOKENS.reader)).body['code']).toBe('POLICY_DENIED');
      expect(await post(`applications/${applicationId}/close`, { reason: 'moved out' })).toMatchObject({
        status: 200,
        body: { applicationId, state: 'closed', closed: { reason: 'moved out', by: expect.any(String), at: expect.any(Number) } },
      });
      const shown = (await get(`applications/${applicationId}`)).body;
      expect(shown).toMatchObject({
        decidedBy: expect.stringMatching(/./),
        decidedAt: expect.any(Number),
        closed: { reason: 'moved out' },
      });
      expect(shown['reason']).not.toBe('moved out');
      // The applicant is told why it was ended.
      const told = await running.ask(`/t/dso/applications/${applicationId}`);
      expect(told.body).toMatchObject({ applicationId, state: 'closed', reason: 'moved out' });
      expect((await running.redeem(textOf(other.body['offerUri']), home())).ok).toBe(false);
      expect((await post(`applications/${applicationId}/offers`, {})).body['code']).toBe('CONFLICT');
      const states = rowsOf((await get('credentials?state=active&limit=200')).body).filter((one) => one['applicationId'] === applicationId);
      expect(states).toHaveLength(1);
      expect(rowsOf((await get('applications?state=closed&limit=200')).body).map((one) => one['applicationId'])).toContain(applicationId);
      // The log has the act and a digest of the reason, which may name a person.
      const log = (await get('audit/export')).text;
      expect([log.includes('"close"'), log.includes('moved out')]).toEqual([true, false]);
    });
  });

  describe('what follows', () => {
    it('is nothing where a revocation was carried on at once, and is shown to who may read', async () => {
      const { offerUri, applicationId } = await offer();
      assertOk(await running.redeem(offerUri, home()));
      expect((await post('credentials/revoke', { applicationId, reason: 'gone' })).body).toMatchObject({
        changed: 1,
        closed: [applicationId],
        pending: 0,
      });
      for (const token of [TOKENS.dso, TOKENS.reader])
        expect(await get('pending', token)).toMatchObject({ status: 200, body: { rows: [] } });
    });

    it('from a whole register names its kinds, and how many entries may vanish', async () => {
      for (const query of [
        '?whole=true',
        '?whole=',
        '?whole=party,',
        '?mayVanish=3',
        '?whole=party&mayVanish=-1',
        '?whole=party&mayVanish=x',
      ])
        expect([query, (await importRegister(sampleRegister(), query)).body['code']]).toEqual([query, 'REQUEST_MALFORMED']);
      const areas = ROWS.filter((row, index) => index === 0 || row.startsWith('10Y')).join('\r\n');
      const answer = await importRegister(areas, '?whole=party,area');
      expect([answer.status, answer.body['code']]).toEqual([409, 'CONFLICT']);
      // Who asks for progress is told how many, for that is what is to be confirmed.
      const told = await running.ask('/t/regulator/admin/register?whole=party,area', {
        token: TOKENS.regulator,
        headers: { 'content-type': 'text/csv', accept: 'application/x-ndjson' },
        body: areas,
      });
      const missing = ROWS.filter((row, index) => index > 0 && row !== '' && !row.startsWith('10Y')).length;
      expect(told.text).toContain(`mayVanish=${String(missing)}`);
      expect((await importRegister(sampleRegister(), '?whole=party,area')).body).toMatchObject({ updated: 0, vanished: 0 });
    });

    it('from a register in which a party is active no more is shown until it is decided', async () => {
      const asked = () => running.ask('/t/regulator/admin/consequences', { token: TOKENS.regulator });
      expect((await asked()).body).toEqual({ rows: [] });
      running.clock.advance(60);
      const party = CHAIN_CLAIMS.dso.party.value;
      const inactive = ROWS.map((row) => (row.startsWith(party) ? row.replace(';Active;', ';Inactive;') : row)).join('\r\n');
      expect((await importRegister(inactive)).body).toMatchObject({ updated: 1, consequences: expect.any(Number) });
      const rows = rowsOf((await asked()).body);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.map((row) => [row['type'], row['state'], row['overdue']])).toEqual(
        rows.map(() => ['SystemOperatorRole', 'active', false]),
      );
      const [{ digest, deadline } = {}] = rows;
      const renewed = await running.ask('/t/regulator/admin/credentials/renew', {
        token: TOKENS.regulator,
        json: { digest: digest ?? '' },
      });
      expect(renewed.status).toBeGreaterThanOrEqual(400);
      running.clock.set(Number(deadline) as never);
      expect(rowsOf((await asked()).body).every((row) => row['overdue'] === true)).toBe(true);
      await importRegister(sampleRegister());
      expect((await asked()).body).toEqual({ rows: [] });
    });
  });
});

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
