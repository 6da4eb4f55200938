import { describe, expect, it } from '@jest/globals';
import { ok, type FetchPort, type JsonValue } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { NOON, createFakeClock, createParty } from '@gridpass/testkit';
import { acceptOffer } from '../index.js';

const ISSUER = 'https://dso.example/dso';
const OFFER = {
  credential_issuer: ISSUER,
  credential_configuration_ids: ['CustomerStatus'],
  grants: { 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': 'code' } },
};
const value = encodeURIComponent(JSON.stringify(OFFER));
const address = encodeURIComponent('https://dso.example/offer');

/** An outside that gives one JSON for every address, and counts. */
function outside(json: JsonValue): { readonly fetch: FetchPort; readonly asked: string[] } {
  const asked: string[] = [];
  const fetchDocument: FetchPort['fetchDocument'] = async (url) => {
    asked.push(url);
    return ok({ status: 200, mediaType: 'application/json', bytes: utf8(JSON.stringify(json)) });
  };
  return { fetch: { fetchDocument }, asked };
}

async function accept(offerUri: string, json: JsonValue = {}): Promise<{ readonly code: string; readonly asked: readonly string[] }> {
  const { fetch, asked } = outside(json);
  const keys = [{ signer: createParty('house') }] as const;
  const outcome = await acceptOffer({
    offerUri,
    fetch,
    clock: createFakeClock(NOON),
    keys,
    dpop: createParty('wallet'),
    choose: (configurations) => configurations.map(({ id }) => id),
  });
  return { code: outcome.ok ? 'ok' : outcome.refusal.code, asked };
}

describe('the address of an offer', () => {
  it.each([
    ['nothing', ''],
    ['no address', 'not an address'],
    ['another scheme', `javascript:alert?credential_offer=${value}`],
    ['a web address without TLS', `http://wallet.example/?credential_offer=${value}`],
    ['neither of the two members', 'openid-credential-offer://?a=b'],
    ['an offer by value and by reference at once', `openid-credential-offer://?credential_offer=${value}&credential_offer_uri=${address}`],
    ['an offer given twice', `openid-credential-offer://?credential_offer=${value}&credential_offer=${value}`],
    ['a list in place of an offer', 'openid-credential-offer://?credential_offer=%5B%5D'],
    ['an offer with a member twice', 'openid-credential-offer://?credential_offer=%7B%22a%22%3A1%2C%22a%22%3A2%7D'],
    ['a reference without TLS', `openid-credential-offer://?credential_offer_uri=${encodeURIComponent('http://dso.example/offer')}`],
    ['a reference to a file', `openid-credential-offer://?credential_offer_uri=${encodeURIComponent('file:///etc/passwd')}`],
  ])('is refused before anything is fetched: %s', async (_name, uri) => {
    expect(await accept(uri)).toEqual({ code: 'REQUEST_MALFORMED', asked: [] });
  });

  it('may have 16384 characters and not one more', async () => {
    const uri = `openid-credential-offer://?credential_offer=${value}&x=`;
    expect((await accept(uri.padEnd(16_384, 'x'))).asked).not.toEqual([]);
    expect((await accept(uri.padEnd(16_385, 'x'))).asked).toEqual([]);
  });
});

describe('metadata of an issuer', () => {
  it.each<readonly [string, JsonValue]>([
    [
      'an authorization server that is no address',
      {
        credential_issuer: ISSUER,
        authorization_servers: [''],
        credential_endpoint: `${ISSUER}/c`,
        credential_configurations_supported: {},
      },
    ],
    ['nothing', {}],
    ['a list', []],
  ])('that no specification knows is refused, never a fault: %s', async (_name, json) => {
    expect((await accept(`openid-credential-offer://?credential_offer=${value}`, json)).code).toBe('REQUEST_MALFORMED');
  });
});
