import { constantTimeEqual, memberOf } from '@gridpass/codec';
import { ok, refuse, type Instant, type Nonce, type Outcome } from '@gridpass/core';
import { checkJws, checkTimeClaims, type TimeClaims } from '@gridpass/keys';
import { createClaimedReader, readTimes } from './claimed.js';
import { toAlgorithm } from './envelope.js';
import { parseJose } from './jose.js';
import type { KeyBinding, ParsedSdJwt } from './types.js';

/** What a presentation must be made for; all of it comes from the verifier's own store, never from the message. */
export interface ExpectedBinding {
  readonly audience: string;
  readonly nonce: Nonce;
  readonly at: Instant;
  readonly maxAgeSeconds: number;
  /** How far the holder's clock may run ahead; not at all unless told. */
  readonly skewSeconds?: number;
}

/** Parses a key binding JWT (RFC 9901 §4.3). The key comes from the credential's `cnf`, so a `kid` would be ignored. */
export function parseKeyBinding(compact: string): Outcome<KeyBinding> {
  const jose = parseJose(compact, 'kb+jwt');
  if (!jose.ok) return jose;
  const reader = createClaimedReader(jose.value.payload);
  const audience = reader.text('aud');
  const nonce = reader.text('nonce');
  const times = readTimes(reader, jose.value.payload, ['iat']);
  const sdHash = reader.text('sd_hash');
  if (toAlgorithm(memberOf(jose.value.header, 'alg')) === undefined) reader.note('header.alg');
  if (reader.bad.length > 0 || audience === undefined || nonce === undefined || times === undefined || sdHash === undefined) {
    return refuse('PRESENTATION_MALFORMED', 'parse', `kb+jwt: ${reader.bad.join(', ')}`);
  }
  return ok({ jws: jose.value, audience, nonce: nonce as Nonce, times, sdHash });
}

/**
 * Checks that the holder of the `cnf` key made this presentation for this request (RFC 9901 §7.3). Refuses
 * HOLDER_MISMATCH without key binding, AUDIENCE_MISMATCH, CHALLENGE_UNKNOWN (another nonce), EXPIRED, NOT_YET_VALID,
 * ALGORITHM_NOT_ALLOWED or PROOF_INVALID.
 */
export function checkKeyBinding(parsed: ParsedSdJwt, expected: ExpectedBinding): Outcome<true> {
  const binding = parsed.keyBinding;
  const holderKey = parsed.content.holderKey;
  if (binding === undefined || holderKey === undefined) return refuse('HOLDER_MISMATCH', 'prove', 'no key binding');
  const fresh = checkFreshness(binding, expected);
  if (!fresh.ok) return fresh;
  if (!constantTimeEqual(binding.sdHash, parsed.presentedDigest)) return refuse('PROOF_INVALID', 'prove', 'kb+jwt: sd_hash');
  return checkJws(binding.jws, holderKey, { typ: 'kb+jwt' });
}

/** Audience, nonce and times of a holder's proof, one rule for `kb+jwt` and `vp+jwt`. */
export function checkFreshness(
  proof: { readonly audience: string; readonly nonce: Nonce; readonly times: TimeClaims },
  expected: ExpectedBinding,
): Outcome<true> {
  if (proof.audience !== expected.audience) return refuse('AUDIENCE_MISMATCH', 'prove', 'aud');
  if (!constantTimeEqual(proof.nonce, expected.nonce)) return refuse('CHALLENGE_UNKNOWN', 'prove', 'nonce');
  const { at, maxAgeSeconds, skewSeconds = 0 } = expected;
  return checkTimeClaims(proof.times, { at, skewSeconds, maxAgeSeconds });
}
