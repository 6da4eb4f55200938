import { InputError } from '@gridpass/core';
import type { Did, DidSigner, Instant, JsonObject, Nonce } from '@gridpass/core';
import { signCompactJws } from '@gridpass/keys';
import { Openid4vpVerifier } from '@openid4vc/openid4vp';
import { SIGNATURE_ALGORITHMS } from '@gridpass/core';
import { isJsonObject, parseJson, sha256 } from '@gridpass/codec';
import { toLibraryInput } from './library-outcome.js';

/** `aud` of a request object when the verifier does not know the wallet (OpenID4VP 1.0 5.8). */
export const SELF_ISSUED = 'https://self-issued.me/v2';
/** Media type of a request object (RFC 9101), and its `typ`. */
export const REQUEST_OBJECT_TYP = 'oauth-authz-req+jwt';
const PREFIX = 'decentralized_identifier:';

/** The `client_id` of a verifier that is known by its DID (OpenID4VP 1.0 5.9.3). */
export function clientIdOf(did: Did): string {
  return `${PREFIX}${did}`;
}

/** The DID inside a `client_id`, or undefined for another kind of client; not checked to be one. */
export function didOfClientId(clientId: string): string | undefined {
  return clientId.startsWith(PREFIX) ? clientId.slice(PREFIX.length) : undefined;
}

/** Which formats and algorithms our verifiers read, in the words of OpenID4VP 1.0 11.1. */
export const VP_FORMATS_SUPPORTED: JsonObject = Object.freeze({
  'dc+sd-jwt': { 'sd-jwt_alg_values': [...SIGNATURE_ALGORITHMS], 'kb-jwt_alg_values': [...SIGNATURE_ALGORITHMS] },
});

export interface PresentationRequestInput {
  /** Must be `clientIdOf(signer.did)`. */
  readonly clientId: string;
  readonly signer: DidSigner;
  readonly nonce: Nonce;
  readonly state: string;
  readonly responseUri: string;
  readonly dcql: JsonObject;
  readonly at: Instant;
  readonly lifeSeconds: number;
  /** Credentials that say what the verifier may ask for, e.g. its MarketOperatorRole. */
  readonly verifierInfo?: readonly JsonObject[];
  /** Sent by the wallet when it fetched the request with POST; comes back signed. */
  readonly walletNonce?: string;
}

/** Builds and signs a request object (OpenID4VP 1.0 5; RFC 9101). The caller keeps nonce and state and accepts each once. */
export async function createPresentationRequest(input: PresentationRequestInput): Promise<{ readonly requestObject: string }> {
  const { signer, at } = input;
  if (input.clientId !== clientIdOf(signer.did)) throw new InputError('CONFIG_INVALID', 'clientId names another DID than the signer');
  const verifier = new Openid4vpVerifier({
    callbacks: {
      ...unusedCallbacks,
      signJwt: async (_signer, jwt) => ({
        jwt: await signCompactJws({ typ: REQUEST_OBJECT_TYP, kid: signer.kid }, toJsonObject(jwt.payload), signer),
        signerJwk: { ...signer.publicJwk },
      }),
    },
  });
  const created = await verifier.createOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: {
      response_type: 'vp_token',
      response_mode: 'direct_post',
      client_id: input.clientId,
      response_uri: input.responseUri,
      nonce: input.nonce,
      state: input.state,
      dcql_query: toLibraryInput<Record<string, unknown>>(input.dcql),
      client_metadata: { vp_formats_supported: toLibraryInput<LibraryFormats>(VP_FORMATS_SUPPORTED) },
      ...(input.verifierInfo === undefined || input.verifierInfo.length === 0
        ? {}
        : { verifier_info: toLibraryInput<LibraryVerifierInfo>(input.verifierInfo) }),
      ...(input.walletNonce === undefined ? {} : { wallet_nonce: input.walletNonce }),
    },
    jar: {
      jwtSigner: { method: 'did', didUrl: signer.kid, alg: signer.alg },
      expiresInSeconds: input.lifeSeconds,
      // The library reads the system clock for these two unless it is told.
      additionalJwtPayload: { aud: SELF_ISSUED, iat: at, exp: at + input.lifeSeconds },
    },
    ...(input.walletNonce === undefined ? {} : { wallet: { expectedNonce: input.walletNonce } }),
  });
  if (created.jar === undefined) throw new InputError('CONFIG_INVALID', 'a request without a request object');
  return { requestObject: created.jar.authorizationRequestJwt };
}

/** The address a wallet opens: the request by reference (OpenID4VP 1.0 5.7). */
export function authorizationRequestUri(options: {
  readonly clientId: string;
  readonly requestUri: string;
  readonly requestUriMethod?: 'get' | 'post';
}): string {
  const query = new URLSearchParams({ client_id: options.clientId, request_uri: options.requestUri });
  if (options.requestUriMethod !== undefined) query.set('request_uri_method', options.requestUriMethod);
  return `openid4vp://?${query.toString()}`;
}

const unusedCallbacks = {
  hash: (data: Uint8Array): Uint8Array => sha256(data),
  encryptJwe: unused,
  decryptJwe: unused,
  verifyJwt: unused,
};

function unused(): never {
  throw new InputError('REQUEST_MALFORMED', 'the exchange library was asked for something that this house does itself');
}

function toJsonObject(value: object): JsonObject {
  const json = parseJson(JSON.stringify(value));
  if (!json.ok || !isJsonObject(json.value)) throw new InputError('CONFIG_INVALID', 'a request that is not JSON');
  return json.value;
}

type LibraryVerifierInfo = { format: string; data: string | Record<string, unknown> }[];
type LibraryFormats = Record<string, Record<string, unknown>>;
