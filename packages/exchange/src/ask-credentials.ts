import { ok, refuse } from '@gridpass/core';
import type { JsonValue, Outcome } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson, textsOf } from '@gridpass/codec';
import { resourceRequest } from '@openid4vc/oauth2';
import type { CallbackContext, RequestDpopOptions } from '@openid4vc/oauth2';
import { Openid4vciRetrieveCredentialsError } from '@openid4vc/openid4vci';
import type { IssuerMetadataResult, Openid4vciClient } from '@openid4vc/openid4vci';
import { OPENID_CREDENTIAL } from './authorization-details.js';
import { textOf } from './read.js';

const STAGE = 'accept-offer';
/** Most credentials of one configuration that are fetched with one token. */
const MAX_IDENTIFIERS = 16;

/** One credential request: of a configuration, and by identifier where the token response named some. */
export interface CredentialAsk {
  readonly configurationId: string;
  readonly identifier?: string;
}

/**
 * What is asked for with a token (OpenID4VCI 1.0 8.2): configurations, or each identifier where the token response has authorization details,
 * which then say all that the token opens. Refuses CREDENTIAL_CONFIGURATION_UNKNOWN where it opens nothing of what is wanted.
 */
export function toAsks(wanted: readonly string[], details: JsonValue | undefined): Outcome<readonly CredentialAsk[]> {
  if (details === undefined) return ok(wanted.map((configurationId) => ({ configurationId })));
  if (!Array.isArray(details)) return refuse('REQUEST_MALFORMED', STAGE, 'token response: authorization_details that are no list');
  const asks: CredentialAsk[] = [];
  for (const detail of details) {
    if (!isJsonObject(detail) || textOf(detail, 'type') !== OPENID_CREDENTIAL) continue;
    const configurationId = textOf(detail, 'credential_configuration_id');
    const identifiers = new Set(textsOf(memberOf(detail, 'credential_identifiers')));
    if (configurationId === undefined || !wanted.includes(configurationId)) continue;
    if (identifiers.size === 0 || identifiers.size > MAX_IDENTIFIERS)
      return refuse('REQUEST_MALFORMED', STAGE, `token response: credential_identifiers, 1 to ${String(MAX_IDENTIFIERS)} of them`);
    for (const identifier of identifiers) asks.push({ configurationId, identifier });
  }
  return asks.length > 0 ? ok(asks) : refuse('CREDENTIAL_CONFIGURATION_UNKNOWN', STAGE, 'token response: opens nothing of what is wanted');
}

/** What credentials are asked for with. */
export interface AskParts {
  readonly client: Openid4vciClient;
  readonly callbacks: Pick<CallbackContext, 'fetch' | 'generateRandom' | 'hash' | 'signJwt'>;
  readonly issuerMetadata: IssuerMetadataResult;
  readonly accessToken: string;
  readonly dpop?: RequestDpopOptions;
  /** Proofs of the wallet's keys for a nonce, or without one where the issuer gives out none. */
  readonly prove: (nonce: string | undefined) => Promise<readonly [string, ...string[]]>;
}

/** What an issuer answered: credentials in whatever form, or the name of an error. */
type Answer = { readonly credentials: readonly unknown[] } | { readonly error: string };

/**
 * Asks once with a nonce of its own, and once more with a fresh one where that nonce was refused (OpenID4VCI 1.0 7, 8.3.1.2). An issuer
 * without a nonce endpoint wants none in the proofs (12.2.4).
 */
export async function askCredentials(parts: AskParts, ask: CredentialAsk): Promise<Answer> {
  const first = await askOnce(parts, ask);
  const again = 'error' in first && first.error === 'invalid_nonce' && parts.issuerMetadata.credentialIssuer.nonce_endpoint !== undefined;
  return again ? askOnce(parts, ask) : first;
}

async function askOnce(parts: AskParts, ask: CredentialAsk): Promise<Answer> {
  const { client, issuerMetadata } = parts;
  const given =
    issuerMetadata.credentialIssuer.nonce_endpoint === undefined ? undefined : (await client.requestNonce({ issuerMetadata })).c_nonce;
  const [first, ...rest] = await parts.prove(given);
  const jwt: [string, ...string[]] = [first, ...rest];
  return ask.identifier === undefined ? byConfiguration(parts, ask.configurationId, jwt) : byIdentifier(parts, ask.identifier, jwt);
}

async function byConfiguration(parts: AskParts, credentialConfigurationId: string, jwt: [string, ...string[]]): Promise<Answer> {
  const { client, issuerMetadata, accessToken, dpop } = parts;
  try {
    const { credentialResponse } = await client.retrieveCredentials({
      issuerMetadata,
      credentialConfigurationId,
      accessToken,
      proofs: { jwt },
      ...(dpop === undefined ? {} : { dpop }),
    });
    return { credentials: credentialResponse.credentials ?? [] };
  } catch (error) {
    if (!(error instanceof Openid4vciRetrieveCredentialsError)) throw error;
    const { response } = error;
    const parsed = 'credentialErrorResponseResult' in response ? response.credentialErrorResponseResult : undefined;
    return { error: parsed?.success === true ? parsed.data.error : 'unreadable' };
  }
}

// The library asks by configuration alone.
async function byIdentifier(parts: AskParts, credential_identifier: string, jwt: [string, ...string[]]): Promise<Answer> {
  const { callbacks, issuerMetadata, accessToken, dpop } = parts;
  const { ok: isIssued, response } = await resourceRequest({
    url: issuerMetadata.credentialIssuer.credential_endpoint,
    callbacks,
    accessToken,
    requestOptions: {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ credential_identifier, proofs: { jwt } }),
    },
    ...(dpop === undefined ? {} : { dpop }),
  });
  const json = parseJson(await response.text());
  const body = json.ok && isJsonObject(json.value) ? json.value : {};
  if (!isIssued) return { error: textOf(body, 'error') ?? 'unreadable' };
  const credentials = memberOf(body, 'credentials');
  return { credentials: Array.isArray(credentials) ? credentials : [] };
}
