import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ok } from '@gridpass/core';
import type { FetchPort, JsonObject } from '@gridpass/core';
import { CLAIMS } from '@gridpass/testkit';
import { deskOffering, openDesk } from './desk.js';
import type { Desk, OpenDesk } from './desk.js';
import { startRig } from './wallet-rig.js';
import type { Rig } from './wallet-rig.js';

const TEXTS = {
  'U+0000': 'a\u0000b',
  'half a letter': 'a\ud800b',
  '1 MB': 'x'.repeat(1_000_000),
  'a pair at the cut': 'x'.repeat(499) + '\u{1f600}',
};
const MEMBERS = ['state', 'reason', 'offer', 'renewedBy', 'applicationId', 'code', 'detail'];
const CASES = MEMBERS.flatMap((member) => Object.entries(TEXTS).map(([what, text]) => [member, what, text] as const));

describe('whatever text an issuer answers with', () => {
  let rig: Rig;
  let desk: Desk;
  let counter: OpenDesk;
  let count = 0;
  const wish = () => ({ issuer: rig.issuer.credentialIssuer, type: 'CustomerStatus', claims: CLAIMS.CustomerStatus }) as const;
  const nextName = (): string => `wallet-${(count += 1)}`;

  beforeAll(async () => {
    rig = await startRig();
    counter = await openDesk(rig.issuer.credentialIssuer, () => desk);
  });
  afterAll(async () => {
    await counter.close();
    await rig.stop();
  });

  it.each(CASES)('`%s` of %s ends no round: the other application is asked about and received', async (member, _what, text) => {
    desk = deskOffering(() => rig.offer('CustomerStatus_dc_sd_jwt'));
    const { holder } = await rig.wallet(nextName(), { fetch: counter.fetch });
    desk.name = 'b1';
    await holder.apply(wish());
    rig.issuer.clock.advance(1);
    desk.name = 'a1';
    await holder.apply(wish());
    desk.state = 'approved';
    for (const status of [200, 400]) {
      desk.strange = { status, json: { [member]: text } };
      await holder.refreshApplications();
      for (const { reason, problem, because = '' } of await holder.applications())
        for (const kept of [reason, problem, because])
          expect([!/\p{Surrogate}/u.test(kept), /\u0000/u.test(kept), kept.length < 1_000]).toEqual([true, false, true]);
    }
    delete desk.strange;
    await holder.refreshApplications();
    expect((await holder.applications()).map(({ state }) => state)).toEqual(['issued', 'issued']);
  });

  it.each(CASES)('`%s` of %s keeps the application that was taken, or says why not', async (member, _what, text) => {
    desk = deskOffering(() => rig.offer('CustomerStatus_dc_sd_jwt'));
    desk.strange = { json: { [member]: text } };
    const { holder } = await rig.wallet(nextName(), { fetch: counter.fetch });
    const applied = await holder.apply(wish());
    if (['state', 'applicationId'].includes(member) || text.length > 262_144) expect(applied.ok).toBe(false);
    expect((await holder.applications()).length).toBe(applied.ok ? 1 : 0);
  });

  it.each(Object.entries(TEXTS))('an address of applications with %s is none', async (_what, text) => {
    desk = deskOffering(() => rig.offer('CustomerStatus_dc_sd_jwt'));
    const fetch: FetchPort = {
      loopbackHttp: true,
      fetchDocument: async (url, options) => {
        const answer = await counter.fetch.fetchDocument(url, options);
        if (!answer.ok || !url.includes('openid-credential-issuer')) return answer;
        const metadata = JSON.parse(Buffer.from(answer.value.bytes).toString()) as JsonObject;
        const endpoint = `${new URL(url).origin}/applications/${text.slice(0, 200_000)}`;
        return ok({ ...answer.value, bytes: Buffer.from(JSON.stringify({ ...metadata, gridpass: { applications_endpoint: endpoint } })) });
      },
    };
    const { holder } = await rig.wallet(nextName(), { fetch });
    const tooLong = text.length > 1_000;
    const applied = await holder.apply(wish());
    expect(applied.ok).toBe(/^x+\u{1f600}$/u.test(text));
    if (tooLong) expect(applied).toMatchObject({ refusal: { code: 'REQUEST_MALFORMED' } });
    expect(desk.submitted === undefined).toBe(!applied.ok);
  });
});
