import { describe, expect, it } from '@jest/globals';
import { ok } from '@gridpass/core';
import type { FetchPort, JsonObject, JsonValue, Outcome } from '@gridpass/core';
import { decodeUtf8, parseJson, utf8 } from '@gridpass/codec';
import { parseCompactJws } from '@gridpass/keys';
import { NOON, createFakeClock, createParty } from '@gridpass/testkit';
import { acceptOffer, buildAuthorizationServerMetadata, buildConfigurations, buildIssuerMetadata } from '../index.js';
import type { AcceptedOffer } from '../index.js';

const ISSUER = 'https://dso.example/dso';
const [CUSTOMER, OPERATOR] = ['CustomerStatus_dc_sd_jwt', 'SystemOperatorRole_dc_sd_jwt'] as const;

/** What an issuer of somebody else's does in its own way. */
interface Ways {
  readonly nonceEndpoint?: false;
  /** Answers to credential requests, in turn; then it issues. */
  readonly errors?: readonly string[];
  readonly details?: JsonValue;
  readonly offered?: readonly string[];
  readonly batchSize?: number;
}

interface Heard {
  readonly path: string;
  readonly body: JsonObject;
  /** Nonces of the proofs that came along. */
  readonly nonces: readonly unknown[];
}

/** An issuer that hands out what it is asked for, and remembers how it was asked. */
function createOther(ways: Ways): { readonly fetch: FetchPort; readonly heard: Heard[] } {
  const heard: Heard[] = [];
  const errors = [...(ways.errors ?? [])];
  const { nonce_endpoint, ...metadata } = buildIssuerMetadata({
    credentialIssuer: ISSUER,
    displayName: 'Other',
    configurations: buildConfigurations(['CustomerStatus', 'SystemOperatorRole'], {
      formats: () => ['dc+sd-jwt'],
      signingAlgorithms: ['ES256'],
    }),
    batchSize: ways.batchSize ?? 1,
  });
  let nonces = 0;
  const answer = (path: string): readonly [number, JsonValue] => {
    switch (path) {
      case '/.well-known/openid-credential-issuer/dso':
        return [200, ways.nonceEndpoint === false ? metadata : { ...metadata, nonce_endpoint: nonce_endpoint ?? '' }];
      case '/.well-known/oauth-authorization-server/dso':
        return [200, buildAuthorizationServerMetadata(ISSUER)];
      case '/dso/token':
        return [
          200,
          { access_token: 'token', token_type: 'DPoP', ...(ways.details === undefined ? {} : { authorization_details: ways.details }) },
        ];
      case '/dso/nonce':
        nonces += 1;
        return [200, { c_nonce: `nonce-${String(nonces)}` }];
      default: {
        const error = errors.shift();
        return error === undefined ? [200, { credentials: [{ credential: 'a~' }] }] : [400, { error }];
      }
    }
  };
  const fetchDocument: FetchPort['fetchDocument'] = async (url, { body }) => {
    const path = new URL(url).pathname;
    if (path.startsWith('/dso/')) heard.push({ path: path.slice('/dso/'.length), ...read(path, body) });
    const [status, json] = answer(path);
    return ok({ status, mediaType: 'application/json', bytes: utf8(JSON.stringify(json)) });
  };
  return { fetch: { fetchDocument }, heard };
}

function read(path: string, bytes: Uint8Array | undefined): Omit<Heard, 'path'> {
  const text = bytes === undefined ? undefined : decodeUtf8(bytes);
  const json = path === '/dso/credential' && text?.ok === true ? parseJson(text.value) : undefined;
  if (json?.ok !== true) return { body: {}, nonces: [] };
  const body = json.value as JsonObject & { readonly proofs: { readonly jwt: readonly string[] } };
  const nonces = body.proofs.jwt.map((proof) => {
    const jws = parseCompactJws(proof, { allowHeaders: ['jwk'] });
    return jws.ok ? jws.value.payload['nonce'] : 'unreadable';
  });
  return { body, nonces };
}

async function redeem(ways: Ways): Promise<{
  readonly outcome: Outcome<AcceptedOffer>;
  readonly code: string;
  readonly asked: readonly Heard[];
  readonly heard: readonly Heard[];
}> {
  const { fetch, heard } = createOther(ways);
  const offer = {
    credential_issuer: ISSUER,
    credential_configuration_ids: ways.offered ?? [CUSTOMER],
    grants: { 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': 'code' } },
  };
  const outcome = await acceptOffer({
    offerUri: `openid-credential-offer://?credential_offer=${encodeURIComponent(JSON.stringify(offer))}`,
    fetch,
    clock: createFakeClock(NOON),
    keys: [{ signer: createParty('house') }, { signer: createParty('dso') }],
    dpop: createParty('wallet'),
    choose: (configurations) => configurations.map(({ id }) => id),
  });
  return { outcome, code: outcome.ok ? 'OK' : outcome.refusal.code, heard, asked: heard.filter(({ path }) => path === 'credential') };
}

describe('an issuer without a nonce endpoint', () => {
  it('gets proofs without a nonce', async () => {
    const { code, asked } = await redeem({ nonceEndpoint: false });
    expect([code, asked.map(({ nonces }) => nonces)]).toEqual(['OK', [[undefined]]]);
  });
  it('is not asked again when it calls a nonce invalid that it never gave', async () => {
    const { code, asked } = await redeem({ nonceEndpoint: false, errors: ['invalid_nonce'] });
    expect([code, asked.length]).toEqual(['NONCE_INVALID', 1]);
  });
});

describe('an issuer that calls a nonce invalid', () => {
  it('is asked once more, with a fresh one in every proof', async () => {
    const { code, asked } = await redeem({ errors: ['invalid_nonce'], batchSize: 2 });
    expect([code, asked.map(({ nonces }) => nonces)]).toEqual([
      'OK',
      [
        ['nonce-1', 'nonce-1'],
        ['nonce-2', 'nonce-2'],
      ],
    ]);
  });
  it('is not asked a third time', async () => {
    const { code, asked } = await redeem({ errors: ['invalid_nonce', 'invalid_nonce'] });
    expect([code, asked.length]).toEqual(['NONCE_INVALID', 2]);
  });
  it.each([
    ['invalid_proof', 'KEY_PROOF_INVALID'],
    ['unknown_credential_identifier', 'CREDENTIAL_IDENTIFIER_UNKNOWN'],
    ['credential_request_denied', 'NOT_ENTITLED'],
    ['constructor', 'REQUEST_MALFORMED'],
    ['<b>invalid_nonce</b>', 'REQUEST_MALFORMED'],
  ])('is the only one that is asked again: %s is not', async (error, code) => {
    const { code: refused, outcome, asked } = await redeem({ errors: [error] });
    expect([refused, asked.length]).toEqual([code, 1]);
    expect(JSON.stringify(outcome)).not.toContain('<b>');
  });
});

describe('a token response with credential identifiers', () => {
  const detail = (id: string, credential_identifiers: JsonValue): JsonObject => ({
    type: 'openid_credential',
    credential_configuration_id: id,
    credential_identifiers,
  });
  const namesOf = (asked: readonly Heard[]) =>
    asked.map(({ body }) => [body['credential_identifier'], body['credential_configuration_id']]);

  it('has each asked for by its identifier, with a nonce of its own', async () => {
    const { code, asked } = await redeem({ details: [detail(CUSTOMER, ['one', 'two'])] });
    expect([code, namesOf(asked), asked.map(({ nonces }) => nonces)]).toEqual([
      'OK',
      [
        ['one', undefined],
        ['two', undefined],
      ],
      [['nonce-1'], ['nonce-2']],
    ]);
  });
  it('has a refused nonce replaced as well', async () => {
    const { code, asked } = await redeem({ details: [detail(CUSTOMER, ['one'])], errors: ['invalid_nonce'] });
    expect([code, namesOf(asked), asked.at(-1)?.nonces]).toEqual([
      'OK',
      [
        ['one', undefined],
        ['one', undefined],
      ],
      ['nonce-2'],
    ]);
  });
  it('opens what it names and nothing else of the offer', async () => {
    const { code, asked } = await redeem({ offered: [CUSTOMER, OPERATOR], details: [detail(OPERATOR, ['one'])] });
    expect([code, namesOf(asked)]).toEqual(['OK', [['one', undefined]]]);
  });
  it('asks for an identifier that it names twice once', async () => {
    const { asked } = await redeem({ details: [detail(CUSTOMER, ['one', 'one'])] });
    expect(asked).toHaveLength(1);
  });
  it.each<[string, JsonValue, string]>([
    ['nothing that was wanted', [detail('Other', ['one'])], 'CREDENTIAL_CONFIGURATION_UNKNOWN'],
    ['an entry of another type', [{ ...detail(CUSTOMER, ['one']), type: 'payment' }], 'CREDENTIAL_CONFIGURATION_UNKNOWN'],
    ['an empty list', [], 'CREDENTIAL_CONFIGURATION_UNKNOWN'],
    ['no identifiers', [detail(CUSTOMER, [])], 'REQUEST_MALFORMED'],
    ['identifiers that are no texts', [detail(CUSTOMER, [7])], 'REQUEST_MALFORMED'],
    [
      'seventeen identifiers',
      [
        detail(
          CUSTOMER,
          Array.from({ length: 17 }, (_, n) => `n${String(n)}`),
        ),
      ],
      'REQUEST_MALFORMED',
    ],
    ['no list', { type: 'openid_credential' }, 'REQUEST_MALFORMED'],
  ])('is refused with %s', async (_name, details, code) => {
    const refused = await redeem({ details });
    expect([refused.code, refused.asked.length]).toEqual([code, 0]);
  });
  it('is followed for sixteen identifiers', async () => {
    const { code, asked } = await redeem({
      details: [
        detail(
          CUSTOMER,
          Array.from({ length: 16 }, (_, n) => `n${String(n)}`),
        ),
      ],
    });
    expect([code, asked.length]).toEqual(['OK', 16]);
  });
});
