import { encodeBase64url, handleOf, randomToken, utf8 } from '@gridpass/codec';
import type { CompactSdJwtVc } from '@sphereon/ssi-types';
import { CATALOGUE, type CredentialType, type JsonObject, type JsonValue } from '@gridpass/core';
import { disclosureDigest } from './disclosures.js';
import { buildAuthority } from './envelope.js';
import { assertIssuable } from './issuable.js';
import { signJose } from './sign.js';
import { buildTokenStatus } from './status-references.js';
import type { CredentialInput, IssuedCredential } from './types.js';

const SALT_BYTES = 16;

/** The `vct` of a credential type; version 1 of every type. */
export function vctOf(type: CredentialType): string {
  return `urn:gridpass:${type}:1`;
}

/**
 * Issues an SD-JWT VC bound to the holder's key (RFC 9901, draft-ietf-oauth-sd-jwt-vc): the claims that the catalogue
 * lists as selectively disclosable become disclosures with a fresh 128-bit salt each, in an order that tells nothing.
 * The caller guarantees that the claims fit the type's schema.
 */
export async function issueSdJwtVc(input: CredentialInput): Promise<IssuedCredential> {
  assertIssuable('dc+sd-jwt', input);
  const selective = new Set(CATALOGUE[input.type].selectivelyDisclosable);
  const plain: [string, JsonValue][] = [];
  const disclosures: string[] = [];
  for (const [name, value] of Object.entries(input.claims)) {
    if (selective.has(name)) disclosures.push(encodeBase64url(utf8(JSON.stringify([randomToken(SALT_BYTES), name, value]))));
    else plain.push([name, value]);
  }
  const payload: JsonObject = {
    ...Object.fromEntries(plain),
    vct: vctOf(input.type),
    iss: input.issuer.did,
    sub: input.subject,
    iat: input.issuedAt,
    nbf: input.validFrom,
    exp: input.validUntil,
    cnf: { jwk: { ...input.holderKey } },
    status: buildTokenStatus(input.status),
    ...(input.authority === undefined ? {} : { authority: buildAuthority(input.authority) }),
    // RFC 9901 §4.2.4.1: the order of the digests must not be the order of the claims; sorting hashes hides it.
    ...(disclosures.length === 0 ? {} : { _sd: disclosures.map(disclosureDigest).sort(), _sd_alg: 'sha-256' }),
  };
  const jwt = await signJose('dc+sd-jwt', payload, input.issuer, input.issuer.kid);
  const compact: CompactSdJwtVc = [jwt, ...disclosures, ''].join('~');
  return { format: 'dc+sd-jwt', compact, digest: handleOf(jwt) };
}
