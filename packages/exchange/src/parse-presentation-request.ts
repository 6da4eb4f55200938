import { endsAfter, instant, isSuccess, ok, refuse } from '@gridpass/core';
import type { Did, DidResolverPort, FetchPort, Instant, JsonObject, JsonValue, Nonce, Outcome } from '@gridpass/core';
import { canonicalDid, decodeUtf8, isJsonObject, memberOf, utf8 } from '@gridpass/codec';
import { checkJws, checkTimeClaims, parseCompactJws, parseTimeClaims } from '@gridpass/keys';
import { parseOpenid4vpAuthorizationRequest, validateOpenid4vpAuthorizationRequestPayload } from '@openid4vc/openid4vp';
import { parseDcqlQuery } from './dcql.js';
import type { CredentialsQuery } from './dcql.js';
import { parseWithLibrary, toLibraryInput } from './library-outcome.js';
import { REQUEST_OBJECT_TYP, SELF_ISSUED, didOfClientId } from './presentation-request.js';
import { textOf } from './read.js';
import { resolveKid } from './resolve-kid.js';
import { parseServiceUrl, type UrlRules } from './service-url.js';

const STAGE = 'presentation-request';
/** Most credentials about itself that a verifier attaches. */
const MAX_VERIFIER_INFO = 8;
/** How long after its `iat` a request counts that states no end: `exp` is not required of a request object (RFC 9101 4). */
const LIFE_WITHOUT_END_SECONDS = 300;
const malformed = (detail: string): Outcome<never> => refuse('REQUEST_MALFORMED', STAGE, detail);

/** A request that is proven to come from the DID in its `client_id`. Whether that verifier may ask is another question. */
export interface PresentationRequest {
  readonly clientId: string;
  readonly verifierDid: Did;
  readonly nonce: Nonce;
  readonly state: string | undefined;
  readonly responseUri: string;
  readonly query: CredentialsQuery;
  /** The DCQL query as it was asked. */
  readonly dcql: JsonObject;
  readonly verifierInfo: readonly VerifierInfo[];
  readonly expiresAt: Instant;
}

/** A credential about the verifier, attached to its request (OpenID4VP 1.0 5.11). Not proven. */
export interface VerifierInfo {
  readonly format: string;
  readonly data: JsonValue;
}

/** What an `openid4vp://` address says: who asks, and where the request object is. Not proven. */
export interface RequestReference {
  readonly claimedClientId: string;
  readonly requestUri: string;
  readonly method: 'get' | 'post';
}

/** Reads the address a wallet was opened with; only requests by reference are answered. Refuses REQUEST_MALFORMED. */
export function parseAuthorizationRequestUri(uri: string, rules: UrlRules): Outcome<RequestReference> {
  if (uri.length > 4_096 || !URL.canParse(uri)) return malformed('uri: not an address');
  const url = new URL(uri);
  if (!['openid4vp:', 'haip:', 'haip-vp:'].includes(url.protocol)) return malformed('uri: another scheme');
  const single = (name: string): string | undefined =>
    url.searchParams.getAll(name).length === 1 ? (url.searchParams.get(name) ?? undefined) : undefined;
  const claimedClientId = single('client_id');
  const requestUri = single('request_uri');
  if (claimedClientId === undefined || requestUri === undefined) return malformed('uri: client_id and request_uri, once each');
  const method = url.searchParams.has('request_uri_method') ? single('request_uri_method') : 'get';
  if (method !== 'get' && method !== 'post') return malformed('request_uri_method: get or post');
  const address = parseServiceUrl(requestUri, rules);
  return address.ok ? ok({ claimedClientId, requestUri, method }) : address;
}

/** Fetches a request object. With POST the wallet sends a nonce of its own, which must come back signed. */
export async function fetchRequestObject(
  reference: RequestReference,
  options: { readonly fetch: FetchPort; readonly walletNonce: string },
): Promise<Outcome<string>> {
  const common = { accept: `application/${REQUEST_OBJECT_TYP}`, maxBytes: 262_144, timeoutMs: 10_000 };
  const fetched = await options.fetch.fetchDocument(
    reference.requestUri,
    reference.method === 'get'
      ? common
      : {
          ...common,
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: utf8(new URLSearchParams({ wallet_nonce: options.walletNonce }).toString()),
        },
  );
  if (!fetched.ok) return fetched;
  if (!isSuccess(fetched.value.status)) return malformed(`request_uri: answered ${fetched.value.status}`);
  const text = decodeUtf8(fetched.value.bytes);
  return text.ok ? ok(text.value.trim()) : malformed('request_uri: not text');
}

/**
 * Proves a request object: signed by a key of the DID in its `client_id`, for wallets, in time, asking by DCQL over direct_post.
 * `claimedClientId` and `walletNonce` are given when the request came by reference; the object must agree with them.
 */
export async function parsePresentationRequest(
  requestObject: string,
  options: {
    readonly resolver: DidResolverPort;
    readonly at: Instant;
    readonly clockSkewSeconds: number;
    /** Judges the address that the answer goes to. */
    readonly rules: UrlRules;
    readonly claimedClientId?: string;
    readonly walletNonce?: string;
  },
): Promise<Outcome<PresentationRequest>> {
  const jws = parseCompactJws(requestObject);
  if (!jws.ok) return malformed(jws.refusal.detail);
  const { header, payload } = jws.value;
  const clientId = textOf(payload, 'client_id');
  const verifierDid = clientId === undefined ? undefined : didOfClientId(clientId);
  if (clientId === undefined || verifierDid === undefined) return malformed('client_id: not a decentralized_identifier');
  if (options.claimedClientId !== undefined && options.claimedClientId !== clientId)
    return malformed('client_id: another than in the address');
  const kid = textOf(header, 'kid');
  if (kid === undefined) return malformed('header.kid: missing');
  const { resolver, at } = options;
  const authorized = await resolveKid(kid, { resolver, relationships: ['authentication', 'assertionMethod'], at });
  if (!authorized.ok) return authorized;
  // Attack 2: the signature is judged by kid, the trust by client_id; they must be one DID.
  if (authorized.value.did !== canonicalDid(verifierDid)) return refuse('KEY_NOT_AUTHORIZED', STAGE, 'header.kid: a key of another DID');
  const proven = checkJws(jws.value, authorized.value.key.publicJwk, { typ: REQUEST_OBJECT_TYP });
  if (!proven.ok) return proven;
  const form = parseWithLibrary(() => checkForm(payload, options.walletNonce), 'REQUEST_MALFORMED', STAGE, 'payload');
  if (!form.ok) return form;
  return readRequest(payload, { clientId, verifierDid: authorized.value.did, ...options });
}

function checkForm(payload: JsonObject, walletNonce: string | undefined): void {
  const parsed = parseOpenid4vpAuthorizationRequest({ authorizationRequest: toLibraryInput<Record<string, unknown>>(payload) });
  if (parsed.type !== 'openid4vp') return;
  validateOpenid4vpAuthorizationRequestPayload({
    params: parsed.params,
    ...(walletNonce === undefined ? {} : { walletVerificationOptions: { expectedNonce: walletNonce } }),
  });
}

function readRequest(
  payload: JsonObject,
  proven: {
    readonly clientId: string;
    readonly verifierDid: Did;
    readonly at: Instant;
    readonly clockSkewSeconds: number;
    readonly rules: UrlRules;
  },
): Outcome<PresentationRequest> {
  const mode = checkMode(payload);
  if (!mode.ok) return mode;
  const end = readEnd(payload, proven);
  if (!end.ok) return end;
  const nonce = textOf(payload, 'nonce');
  if (nonce === undefined || !/^[\x21-\x7e]{16,512}$/.test(nonce)) return malformed('nonce: 16 to 512 visible characters');
  const responseUri = textOf(payload, 'response_uri');
  const address = responseUri === undefined ? undefined : parseServiceUrl(responseUri, proven.rules);
  if (responseUri === undefined || address === undefined) return malformed('response_uri');
  if (!address.ok) return malformed(`response_uri: ${address.refusal.detail}`);
  const query = parseDcqlQuery(memberOf(payload, 'dcql_query'));
  if (!query.ok) return query;
  const info = readVerifierInfo(payload);
  if (!info.ok) return info;
  return ok({
    clientId: proven.clientId,
    verifierDid: proven.verifierDid,
    nonce: nonce as Nonce,
    state: textOf(payload, 'state'),
    responseUri,
    query: query.value,
    dcql: query.value.json,
    verifierInfo: info.value,
    expiresAt: end.value,
  });
}

/** When the request ends, if it is in time. */
function readEnd(
  payload: JsonObject,
  { at, clockSkewSeconds }: { readonly at: Instant; readonly clockSkewSeconds: number },
): Outcome<Instant> {
  const times = parseTimeClaims(payload);
  // An end that cannot be read has passed, a beginning that cannot be read has not come.
  if (!times.ok) return refuse(times.refusal.detail.includes('exp') ? 'EXPIRED' : 'NOT_YET_VALID', STAGE, times.refusal.detail);
  const { expiresAt, issuedAt } = times.value;
  if (issuedAt === undefined) return refuse('NOT_YET_VALID', STAGE, 'iat');
  const timely = checkTimeClaims(times.value, { at, skewSeconds: clockSkewSeconds, maxAgeSeconds: 'unbounded' });
  if (!timely.ok) return timely;
  // A clock that is ahead gives a request no longer life.
  const end = expiresAt?.down ?? instant(Math.min(issuedAt.down, at) + LIFE_WITHOUT_END_SECONDS);
  return endsAfter(end, at) ? ok(end) : refuse('EXPIRED', STAGE, `iat: ${LIFE_WITHOUT_END_SECONDS} seconds ago, and no exp`);
}

function checkMode(payload: JsonObject): Outcome<true> {
  if (textOf(payload, 'response_type') !== 'vp_token') return malformed('response_type');
  if (textOf(payload, 'response_mode') !== 'direct_post') return malformed('response_mode: only direct_post is answered');
  if (memberOf(payload, 'aud') !== SELF_ISSUED) return malformed('aud: not made for wallets');
  if (memberOf(payload, 'redirect_uri') !== undefined) return malformed('redirect_uri: not beside response_uri');
  // OpenID4VP 1.0 5.1: a wallet that does not know transaction data must refuse rather than ignore it.
  if (memberOf(payload, 'transaction_data') !== undefined) return malformed('transaction_data: not understood');
  return ok(true);
}

/** Bounded, since each is proven on its own: a DID to resolve, a signature and a chain. */
function readVerifierInfo(payload: JsonObject): Outcome<readonly VerifierInfo[]> {
  const info = memberOf(payload, 'verifier_info') ?? [];
  if (!Array.isArray(info)) return ok([]);
  if (info.length > MAX_VERIFIER_INFO) return malformed(`verifier_info: ${String(info.length)}, at most ${String(MAX_VERIFIER_INFO)}`);
  return ok(info.flatMap(toVerifierInfo));
}

function toVerifierInfo(item: JsonValue): readonly VerifierInfo[] {
  if (!isJsonObject(item)) return [];
  const format = textOf(item, 'format');
  const data = memberOf(item, 'data');
  return format === undefined || data === undefined ? [] : [{ format, data }];
}
