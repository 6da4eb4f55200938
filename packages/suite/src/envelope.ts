import { isJsonObject, memberOf } from '@gridpass/codec';
import { CATALOGUE, type AuthorityReference, type CredentialType, type Digest, type Instant, type JsonObject, type JsonValue, type SignatureAlgorithm, SIGNATURE_ALGORITHMS } from '@gridpass/core';
import { namesBeyond, toHttpUrl } from './claimed.js';

const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const AUTHORITY_NAMES: ReadonlySet<string> = new Set(['id', 'digest']);

/** The member `authority` as it is signed; our own extension of both formats. */
export function buildAuthority(authority: AuthorityReference): JsonObject {
  return { id: authority.uri, digest: authority.digest };
}

/** `absent` when there is none, undefined when there is one that cannot be read. */
export function parseAuthority(value: JsonValue | undefined): AuthorityReference | 'absent' | undefined {
  if (value === undefined) return 'absent';
  if (!isJsonObject(value) || namesBeyond(value, AUTHORITY_NAMES).length > 0) return undefined;
  const uri = toHttpUrl(memberOf(value, 'id'));
  const digest = memberOf(value, 'digest');
  if (uri === undefined || typeof digest !== 'string' || !DIGEST.test(digest)) return undefined;
  return { uri, digest: digest as Digest };
}

/** The header's `alg` if it is one this house signs with; whether it belongs to the key is checked against the key. */
export function toAlgorithm(value: JsonValue | undefined): SignatureAlgorithm | undefined {
  return SIGNATURE_ALGORITHMS.find((alg) => alg === value);
}

/** Whether the times of a credential make sense together and stay within the longest life its type may have. */
export function isLifeOf(type: CredentialType, validFrom: Instant, validUntil: Instant): boolean {
  return validFrom < validUntil && validUntil - validFrom <= CATALOGUE[type].maxLifeSeconds;
}
