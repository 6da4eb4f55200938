import { ok, refuse } from '@gridpass/core';
import type { JsonObject, Outcome } from '@gridpass/core';
import { digestOf, isJsonObject, memberOf, parseJson, textsOf } from '@gridpass/codec';
import { textOf } from './read.js';

export const OPENID_CREDENTIAL = 'openid_credential';
/** Members of a detail of this type (OpenID4VCI 1.0 5.1.1); RFC 9396 5 has a server refuse the others. */
const MEMBERS: ReadonlySet<string> = new Set(['type', 'credential_configuration_id', 'locations', 'claims']);
const MAX_LENGTH = 16_384;
const invalid = (detail: string): Outcome<never> =>
  refuse('AUTHORIZATION_DETAILS_INVALID', 'token-request', `authorization_details: ${detail}`);

/**
 * Reads `authorization_details` of a token request (OpenID4VCI 1.0 6.1, RFC 9396 2) for an offer: the configurations it asks for, each once.
 * `claims` change nothing, since a credential is issued with all claims of its type. Refuses AUTHORIZATION_DETAILS_INVALID.
 */
export function parseAuthorizationDetails(
  text: string,
  { offered, credentialIssuer }: { readonly offered: readonly string[]; readonly credentialIssuer: string },
): Outcome<readonly [string, ...string[]]> {
  const json = text.length > MAX_LENGTH ? invalid('too long') : parseJson(text);
  if (!json.ok || !Array.isArray(json.value)) return invalid('not a JSON array');
  const ids: string[] = [];
  for (const detail of json.value) {
    const id = isJsonObject(detail) ? readDetail(detail, credentialIssuer) : invalid('an entry that is no object');
    if (!id.ok) return id;
    if (!offered.includes(id.value)) return invalid('credential_configuration_id: not in this offer');
    if (ids.includes(id.value)) return invalid('credential_configuration_id: twice');
    ids.push(id.value);
  }
  const [first, ...rest] = ids;
  return first === undefined ? invalid('empty') : ok([first, ...rest]);
}

function readDetail(detail: JsonObject, credentialIssuer: string): Outcome<string> {
  if (textOf(detail, 'type') !== OPENID_CREDENTIAL) return invalid('an entry of an unknown type');
  if (!Object.keys(detail).every((name) => MEMBERS.has(name))) return invalid('an entry with a member that is not known');
  const locations = memberOf(detail, 'locations');
  if (locations !== undefined && textsOf(locations)?.includes(credentialIssuer) !== true) return invalid('locations: another issuer');
  const claims = memberOf(detail, 'claims');
  if (claims !== undefined && !(Array.isArray(claims) && claims.length > 0 && claims.every(isJsonObject)))
    return invalid('claims: not descriptions');
  const id = textOf(detail, 'credential_configuration_id');
  return id === undefined ? invalid('credential_configuration_id: missing') : ok(id);
}

/** What a token response says of the authorization details that were asked for (OpenID4VCI 1.0 6.2). */
export function buildAuthorizationDetails(offerId: string, ids: readonly string[]): readonly JsonObject[] {
  return ids.map((id) => ({
    type: OPENID_CREDENTIAL,
    credential_configuration_id: id,
    credential_identifiers: [credentialIdentifier(offerId, id)],
  }));
}

/** The name of one credential of one offer: of no use with a token of another offer. */
export function credentialIdentifier(offerId: string, configurationId: string): string {
  return digestOf(JSON.stringify(['credential_identifier', offerId, configurationId]));
}
