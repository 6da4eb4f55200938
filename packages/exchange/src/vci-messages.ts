import { InputError, ok, refuse } from '@gridpass/core';
import type { JsonObject, Outcome } from '@gridpass/core';
import { decodeBase64url, isJsonObject, parseJson, randomToken, sha256 } from '@gridpass/codec';
import { Oauth2AuthorizationServer, preAuthorizedCodeGrantIdentifier } from '@openid4vc/oauth2';
import { Openid4vciIssuer, Openid4vciVersion } from '@openid4vc/openid4vci';
import { parseWithLibrary, toLibraryInput } from './library-outcome.js';

// The libraries take their cryptography as callbacks. The messages built here need randomness and a hash; whatever is signed
// or proven goes through @gridpass/keys, so the other callbacks say that they must not be reached.
const unused = (): never => {
  throw new InputError('REQUEST_MALFORMED', 'the exchange library was asked for something that this house does itself');
};
const callbacks = {
  hash: (data: Uint8Array): Uint8Array => sha256(data),
  generateRandom: (bytes: number): Uint8Array => {
    const random = decodeBase64url(randomToken(bytes));
    return random.ok ? random.value : unused();
  },
  signJwt: unused,
  verifyJwt: unused,
  clientAuthentication: unused,
};
const issuer = new Openid4vciIssuer({ callbacks });
const server = new Oauth2AuthorizationServer({ callbacks });

/** Lets the library judge metadata of our own making, once, at the start of the program; throws its error. */
export function checkIssuerMetadata(metadata: JsonObject): JsonObject {
  readMetadata(metadata);
  return metadata;
}

/** A credential offer by value (OpenID4VCI 1.0 4.1): by reference would mean keeping the code where it can be read. */
export async function buildOfferUri(options: {
  readonly metadata: JsonObject;
  readonly credentialIssuer: string;
  readonly configurationIds: readonly string[];
  readonly code: string;
  readonly txCode: boolean;
}): Promise<{ readonly offer: JsonObject; readonly offerUri: string }> {
  const credentialIssuer = readMetadata(options.metadata);
  const { credentialOffer, credentialOfferObject } = await issuer.createCredentialOffer({
    issuerMetadata: {
      originalDraftVersion: Openid4vciVersion.V1,
      credentialIssuer,
      authorizationServers: [],
      knownCredentialConfigurations: {},
    },
    credentialConfigurationIds: [...options.configurationIds],
    grants: {
      [preAuthorizedCodeGrantIdentifier]: {
        'pre-authorized_code': options.code,
        ...(options.txCode
          ? { tx_code: { input_mode: 'numeric', length: 6, description: 'The code you were given beside the offer' } }
          : {}),
      },
    },
  });
  const offer = parseJson(JSON.stringify(credentialOfferObject));
  if (!offer.ok || !isJsonObject(offer.value)) throw new InputError('REQUEST_MALFORMED', 'an offer that is not JSON');
  return { offer: offer.value, offerUri: credentialOffer };
}

/** Reads the form of a token request; only the pre-authorized code grant is offered. */
export function parseTokenForm(request: {
  readonly form: Readonly<Record<string, string>>;
  readonly url: string;
}): Outcome<{ readonly code: string; readonly txCode?: string; readonly authorizationDetails?: string }> {
  const grantType = Object.hasOwn(request.form, 'grant_type') ? request.form['grant_type'] : undefined;
  if (grantType === undefined || grantType === '') return refuse('REQUEST_MALFORMED', 'token-request', 'grant_type: missing');
  // RFC 6749 5.2: whatever else is in a request for another grant, it is that grant which is not offered.
  if (grantType !== preAuthorizedCodeGrantIdentifier) return refuse('GRANT_TYPE_UNSUPPORTED', 'token-request', 'grant_type: not offered');
  const parsed = parseWithLibrary(
    // The DPoP header is read by our own dpop.ts.
    () =>
      server.parseAccessTokenRequest({
        accessTokenRequest: { ...request.form },
        request: { method: 'POST', url: request.url, headers: new Headers() },
      }),
    'REQUEST_MALFORMED',
    'token-request',
    'form',
  );
  if (!parsed.ok) return parsed;
  const { grant } = parsed.value;
  if (grant.grantType !== preAuthorizedCodeGrantIdentifier) return refuse('REQUEST_MALFORMED', 'token-request', 'grant_type: not offered');
  if (grant.preAuthorizedCode.length > 512 || (grant.txCode?.length ?? 0) > 64)
    return refuse('REQUEST_MALFORMED', 'token-request', 'form: too long');
  const details = Object.hasOwn(request.form, 'authorization_details') ? request.form['authorization_details'] : undefined;
  return ok({
    code: grant.preAuthorizedCode,
    ...(grant.txCode === undefined ? {} : { txCode: grant.txCode }),
    ...(details === undefined ? {} : { authorizationDetails: details }),
  });
}

/** The library's own reading of our metadata, from a copy that it may keep. */
function readMetadata(metadata: JsonObject): ReturnType<typeof issuer.createCredentialIssuerMetadata> {
  return issuer.createCredentialIssuerMetadata(toLibraryInput<Parameters<typeof issuer.createCredentialIssuerMetadata>[0]>(metadata));
}
