import { refuse, type Outcome, type ResolvedKey } from '@gridpass/core';
import { checkJws } from '@gridpass/keys';
import type { ParsedCredential } from './types.js';

/**
 * Checks the issuer's signature with the key that the credential names. The caller guarantees that `key` comes from the
 * issuer's DID document and is listed for assertion. Refuses KEY_NOT_AUTHORIZED, ALGORITHM_NOT_ALLOWED, PROOF_INVALID.
 */
export function checkProof(parsed: ParsedCredential, key: ResolvedKey): Outcome<true> {
  if (key.id !== parsed.content.kid) return refuse('KEY_NOT_AUTHORIZED', 'prove', 'the key is another than the one named');
  return checkJws(parsed.jws, key.publicJwk, { typ: parsed.content.format });
}
