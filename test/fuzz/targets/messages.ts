import { isJsonObject, parseJson } from '@gridpass/codec';
import { ok, refuse, type FetchPort, type JsonObject, type Outcome } from '@gridpass/core';
import {
  acceptOffer,
  buildConfigurations,
  buildDcqlQuery,
  buildIssuerMetadata,
  endpointsOf,
  parseAuthorizationRequestUri,
  parseAuthorizationResponse,
  parseDcqlQuery,
  parseDpopProof,
  parseKeyProof,
  parsePresentationRequest,
} from '@gridpass/exchange';
import { createFakeClock, NOON, signTexts, type PaperSociety } from '@gridpass/testkit';
import { assertRule, labelOf, textOf, toInput, type Target } from '../target.js';

const ISSUER = 'https://dso.example/dso';
const CLIENT = 'decentralized_identifier:did:web:market.example';

/** Messages of OpenID4VCI and OpenID4VP: offers, requests, responses, queries and the proofs that go with them. */
export function messageTargets(society: PaperSociety): readonly Target[] {
  return [dcql(), offer(society), metadata(society), requestUri(), requestObject(society), response(), dpop(society), keyProof(society)];
}

function dcql(): Target {
  const simple = buildDcqlQuery([[{ type: 'CustomerStatus', claims: ['customerKind', 'active'] }]]);
  const alternatives = buildDcqlQuery([
    [
      { type: 'CustomerStatus', claims: ['active'] },
      { type: 'MeteringPointEntitlement', claims: ['direction'] },
    ],
    [{ type: 'MarketPartyRole', claims: ['roleCodes'] }],
  ]);
  const sets = {
    credentials: [
      {
        id: 'a',
        format: 'dc+sd-jwt',
        meta: { vct_values: ['v'] },
        claims: [
          { id: 'x', path: ['a', 0, null], values: [1, 'b', true] },
          { id: 'y', path: ['b'] },
        ],
        claim_sets: [['x'], ['y']],
      },
    ],
  };
  return {
    name: 'dcql',
    shape: 'json',
    seeds: [simple, alternatives, sets].map(toInput),
    run: (input) => {
      const json = parseJson(textOf(input));
      const parsed = json.ok ? parseDcqlQuery(json.value) : undefined;
      if (parsed?.ok === true) {
        const ids = new Set(parsed.value.credentials.map(({ id }) => id));
        assertRule(ids.size === parsed.value.credentials.length && ids.size > 0 && ids.size <= 64, 'bounded, and each id once');
        assertRule(
          parsed.value.sets.every(({ options }) => options.every((option) => option.every((id) => ids.has(id)))),
          'sets name queries',
        );
      }
      return parsed === undefined ? 'not JSON' : labelOf(parsed);
    },
  };
}

const nowhere: FetchPort = { fetchDocument: async () => refuse('URL_NOT_ALLOWED', 'fuzz', 'nothing is fetched') };

/** An issuer that answers each address with the same JSON. */
const answering = (json: JsonObject): FetchPort => ({
  fetchDocument: async () => ok({ status: 200, mediaType: 'application/json', bytes: toInput(json) }),
});

const accept = (society: PaperSociety, offerUri: string, fetch: FetchPort): Promise<Outcome<unknown>> =>
  acceptOffer({
    offerUri,
    fetch,
    clock: createFakeClock(NOON),
    keys: [{ signer: society.house }],
    dpop: society.house,
    choose: (configurations) => configurations.map(({ id }) => id),
  });

const OFFER = {
  credential_issuer: ISSUER,
  credential_configuration_ids: ['CustomerStatus'],
  grants: {
    'urn:ietf:params:oauth:grant-type:pre-authorized_code': {
      'pre-authorized_code': 'code',
      tx_code: { length: 6, input_mode: 'numeric' },
    },
  },
};
const offerUri = (json: object): string => `openid-credential-offer://?credential_offer=${encodeURIComponent(JSON.stringify(json))}`;

function offer(society: PaperSociety): Target {
  return {
    name: 'credential-offer',
    shape: 'uri',
    seeds: [
      toInput(offerUri(OFFER)),
      toInput(`openid-credential-offer://?credential_offer_uri=${encodeURIComponent('https://dso.example/offer')}`),
    ],
    run: async (input) => {
      const outcome = await accept(society, textOf(input), nowhere);
      assertRule(!outcome.ok, 'nothing is received from nowhere');
      return labelOf(outcome);
    },
  };
}

/** What an issuer says of itself, and its answers: one JSON for every address, so that each reader meets each shape. */
function metadata(society: PaperSociety): Target {
  const configurations = buildConfigurations(['CustomerStatus'], { formats: () => ['dc+sd-jwt'], signingAlgorithms: ['ES256'] });
  const said = buildIssuerMetadata({
    credentialIssuer: ISSUER,
    displayName: 'DSO',
    endpoints: endpointsOf(ISSUER),
    configurations,
    batchSize: 4,
  } as never);
  const all = {
    ...said,
    issuer: ISSUER,
    token_endpoint: `${ISSUER}/token`,
    access_token: 'token',
    token_type: 'DPoP',
    c_nonce: 'nonce',
    credentials: [{ credential: 'text' }],
  };
  return {
    name: 'issuer-answers',
    shape: 'json',
    seeds: [toInput(all)],
    run: async (input) => {
      const json = parseJson(textOf(input));
      if (!json.ok || !isJsonObject(json.value)) return 'not JSON';
      const id = Object.keys(said)[0] === undefined ? '' : (Object.keys(configurationsOf(json.value))[0] ?? 'CustomerStatus');
      return labelOf(await accept(society, offerUri({ ...OFFER, credential_configuration_ids: [id] }), answering(json.value)));
    },
  };
}

const configurationsOf = (json: JsonObject): JsonObject => {
  const known = json['credential_configurations_supported'];
  return known !== undefined && isJsonObject(known) ? known : {};
};

function requestUri(): Target {
  const query = new URLSearchParams({ client_id: CLIENT, request_uri: 'https://market.example/request/1', request_uri_method: 'post' });
  return {
    name: 'request-uri',
    shape: 'uri',
    seeds: [toInput(`openid4vp://authorize?${query.toString()}`)],
    run: (input) => {
      const parsed = parseAuthorizationRequestUri(textOf(input), {});
      if (parsed.ok) assertRule(new URL(parsed.value.requestUri).protocol === 'https:', 'requests are fetched by https');
      return labelOf(parsed);
    },
  };
}

/** The payload is signed after it was changed: what is read is what a hostile verifier would send. */
function requestObject(society: PaperSociety): Target {
  const payload = {
    client_id: `decentralized_identifier:${society.dso.did}`,
    aud: 'https://self-issued.me/v2',
    response_type: 'vp_token',
    response_mode: 'direct_post',
    response_uri: 'https://dso.example/response',
    nonce: 'nonce-of-sixteen-characters',
    state: 'state-1',
    iat: NOON,
    exp: NOON + 300,
    dcql_query: buildDcqlQuery([[{ type: 'CustomerStatus', claims: ['active'] }]]),
    client_metadata: { vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } } },
  };
  const header = { typ: 'oauth-authz-req+jwt', kid: society.dso.kid, alg: 'ES256' };
  return {
    name: 'request-object',
    shape: 'json',
    seeds: [toInput({ header, payload })],
    run: async (input) => {
      const signed = await signPair(textOf(input), society.dso);
      if (signed === undefined) return 'not a pair';
      const parsed = await parsePresentationRequest(signed, { resolver: society.resolver, at: NOON, clockSkewSeconds: 5, rules: {} });
      if (parsed.ok) {
        assertRule(parsed.value.verifierDid === society.dso.did, 'who signed is who asks');
        assertRule(new URL(parsed.value.responseUri).protocol === 'https:', 'answers go out by https');
        assertRule(parsed.value.expiresAt > NOON, 'it is not over');
      }
      return labelOf(parsed);
    },
  };
}

/** Signs the texts of `{header, payload}` as they are written, doubled members and all. */
async function signPair(text: string, signer: PaperSociety['dso']): Promise<string | undefined> {
  const parts = /^\{"header":(\{.*\}),"payload":(\{.*\})\}$/s.exec(text);
  const [, header, payload] = parts ?? [];
  return header === undefined || payload === undefined ? undefined : signTexts(header, payload, signer);
}

function response(): Target {
  return {
    name: 'authorization-response',
    shape: 'uri',
    seeds: [
      toInput(`?state=state-1&vp_token=${encodeURIComponent(JSON.stringify({ a: ['e.y.z~'] }))}`),
      toInput('?state=state-1&error=access_denied'),
    ],
    run: (input) => {
      const form = Object.fromEntries(new URLSearchParams(textOf(input).replace(/^[^?]*\?/, '')));
      const parsed = parseAuthorizationResponse(form);
      return labelOf(parsed);
    },
  };
}

function dpop({ house }: PaperSociety): Target {
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: house.publicJwk };
  const payload = { jti: 'jti-1', htm: 'POST', htu: 'https://market.example/orders', iat: NOON, nonce: 'n' };
  return {
    name: 'dpop-proof',
    shape: 'json',
    seeds: [toInput({ header, payload })],
    run: async (input) => {
      const signed = await signPair(textOf(input), house);
      if (signed === undefined) return 'not a pair';
      const parsed = parseDpopProof(signed, {
        method: 'POST',
        url: 'https://market.example/orders',
        at: NOON,
        maxAgeSeconds: 60,
        clockSkewSeconds: 5,
      });
      if (parsed.ok) assertRule(parsed.value.replayDigest !== '', 'it can be told from every other proof');
      return labelOf(parsed);
    },
  };
}

function keyProof({ house, resolver }: PaperSociety): Target {
  const header = { typ: 'openid4vci-proof+jwt', alg: 'ES256', jwk: house.publicJwk };
  const payload = { aud: ISSUER, iat: NOON, nonce: 'nonce-1' };
  return {
    name: 'key-proof',
    shape: 'json',
    seeds: [toInput({ header, payload }), toInput({ header: { typ: header.typ, alg: 'ES256', kid: house.kid }, payload })],
    run: async (input) => {
      const signed = await signPair(textOf(input), house);
      if (signed === undefined) return 'not a pair';
      return labelOf(await parseKeyProof(signed, { credentialIssuer: ISSUER, resolver, at: NOON, maxAgeSeconds: 60, clockSkewSeconds: 5 }));
    },
  };
}
