import { endsAfter, ok, refuse } from '@gridpass/core';
import type { Instant, JsonObject, Outcome } from '@gridpass/core';
import { memberOf, parseNumericDate } from '@gridpass/codec';
import type { Moment } from '@gridpass/codec';

/** The time claims of a token, each as far as it is there (RFC 7519 4.1.4 to 4.1.6). */
export interface TimeClaims {
  readonly issuedAt: Moment | undefined;
  readonly notBefore: Moment | undefined;
  readonly expiresAt: Moment | undefined;
}

/** At what time, and how strictly, time claims are judged. */
export interface TimeRule {
  readonly at: Instant;
  /**
   * How far the signer's clock may run ahead of ours. The one thing it forgives is a beginning (`iat`, `nbf`) that lies
   * ahead; an end counts to the second, for everybody.
   */
  readonly skewSeconds: number;
  /** How old a token may be by its `iat`, which must be there; `'unbounded'` where something else bounds its age. */
  readonly maxAgeSeconds: number | 'unbounded';
}

const NAMES = ['iat', 'nbf', 'exp'] as const;

/** Reads `iat`, `nbf` and `exp` of any token; refuses PRESENTATION_MALFORMED with the names of those that are no NumericDate. */
export function parseTimeClaims(payload: JsonObject): Outcome<TimeClaims> {
  const malformed = NAMES.filter((name) => {
    const value = memberOf(payload, name);
    return value !== undefined && parseNumericDate(value) === undefined;
  });
  if (malformed.length > 0) return refuse('PRESENTATION_MALFORMED', 'parse', malformed.join(', '));
  const [issuedAt, notBefore, expiresAt] = NAMES.map((name) => parseNumericDate(memberOf(payload, name)));
  return ok({ issuedAt, notBefore, expiresAt });
}

/**
 * Judges the time claims that are there. Refuses NOT_YET_VALID and EXPIRED with the name of the claim; a comparison that no
 * number passes (an unknown time, an unknown bound) refuses.
 */
export function checkTimeClaims({ issuedAt, notBefore, expiresAt }: TimeClaims, rule: TimeRule): Outcome<true> {
  const { at, skewSeconds, maxAgeSeconds } = rule;
  const ahead = at + skewSeconds;
  // Written so that NaN refuses.
  if (issuedAt !== undefined && !(issuedAt.up <= ahead)) return refuse('NOT_YET_VALID', 'prove', 'iat');
  if (notBefore !== undefined && !(notBefore.up <= ahead)) return refuse('NOT_YET_VALID', 'prove', 'nbf');
  if (expiresAt !== undefined && !endsAfter(expiresAt.down, at)) return refuse('EXPIRED', 'prove', 'exp');
  if (maxAgeSeconds === 'unbounded') return ok(true);
  return issuedAt !== undefined && at - issuedAt.down <= maxAgeSeconds ? ok(true) : refuse('EXPIRED', 'prove', 'iat');
}

/**
 * Checks `aud` where it is there: one text, and one of `names`. RFC 7519 4.1.3 lets a token name several audiences; here it
 * may not, for any of them could show it to the others. Refuses AUDIENCE_MISMATCH.
 */
export function checkAudience(payload: JsonObject, names: readonly string[]): Outcome<true> {
  const audience = memberOf(payload, 'aud');
  return audience === undefined || names.some((name) => name === audience) ? ok(true) : refuse('AUDIENCE_MISMATCH', 'prove', 'aud');
}
