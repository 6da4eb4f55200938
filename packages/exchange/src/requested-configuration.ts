import { ok, refuse } from '@gridpass/core';
import type { JsonObject, OpenedSession, Outcome } from '@gridpass/core';
import { credentialIdentifier } from './authorization-details.js';
import type { CredentialConfiguration } from './configurations.js';
import { textOf } from './read.js';

/** Which configuration a credential request is for: one that its token opens, named as the token response had it named. */
export function readConfiguration(
  body: JsonObject,
  session: OpenedSession,
  byId: ReadonlyMap<string, CredentialConfiguration>,
): Outcome<CredentialConfiguration> {
  if (Object.hasOwn(body, 'credential_response_encryption'))
    return refuse('REQUEST_MALFORMED', 'credential-request', 'credential_response_encryption: not offered');
  const named = Object.hasOwn(body, 'credential_identifier');
  if (named && Object.hasOwn(body, 'credential_configuration_id'))
    return refuse('REQUEST_MALFORMED', 'credential-request', 'credential_identifier: not beside credential_configuration_id');
  const id = named ? readIdentified(body, session) : readOffered(body, session);
  if (!id.ok) return id;
  const configuration = byId.get(id.value);
  return configuration === undefined
    ? refuse('CREDENTIAL_CONFIGURATION_UNKNOWN', 'credential-request', 'credential_configuration_id: no longer issued')
    : ok(configuration);
}

// OpenID4VCI 1.0 8.2: identifiers where the token response named some, the configuration where it named none.
function readIdentified(body: JsonObject, { offerId, authorizedIds = [] }: OpenedSession): Outcome<string> {
  const identifier = textOf(body, 'credential_identifier');
  const id = authorizedIds.find((candidate) => credentialIdentifier(offerId, candidate) === identifier);
  return id === undefined
    ? refuse('CREDENTIAL_IDENTIFIER_UNKNOWN', 'credential-request', 'credential_identifier: not given out with this token')
    : ok(id);
}

function readOffered(body: JsonObject, { configurationIds, authorizedIds }: OpenedSession): Outcome<string> {
  if (authorizedIds !== undefined)
    return refuse('REQUEST_MALFORMED', 'credential-request', 'credential_identifier: to be used, since the token response named some');
  const id = textOf(body, 'credential_configuration_id');
  return id === undefined || !configurationIds.includes(id)
    ? refuse('CREDENTIAL_CONFIGURATION_UNKNOWN', 'credential-request', 'credential_configuration_id: not in this offer')
    : ok(id);
}
