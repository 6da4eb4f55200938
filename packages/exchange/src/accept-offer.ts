import { CREDENTIAL_FORMATS, Fault, ok, refuse } from '@gridpass/core';
import type { Clock, CredentialFormat, DidUrl, FetchPort, JsonObject, JsonValue, Outcome, RefusalCode, Signer } from '@gridpass/core';
import { decodeBase64url, isJsonObject, parseJson, randomToken, sha256, textsOf } from '@gridpass/codec';
import { signCompactJws } from '@gridpass/keys';
import { Oauth2ClientErrorResponseError, clientAuthenticationAnonymous } from '@openid4vc/oauth2';
import { Openid4vciClient } from '@openid4vc/openid4vci';
import type { CredentialOfferObject, IssuerMetadataResult } from '@openid4vc/openid4vci';
import { askCredentials, toAsks } from './ask-credentials.js';
import { buildKeyProof } from './key-proof.js';
import { toLibraryFetch, unwrapFetchError } from './library-fetch.js';
import { isLibraryError } from './library-outcome.js';
import { parseOfferUri } from './offer-uri.js';
import { parseServiceUrl, type UrlRules } from './service-url.js';

const STAGE = 'accept-offer';

/** A key the wallet wants credentials for. With `kid` the credential is bound to that DID, else to the bare key. */
export interface ProofKey {
  readonly signer: Signer;
  readonly kid?: DidUrl;
}

/** A credential as it came from the issuer. Nothing in it is proven yet. */
export interface ReceivedCredential {
  readonly configurationId: string;
  readonly format: CredentialFormat;
  readonly compact: string;
}

export interface AcceptedOffer {
  readonly credentialIssuer: string;
  readonly credentials: readonly ReceivedCredential[];
}

/**
 * Redeems a credential offer (OpenID4VCI 1.0): issuer metadata, token, a nonce for each request where the issuer gives out nonces, one key proof for each key, credentials.
 * `issuer` is the only one whose offer is taken, where the caller knows whose it must be. `choose` picks which of the offered configurations to fetch; `dpop` is a fresh key that binds the token. The caller proves every
 * credential before it keeps it. Refuses with what the issuer answered; an issuer that cannot be reached is a Fault REMOTE_UNAVAILABLE.
 */
export async function acceptOffer(options: {
  readonly offerUri: string;
  readonly fetch: FetchPort;
  readonly clock: Clock;
  readonly keys: readonly [ProofKey, ...ProofKey[]];
  readonly dpop: Signer;
  readonly txCode?: string;
  readonly issuer?: string;
  readonly choose: (configurations: readonly OfferedConfiguration[]) => readonly string[];
}): Promise<Outcome<AcceptedOffer>> {
  const offerUri = parseOfferUri(options.offerUri, options.fetch);
  if (!offerUri.ok) return offerUri;
  const client = new Openid4vciClient({ callbacks: createCallbacks(options) });
  try {
    const offer = await client.resolveCredentialOffer(offerUri.value);
    if (options.issuer !== undefined && offer.credential_issuer !== options.issuer)
      return refuse('REQUEST_MALFORMED', STAGE, 'offer: of another issuer than was asked');
    const address = parseServiceUrl(offer.credential_issuer, options.fetch);
    if (!address.ok) return address;
    const metadata = await client.resolveIssuerMetadata(offer.credential_issuer);
    const checked = checkMetadata(offer, metadata, options.fetch);
    if (!checked.ok) return checked;
    return await retrieveAll(client, offer, metadata, options);
  } catch (error) {
    return toRefusal(error, options.txCode !== undefined);
  }
}

/** A configuration named in an offer. */
export interface OfferedConfiguration {
  readonly id: string;
  readonly format: CredentialFormat;
  /** `vct` or the last type name. */
  readonly type: string;
}

type AcceptOptions = Parameters<typeof acceptOffer>[0];

async function retrieveAll(
  client: Openid4vciClient,
  offer: CredentialOfferObject,
  metadata: IssuerMetadataResult,
  options: AcceptOptions,
): Promise<Outcome<AcceptedOffer>> {
  const offered = offer.credential_configuration_ids.flatMap((id) => toOffered(id, metadata));
  const chosen = options.choose(offered);
  if (chosen.length === 0) return refuse('CREDENTIAL_CONFIGURATION_UNKNOWN', STAGE, 'offer: nothing in it that this wallet reads');
  const dpop = { signer: { method: 'jwk' as const, alg: options.dpop.alg, publicJwk: { ...options.dpop.publicJwk } } };
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer: offer,
    issuerMetadata: metadata,
    dpop,
    ...(options.txCode === undefined ? {} : { txCode: options.txCode }),
  });
  const asks = toAsks(chosen, detailsIn(token.accessTokenResponse));
  if (!asks.ok) return asks;
  const batch = metadata.credentialIssuer.batch_credential_issuance?.batch_size ?? 1;
  const prove = async (nonce: string | undefined): Promise<readonly [string, ...string[]]> => {
    const proofOf = (key: ProofKey): Promise<string> =>
      buildKeyProof({
        ...key,
        credentialIssuer: offer.credential_issuer,
        at: options.clock.now(),
        ...(nonce === undefined ? {} : { nonce }),
      });
    const [first, ...rest] = options.keys;
    return [await proofOf(first), ...(await Promise.all(rest.slice(0, Math.max(0, batch - 1)).map(proofOf)))];
  };
  const credentials: ReceivedCredential[] = [];
  for (const ask of asks.value) {
    const format = offered.find((configuration) => configuration.id === ask.configurationId)?.format;
    if (format === undefined) continue;
    const answer = await askCredentials(
      {
        client,
        callbacks: createCallbacks(options),
        issuerMetadata: metadata,
        accessToken: token.accessTokenResponse.access_token,
        prove,
        ...(token.accessTokenResponse.token_type.toLowerCase() === 'dpop' ? { dpop } : {}),
      },
      ask,
    );
    if ('error' in answer) return refuseAs(answer.error);
    const compacts = readCompacts(answer.credentials);
    if (compacts === undefined) return refuse('REQUEST_MALFORMED', STAGE, 'credential response: no credentials as text');
    credentials.push(...compacts.map((compact) => ({ configurationId: ask.configurationId, format, compact })));
  }
  return ok({ credentialIssuer: offer.credential_issuer, credentials });
}

function detailsIn(response: { readonly authorization_details?: unknown }): JsonValue | undefined {
  if (response.authorization_details === undefined) return undefined;
  const json = parseJson(JSON.stringify(response.authorization_details));
  return json.ok ? json.value : null;
}

function readCompacts(items: readonly unknown[]): readonly string[] | undefined {
  const compacts = items
    .map((item) => (typeof item === 'object' && item !== null && 'credential' in item ? item.credential : item))
    .filter((item) => typeof item === 'string');
  return compacts.length > 0 && compacts.length === items.length ? compacts : undefined;
}

function toOffered(id: string, metadata: IssuerMetadataResult): readonly OfferedConfiguration[] {
  const configuration = metadata.credentialIssuer.credential_configurations_supported[id];
  const format = CREDENTIAL_FORMATS.find((candidate) => candidate === configuration?.format);
  if (configuration === undefined || format === undefined) return [];
  const json = parseJson(JSON.stringify(configuration));
  return [{ id, format, type: json.ok && isJsonObject(json.value) ? typeNameOf(json.value) : '' }];
}

function typeNameOf(configuration: JsonObject): string {
  const vct = configuration['vct'];
  if (typeof vct === 'string') return vct;
  const definition = configuration['credential_definition'];
  const types = definition !== undefined && isJsonObject(definition) ? definition['type'] : undefined;
  return textsOf(types)?.at(-1) ?? '';
}

// Attack 28: metadata of another issuer in the place of this one's, endpoints where nothing may be sent.
function checkMetadata(offer: CredentialOfferObject, metadata: IssuerMetadataResult, rules: UrlRules): Outcome<true> {
  if (metadata.credentialIssuer.credential_issuer !== offer.credential_issuer)
    return refuse('REQUEST_MALFORMED', STAGE, 'metadata: of another issuer');
  const { nonce_endpoint } = metadata.credentialIssuer;
  const endpoints = [
    metadata.credentialIssuer.credential_endpoint,
    // Optional: an issuer without it wants no nonce in the proofs (OpenID4VCI 1.0 12.2.4).
    ...(nonce_endpoint === undefined ? [] : [nonce_endpoint]),
    ...metadata.authorizationServers.map((server) => server.token_endpoint),
  ];
  for (const endpoint of endpoints) {
    const parsed = parseServiceUrl(endpoint, rules);
    if (!parsed.ok) return refuse('REQUEST_MALFORMED', STAGE, `metadata: an endpoint whose ${parsed.refusal.detail}`);
  }
  return ok(true);
}

function createCallbacks(options: AcceptOptions) {
  return {
    fetch: toLibraryFetch(options.fetch),
    hash: (data: Uint8Array) => sha256(data),
    generateRandom: (bytes: number) => {
      const random = decodeBase64url(randomToken(bytes));
      if (!random.ok) throw new Fault('INTERNAL', 'random bytes that are not');
      return random.value;
    },
    clientAuthentication: clientAuthenticationAnonymous(),
    // Only DPoP proofs are signed through here; their time is the wallet's clock, not the library's.
    signJwt: async (_signer: unknown, jwt: { readonly header: object; readonly payload: object }) => ({
      jwt: await signCompactJws(toJson(jwt.header), { ...toJson(jwt.payload), iat: options.clock.now() }, options.dpop),
      signerJwk: { ...options.dpop.publicJwk },
    }),
  };
}

function toJson(value: object): JsonObject {
  const json = parseJson(JSON.stringify(value));
  if (!json.ok || !isJsonObject(json.value)) throw new Fault('INTERNAL', 'a token part that is not JSON');
  return json.value;
}

const BY_ERROR: ReadonlyMap<string, RefusalCode> = new Map([
  ['invalid_grant', 'OFFER_UNKNOWN'],
  ['invalid_token', 'TOKEN_INVALID'],
  ['invalid_dpop_proof', 'DPOP_INVALID'],
  ['use_dpop_nonce', 'DPOP_NONCE_REQUIRED'],
  ['invalid_proof', 'KEY_PROOF_INVALID'],
  ['invalid_nonce', 'NONCE_INVALID'],
  ['unknown_credential_configuration', 'CREDENTIAL_CONFIGURATION_UNKNOWN'],
  ['unknown_credential_identifier', 'CREDENTIAL_IDENTIFIER_UNKNOWN'],
  ['unsupported_grant_type', 'GRANT_TYPE_UNSUPPORTED'],
  ['invalid_authorization_details', 'AUTHORIZATION_DETAILS_INVALID'],
  ['credential_request_denied', 'NOT_ENTITLED'],
]);

function toRefusal(error: unknown, withTxCode: boolean): Outcome<never> {
  const inner = unwrapFetchError(error);
  if (inner instanceof Fault) throw inner;
  if (inner !== undefined) return { ok: false, refusal: inner.refusal };
  if (error instanceof Oauth2ClientErrorResponseError) {
    const { error: name, code } = error.errorResponse;
    return refuseAs(name, name === 'invalid_grant' && withTxCode && code === 'TX_CODE_WRONG' ? 'TX_CODE_WRONG' : undefined);
  }
  if (isLibraryError(error)) return refuse('REQUEST_MALFORMED', STAGE, 'the issuer or the offer does not speak OpenID4VCI 1.0');
  throw error;
}

function refuseAs(name: string, code = BY_ERROR.get(name)): Outcome<never> {
  return refuse(code ?? 'REQUEST_MALFORMED', STAGE, `the issuer answered ${/^[a-z_]{1,60}$/.test(name) ? name : 'an error'}`);
}
