import { describe, expect, it } from '@jest/globals';
import type { DidUrl, JsonObject, JsonValue, Nonce, Outcome } from '@gridpass/core';
import { assertOk, instant } from '@gridpass/core';
import { createSigner, generatePrivateJwk, signCompactJws } from '@gridpass/keys';
import { createFakeClock, createFakeResolver, createParty } from '@gridpass/testkit';
import {
  authorizationRequestUri,
  buildAuthorizationResponse,
  buildDcqlQuery,
  buildErrorResponse,
  checkRequestable,
  clientIdOf,
  createPresentationRequest,
  parseAuthorizationRequestUri,
  parseAuthorizationResponse,
  parseDcqlQuery,
  parsePresentationRequest,
} from '../index.js';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'OK' : outcome.refusal.code);
const needs = [
  [
    { type: 'CustomerStatus', claims: ['active', 'biddingZoneEic'] },
    { type: 'DeviceCommissioning', claims: ['deviceClass'] },
  ],
] as const;

function setUp() {
  const clock = createFakeClock();
  const resolver = createFakeResolver();
  const signer = createParty('marketplace');
  resolver.publishKey(signer.did, signer.kid, signer.publicJwk);
  const input = {
    clientId: clientIdOf(signer.did),
    signer,
    nonce: 'n-0123456789abcdef' as Nonce,
    state: 's-1',
    responseUri: 'https://market.example/.gridpass/responses/s-1',
    dcql: buildDcqlQuery(needs),
    at: clock.now(),
    lifeSeconds: 120,
  };
  const parse = (text: string, more: { claimedClientId?: string; walletNonce?: string } = {}) =>
    parsePresentationRequest(text, { resolver, at: clock.now(), clockSkewSeconds: 0, rules: {}, ...more });
  const payload = (): JsonObject => ({
    response_type: 'vp_token',
    response_mode: 'direct_post',
    client_id: input.clientId,
    response_uri: input.responseUri,
    nonce: input.nonce,
    state: 's-1',
    dcql_query: input.dcql,
    aud: 'https://self-issued.me/v2',
    iat: clock.now(),
    exp: clock.now() + 120,
  });
  const sign = (claims: JsonObject, header: JsonObject = {}) =>
    signCompactJws({ typ: 'oauth-authz-req+jwt', kid: signer.kid, ...header }, claims, signer);
  return { clock, resolver, signer, input, parse, payload, sign };
}

describe('a presentation request', () => {
  it('is read with eight credentials about its verifier, and refused with nine', async () => {
    const { parse, payload, sign } = setUp();
    const withInfo = async (count: number) =>
      parse(await sign({ ...payload(), verifier_info: Array.from({ length: count }, () => ({ format: 'vc+jwt', data: 'a.b.c' })) }));
    const [eight, nine] = [await withInfo(8), await withInfo(9)];
    expect(eight.ok && eight.value.verifierInfo.length).toBe(8);
    expect(nine.refusal).toMatchObject({ code: 'REQUEST_MALFORMED', detail: 'verifier_info: 9, at most 8' });
  });
  it('is read back as it was made', async () => {
    const { input, parse } = setUp();
    const { requestObject } = await createPresentationRequest(input);
    const parsed = await parse(requestObject, { claimedClientId: input.clientId });
    expect(codeOf(parsed)).toBe('OK');
    if (!parsed.ok) return;
    expect(parsed.value).toMatchObject({
      clientId: input.clientId,
      nonce: input.nonce,
      state: 's-1',
      responseUri: input.responseUri,
      dcql: input.dcql,
    });
    expect(parsed.value.query.credentials.map(({ id }) => id)).toEqual(['CustomerStatus', 'DeviceCommissioning']);
  });

  it('brings the wallet its own nonce back', async () => {
    const { input, parse } = setUp();
    const { requestObject } = await createPresentationRequest({ ...input, walletNonce: 'w-0123456789' });
    expect(codeOf(await parse(requestObject, { walletNonce: 'w-0123456789' }))).toBe('OK');
    expect(codeOf(await parse(requestObject, { walletNonce: 'w-other' }))).toBe('REQUEST_MALFORMED');
    const without = await createPresentationRequest(input);
    expect(codeOf(await parse(without.requestObject, { walletNonce: 'w-0123456789' }))).toBe('REQUEST_MALFORMED');
  });

  it.each([
    ['another audience', { aud: 'https://wallet.example' }, 'REQUEST_MALFORMED'],
    ['an audience list', { aud: ['https://self-issued.me/v2'] }, 'REQUEST_MALFORMED'],
    ['no expiry and no issue time', { exp: null, iat: null }, 'NOT_YET_VALID'],
    ['an expiry as text', { exp: '9999999999' }, 'EXPIRED'],
    ['an expiry that is now', { exp: 1_780_272_000 }, 'EXPIRED'],
    ['an issue time to come', { iat: 1_780_272_001 }, 'NOT_YET_VALID'],
    ['a short nonce', { nonce: 'short' }, 'REQUEST_MALFORMED'],
    ['a plain address to answer to', { response_uri: 'http://market.example/x' }, 'REQUEST_MALFORMED'],
    ['an address with user info', { response_uri: 'https://a@market.example/x' }, 'REQUEST_MALFORMED'],
    ['a redirect beside', { redirect_uri: 'https://market.example/x' }, 'REQUEST_MALFORMED'],
    ['another response mode', { response_mode: 'fragment' }, 'REQUEST_MALFORMED'],
    ['transaction data', { transaction_data: ['e30'] }, 'REQUEST_MALFORMED'],
    ['no query', { dcql_query: null }, 'REQUEST_MALFORMED'],
    ['another kind of client', { client_id: 'https://market.example' }, 'REQUEST_MALFORMED'],
    ['another client than its key', { client_id: 'decentralized_identifier:did:web:other.example' }, 'KEY_NOT_AUTHORIZED'],
  ])('is refused with %s', async (_name, change, code) => {
    const { payload, parse, sign } = setUp();
    const claims = Object.fromEntries<JsonValue>(
      Object.entries<JsonValue>({ ...payload(), ...change }).filter(([, value]) => value !== null),
    );
    expect(codeOf(await parse(await sign(claims)))).toBe(code);
  });

  it('is refused when it is another kind of token', async () => {
    const { payload, parse, sign } = setUp();
    expect(codeOf(await parse(await sign(payload(), { typ: 'JWT' })))).toBe('PROOF_INVALID');
  });

  it('is refused when another key of the world signed it', async () => {
    const { payload, parse, signer } = setUp();
    const stranger = createSigner(generatePrivateJwk('ES256'));
    expect(codeOf(await parse(await signCompactJws({ typ: 'oauth-authz-req+jwt', kid: signer.kid }, payload(), stranger)))).toBe(
      'PROOF_INVALID',
    );
  });

  it('is refused when its kid is relative, doubled by jwk, or of a key for something else', async () => {
    const { payload, parse, sign, resolver, signer } = setUp();
    expect(codeOf(await parse(await sign(payload(), { kid: '#key-1' })))).toBe('DID_MALFORMED');
    expect(codeOf(await parse(await sign(payload(), { jwk: { ...signer.publicJwk } })))).toBe('REQUEST_MALFORMED');
    const other = createSigner(generatePrivateJwk('ES256'));
    const kid = `${signer.did}#agreement` as DidUrl;
    resolver.publishKey(signer.did, kid, other.publicJwk, ['capabilityDelegation']);
    expect(
      codeOf(
        await parsePresentationRequest(await signCompactJws({ typ: 'oauth-authz-req+jwt', kid }, payload(), other), {
          resolver: { resolveDid: (did) => resolver.resolveDid(did, { fresh: true }) },
          at: instant(1_780_272_000),
          clockSkewSeconds: 0,
          rules: {},
        }),
      ),
    ).toBe('KEY_NOT_AUTHORIZED');
  });

  it('is refused when the address named another client', async () => {
    const { input, parse } = setUp();
    const { requestObject } = await createPresentationRequest(input);
    expect(codeOf(await parse(requestObject, { claimedClientId: 'decentralized_identifier:did:web:other.example' }))).toBe(
      'REQUEST_MALFORMED',
    );
  });

  it('cannot be made in the name of another DID', async () => {
    const { input } = setUp();
    await expect(createPresentationRequest({ ...input, clientId: 'decentralized_identifier:did:web:other.example' })).rejects.toThrow(
      'another DID',
    );
  });
});

describe('the address of a request', () => {
  it('is read back', () => {
    const uri = authorizationRequestUri({
      clientId: 'decentralized_identifier:did:web:m.example',
      requestUri: 'https://m.example/r/1',
      requestUriMethod: 'post',
    });
    const parsed = parseAuthorizationRequestUri(uri, {});
    expect(parsed.ok && parsed.value).toEqual({
      claimedClientId: 'decentralized_identifier:did:web:m.example',
      requestUri: 'https://m.example/r/1',
      method: 'post',
    });
  });
  it.each([
    'https://m.example/?client_id=a&request_uri=https://m.example/r',
    'openid4vp://?client_id=a',
    'openid4vp://?client_id=a&request_uri=http://m.example/r',
    'openid4vp://?client_id=a&client_id=b&request_uri=https://m.example/r',
    'openid4vp://?client_id=a&request_uri=https://m.example/r&request_uri_method=put',
    'no address',
  ])('is refused: %s', (uri) => {
    expect(codeOf(parseAuthorizationRequestUri(uri, {}))).toBe('REQUEST_MALFORMED');
  });
});

describe('a response', () => {
  it('is read back', () => {
    const body = buildAuthorizationResponse({ state: 's-1', vpToken: { CustomerStatus: ['a~b~c'] } });
    const parsed = parseAuthorizationResponse(Object.fromEntries(new URLSearchParams(body)));
    expect(parsed.ok && parsed.value).toEqual({ kind: 'presentation', state: 's-1', vpToken: { CustomerStatus: ['a~b~c'] } });
  });
  it.each([
    [{ vp_token: '{}' }, 'REQUEST_MALFORMED'],
    [{ state: 's' }, 'REQUEST_MALFORMED'],
    [{ state: 's', vp_token: '[' }, 'PRESENTATION_MALFORMED'],
    [{ state: 's', vp_token: '{"a":[],"a":["x"]}' }, 'PRESENTATION_MALFORMED'],
    [{ state: 's', vp_token: '{"a":[]}' }, 'PRESENTATION_MALFORMED'],
    [{ state: 's', vp_token: '{"a":"x"}' }, 'PRESENTATION_MALFORMED'],
    [{ state: 's', vp_token: '"x"' }, 'PRESENTATION_MALFORMED'],
    [{ error: 'access_denied' }, 'REQUEST_MALFORMED'],
    [{ state: 's', error: '' }, 'REQUEST_MALFORMED'],
    [{ state: 's', error: 'say "this"' }, 'REQUEST_MALFORMED'],
    [{ state: 's', error: 'two\nlines' }, 'REQUEST_MALFORMED'],
    [{ state: 's', error: 'x'.repeat(257) }, 'REQUEST_MALFORMED'],
    [{ state: 's', error: 'access_denied', vp_token: '{"a":["x"]}' }, 'REQUEST_MALFORMED'],
    [{ state: 's', error: '', vp_token: '{"a":["x"]}' }, 'REQUEST_MALFORMED'],
  ])('is refused: %j', (form, code) => {
    expect(codeOf(parseAuthorizationResponse(form as Record<string, string>))).toBe(code);
  });
  it.each(['access_denied', 'wallet_unavailable', 'com.example: another reason', 'x'.repeat(256)])('declines with %p', (error) => {
    const form = { state: 's', error, error_description: '<b>no</b>' };
    expect(parseAuthorizationResponse(form).value).toEqual({ kind: 'declined', state: 's' });
  });
  it('can decline', () => {
    expect(buildErrorResponse({ state: 's', error: 'access_denied' })).toBe('error=access_denied&state=s');
  });
});

describe('a DCQL query', () => {
  it('asks for what the policy uses and no more', () => {
    expect(buildDcqlQuery(needs)).toEqual({
      credentials: [
        {
          id: 'CustomerStatus',
          format: 'dc+sd-jwt',
          meta: { vct_values: ['urn:gridpass:CustomerStatus:1'] },
          claims: [{ path: ['active'] }, { path: ['biddingZoneEic'] }],
        },
        {
          id: 'DeviceCommissioning',
          format: 'dc+sd-jwt',
          meta: { vct_values: ['urn:gridpass:DeviceCommissioning:1'] },
          claims: [{ path: ['deviceClass'] }],
        },
      ],
    });
  });
  it('states alternatives as one credential set and shares equal queries', () => {
    const query = buildDcqlQuery([
      [
        { type: 'MarketPartyRole', claims: ['roleCodes'] },
        { type: 'MarketChannelAdmission', claims: ['zone'] },
      ],
      [
        { type: 'MarketPartyRole', claims: ['roleCodes', 'brpDid'] },
        { type: 'MarketChannelAdmission', claims: ['zone'] },
      ],
    ]);
    expect(query['credential_sets']).toEqual([
      {
        options: [
          ['MarketPartyRole', 'MarketChannelAdmission'],
          ['MarketPartyRole_2', 'MarketChannelAdmission'],
        ],
      },
    ]);
    const parsed = parseDcqlQuery(query);
    expect(parsed.ok && parsed.value.sets).toEqual([
      {
        options: [
          ['MarketPartyRole', 'MarketChannelAdmission'],
          ['MarketPartyRole_2', 'MarketChannelAdmission'],
        ],
        required: true,
      },
    ]);
  });
  it('is not made of nothing', () => {
    expect(() => buildDcqlQuery([])).toThrow('needs nothing');
    expect(() => buildDcqlQuery([[]])).toThrow('needs nothing');
  });
  it.each([
    [{}],
    [{ credentials: [] }],
    [{ credentials: [{ id: 'a b', format: 'dc+sd-jwt', meta: { vct_values: ['x'] } }] }],
    [
      {
        credentials: [
          { id: 'a', format: 'dc+sd-jwt', meta: { vct_values: ['x'] } },
          { id: 'a', format: 'dc+sd-jwt', meta: { vct_values: ['x'] } },
        ],
      },
    ],
    [{ credentials: [{ id: 'a', format: 'dc+sd-jwt', meta: { vct_values: ['x'] } }], credential_sets: [{ options: [['b']] }] }],
    [{ credentials: [{ id: 'a', format: 'dc+sd-jwt', meta: { vct_values: ['x'] }, claims: [] }] }],
  ])('is refused: %j', (json) => {
    expect(codeOf(parseDcqlQuery(json as JsonObject))).toBe('REQUEST_MALFORMED');
  });
});

describe('what a verifier is registered to ask for', () => {
  const query = (asked: Parameters<typeof buildDcqlQuery>[0]) => {
    const parsed = parseDcqlQuery(buildDcqlQuery(asked));
    if (!parsed.ok) throw new Error('not a query');
    return parsed.value;
  };
  const registered = [
    { type: 'CustomerStatus', claims: ['active', 'biddingZoneEic'] },
    { type: 'DeviceCommissioning', claims: ['deviceClass'] },
  ];
  it('covers the query', () => {
    expect(codeOf(checkRequestable(query(needs), registered))).toBe('OK');
  });
  it('lets members be asked for that every presentation shows, of a registered type alone', () => {
    const asking = (type: string, ...paths: readonly JsonValue[][]) =>
      codeOf(
        checkRequestable(
          assertOk(
            parseDcqlQuery({
              credentials: [
                {
                  id: 'a',
                  format: 'dc+sd-jwt',
                  meta: { vct_values: [`urn:gridpass:${type}:1`] },
                  claims: paths.map((path) => ({ path })),
                },
              ],
            }),
          ),
          registered,
        ),
      );
    expect(asking('CustomerStatus', ['vct'], ['iss'], ['active'])).toBe('OK');
    expect(asking('CustomerStatus', ['vct'], ['supplierDid'])).toBe('REQUEST_NOT_TRUSTED');
    expect(asking('CustomerStatus', ['VCT'])).toBe('REQUEST_NOT_TRUSTED');
    expect(asking('CustomerStatus', ['_sd'])).toBe('REQUEST_NOT_TRUSTED');
    expect(asking('CustomerStatus', [null])).toBe('REQUEST_NOT_TRUSTED');
    expect(asking('MeteringPointEntitlement', ['vct'])).toBe('REQUEST_NOT_TRUSTED');
  });

  it('refuses a claim, a type and a blank beyond it', () => {
    expect(codeOf(checkRequestable(query([[{ type: 'CustomerStatus', claims: ['supplierDid'] }]]), registered))).toBe(
      'REQUEST_NOT_TRUSTED',
    );
    expect(codeOf(checkRequestable(query([[{ type: 'MeteringPointEntitlement', claims: ['direction'] }]]), registered))).toBe(
      'REQUEST_NOT_TRUSTED',
    );
    expect(codeOf(checkRequestable(query(needs), undefined))).toBe('REQUEST_NOT_TRUSTED');
    expect(codeOf(checkRequestable(query(needs), 'all'))).toBe('REQUEST_NOT_TRUSTED');
  });
});
