import { endsAfter, ok, refuse, type CredentialContent, type Instant, type Outcome, type ResolvedKey } from '@gridpass/core';
import { samePublicJwk } from '@gridpass/keys';
import { checkProof, type ParsedCredential } from '@gridpass/suite';
import type { KeyRing } from './key-ring.js';
import type { VerifierOptions } from './options.js';
import { findIssuerKey, issuerKeyOf, type PastKeyContext } from './past-key.js';
import type { ProofMemo } from './proof-memo.js';

/** What proving one credential takes, whether it is presented, a link of a chain, or in a wallet. */
export interface ProofContext extends PastKeyContext {
  readonly memo: ProofMemo;
  readonly schemas: VerifierOptions['schemas'];
}

/**
 * Checks the issuer's signature, and once more with a freshly resolved key where the issuer may have rotated. Refuses
 * PROOF_INVALID, ALGORITHM_NOT_ALLOWED, or what the fresh resolution refuses with.
 */
export async function checkIssuerProof(
  parsed: ParsedCredential,
  key: ResolvedKey,
  { ring, memo }: { readonly ring: KeyRing; readonly memo: ProofMemo },
): Promise<Outcome<true>> {
  const { publicJwk } = key;
  // By the very text: a handle leaves the signature out, and another signature is another proof.
  const proof = `${parsed.content.textDigest} ${publicJwk.crv} ${publicJwk.x} ${publicJwk.kty === 'EC' ? publicJwk.y : ''}`;
  if (memo.has(proof)) return ok(true);
  const first = checkProof(parsed, key);
  if (first.ok) {
    memo.add(proof);
    return first;
  }
  const fresh = await ring.refreshKey(issuerKeyOf(parsed));
  if (fresh === undefined) return first;
  if (!fresh.ok) return fresh;
  return samePublicJwk(publicJwk, fresh.value.publicJwk) ? first : checkProof(parsed, fresh.value);
}

/** Checks the life of a credential at one instant: from `validFrom` on, up to but not at `validUntil` (RFC 7519 §4.1.4). */
export function checkTimes({ type, issuedAt, validFrom, validUntil }: CredentialContent, at: Instant): Outcome<true> {
  if (issuedAt > at || validFrom > at) return refuse('NOT_YET_VALID', 'prove', type);
  return endsAfter(validUntil, at) ? ok(true) : refuse('EXPIRED', 'prove', type);
}

/** Checks the claims against the schema of the type; withheld claims of an SD-JWT are not missed here. */
export function checkSchema({ format, type, claims }: CredentialContent, schemas: ProofContext['schemas']): Outcome<true> {
  const parsed = format === 'vc+jwt' ? schemas.parseClaims(type, claims) : schemas.parsePartialClaims(type, claims);
  return parsed.ok ? ok(true) : refuse('SCHEMA_VIOLATION', 'prove', `${type}: ${parsed.refusal.detail}`);
}

/** Proves one credential by itself: key, signature, times, schema. */
export async function proveCredential(parsed: ParsedCredential, context: ProofContext): Promise<Outcome<CredentialContent>> {
  const key = await findIssuerKey(parsed, context);
  if (!key.ok) return key;
  const proof = await checkIssuerProof(parsed, key.value, context);
  if (!proof.ok) return proof;
  const times = checkTimes(parsed.content, context.at);
  if (!times.ok) return times;
  const schema = checkSchema(parsed.content, context.schemas);
  return schema.ok ? ok(parsed.content) : schema;
}
