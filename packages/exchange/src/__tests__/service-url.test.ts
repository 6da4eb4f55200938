import { describe, expect, it } from '@jest/globals';
import { ok, type FetchPort } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { NOON, createFakeClock, createParty } from '@gridpass/testkit';
import { acceptOffer, parseAuthorizationRequestUri, parseServiceUrl } from '../index.js';

const SETTING = 'url: https, or with fetch.allowPrivate http on the loopback';
const LOOPBACK = ['http://127.0.0.1:4000/x', 'http://[::1]:4000/', 'http://localhost/'];
const codeOf = (outcome: ReturnType<typeof parseServiceUrl>): string => (outcome.ok ? 'ok' : outcome.refusal.detail);

describe('plain http is configuration of whoever fetches, never of the process', () => {
  it.each(LOOPBACK)('opens %s to those rules alone that say so, in any order', (url) => {
    for (const rules of [{ loopbackHttp: true }, {}, { loopbackHttp: true }, { loopbackHttp: false }])
      expect(codeOf(parseServiceUrl(url, rules))).toBe(rules.loopbackHttp === true ? 'ok' : SETTING);
  });

  it.each([
    'http://issuer.example/',
    'http://127.0.0.1.example/',
    'http://localhost.example/',
    'http://10.0.0.1/',
    'http://127.0.0.2/',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
  ])('never opens %s', (url) => {
    for (const rules of [{ loopbackHttp: true }, {}]) expect(codeOf(parseServiceUrl(url, rules))).toBe(SETTING);
  });

  it.each([
    'https://a:b@issuer.example/',
    'http://a@127.0.0.1/',
    'https://issuer.example/#x',
    'https://issuer.example/\u0000',
    'https://issuer.example/\ud800',
    'https://issuer.example/\n',
    'no address',
    '',
  ])('takes %j for no address', (url) => {
    expect(codeOf(parseServiceUrl(url, { loopbackHttp: true }))).toBe('url: not the address of a service');
  });

  it('tells a wallet which setting opens a request on the loopback', () => {
    const uri = `openid4vp://?client_id=decentralized_identifier:did:web:market.example&request_uri=${encodeURIComponent('http://127.0.0.1:1/r')}`;
    expect(parseAuthorizationRequestUri(uri, {}).refusal?.detail).toBe(SETTING);
    expect(parseAuthorizationRequestUri(uri, { loopbackHttp: true }).ok).toBe(true);
  });
});

describe('an issuer on the loopback', () => {
  const offer = (issuer: string): string =>
    `openid-credential-offer://?credential_offer=${encodeURIComponent(
      JSON.stringify({
        credential_issuer: issuer,
        credential_configuration_ids: ['CustomerStatus'],
        grants: { 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': 'code' } },
      }),
    )}`;
  async function accept(issuer: string, loopbackHttp: boolean): Promise<{ readonly asked: readonly string[]; readonly detail: string }> {
    const asked: string[] = [];
    const fetch: FetchPort = {
      loopbackHttp,
      fetchDocument: async (url) => {
        asked.push(url);
        return ok({ status: 404, mediaType: 'application/json', bytes: utf8('{}') });
      },
    };
    const keys = [{ signer: createParty('meter') }] as const;
    const offered = { offerUri: offer(issuer), fetch, clock: createFakeClock(NOON), keys, dpop: createParty('wallet') };
    const outcome = await acceptOffer({ ...offered, choose: () => [] });
    return { asked, detail: outcome.refusal?.detail ?? '' };
  }

  it('is asked where the setting opens it, and else refused with the name of the setting before anything is fetched', async () => {
    expect((await accept('http://127.0.0.1:4000/dso', true)).asked).toContain(
      'http://127.0.0.1:4000/.well-known/openid-credential-issuer/dso',
    );
    expect(await accept('http://127.0.0.1:4000/dso', false)).toEqual({ asked: [], detail: SETTING });
  });

  it('is not asked over plain http anywhere else, whatever the setting', async () => {
    expect(await accept('http://issuer.example/dso', true)).toEqual({ asked: [], detail: SETTING });
  });
});
