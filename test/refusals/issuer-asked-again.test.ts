// What was revoked or suspended at a running issuer, asked for again by who held it: from other offers, renewals and access tokens.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { assertOk } from '@gridpass/core';
import type { FetchPort, JsonObject, JsonValue } from '@gridpass/core';
import { sampleRegister } from '@gridpass/issue';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { parseSdJwtVc } from '@gridpass/suite';
import { CHAIN_CLAIMS, TOKENS, type RunningIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';
import { startUnreachable, textOf } from './hostile-issuer-world.js';

describe('a running issuer under attack', () => {
  let running: RunningIssuer;

  beforeAll(async () => {
    running = await startUnreachable();
  });
  afterAll(() => running.close());

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
        loopbackHttp: true,
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
});
