import { CATALOGUE, SIGNATURE_ALGORITHMS } from '@gridpass/core';
import type { JsonObject } from '@gridpass/core';
import { OPENID_CREDENTIAL } from './authorization-details.js';
import type { CredentialConfiguration } from './configurations.js';
import { vctOf } from './configurations.js';

/** The addresses of one issuer; each tenant of a program is an issuer with a path of its own. */
export interface IssuerEndpoints {
  readonly credentialIssuer: string;
  readonly token: string;
  readonly credential: string;
  readonly nonce: string;
}

/** Where the endpoints of an issuer stand, under its own address. */
export function endpointsOf(credentialIssuer: string): IssuerEndpoints {
  return {
    credentialIssuer,
    token: `${credentialIssuer}/token`,
    credential: `${credentialIssuer}/credential`,
    nonce: `${credentialIssuer}/nonce`,
  };
}

/** Credential issuer metadata (OpenID4VCI 1.0 12.2.4). */
export function buildIssuerMetadata(options: {
  readonly credentialIssuer: string;
  readonly displayName: string;
  readonly configurations: readonly CredentialConfiguration[];
  readonly batchSize: number;
}): JsonObject {
  const endpoints = endpointsOf(options.credentialIssuer);
  return {
    credential_issuer: options.credentialIssuer,
    authorization_servers: [options.credentialIssuer],
    credential_endpoint: endpoints.credential,
    nonce_endpoint: endpoints.nonce,
    ...(options.batchSize > 1 ? { batch_credential_issuance: { batch_size: options.batchSize } } : {}),
    display: [{ name: options.displayName, locale: 'en' }],
    credential_configurations_supported: Object.fromEntries(
      options.configurations.map((configuration) => [configuration.id, toConfigurationMetadata(configuration)]),
    ),
  };
}

function toConfigurationMetadata(configuration: CredentialConfiguration): JsonObject {
  const common = {
    credential_signing_alg_values_supported: [...configuration.signingAlgorithms],
    proof_types_supported: { jwt: { proof_signing_alg_values_supported: [...SIGNATURE_ALGORITHMS] } },
  };
  const display = [{ name: configuration.display, locale: 'en' }];
  if (configuration.format === 'dc+sd-jwt') {
    return {
      format: 'dc+sd-jwt',
      vct: vctOf(configuration.type),
      // How the credential names its holder's key (OpenID4VCI 1.0 12.2.4): in `cnf.jwk` always, however the proof named it.
      cryptographic_binding_methods_supported: ['jwk'],
      ...common,
      credential_metadata: { display, claims: CATALOGUE[configuration.type].selectivelyDisclosable.map((name) => ({ path: [name] })) },
    };
  }
  // OpenID4VCI 1.0 names no identifier for VCDM 2.0 in JOSE. `vc+jwt` is the media type's own name and an addition of ours;
  // the same credential is offered as `dc+sd-jwt`, which every OpenID4VC wallet reads.
  return {
    format: 'vc+jwt',
    credential_definition: { type: ['VerifiableCredential', configuration.type] },
    // By its subject, which is a DID.
    cryptographic_binding_methods_supported: ['did:jwk', 'did:key', 'did:peer', 'did:ethr', 'did:web'],
    ...common,
    credential_metadata: { display },
  };
}

/** Authorization server metadata of an issuer that is its own (RFC 8414 2). */
export function buildAuthorizationServerMetadata(credentialIssuer: string): JsonObject {
  return {
    issuer: credentialIssuer,
    token_endpoint: endpointsOf(credentialIssuer).token,
    response_types_supported: ['none'],
    grant_types_supported: ['urn:ietf:params:oauth:grant-type:pre-authorized_code'],
    token_endpoint_auth_methods_supported: ['none'],
    'pre-authorized_grant_anonymous_access_supported': true,
    // RFC 9396 10.
    authorization_details_types_supported: [OPENID_CREDENTIAL],
    dpop_signing_alg_values_supported: [...SIGNATURE_ALGORITHMS],
  };
}
