import { ok, refuse } from '@gridpass/core';
import type { Digest, Instant, JsonObject, Outcome, PublicJwk, Signer, Thumbprint } from '@gridpass/core';
import { digestOf, memberOf, randomToken } from '@gridpass/codec';
import {
  checkAudience,
  checkJws,
  checkTimeClaims,
  parseCompactJws,
  parsePublicJwk,
  parseTimeClaims,
  signCompactJws,
  thumbprintOf,
} from '@gridpass/keys';
import type { CompactJws } from '@gridpass/keys';
import { textOf } from './read.js';

const TYP = 'dpop+jwt';

/** A DPoP proof whose signature, method, address, age and token hash fit. Replay of `jti` and freshness of `nonce` are the caller's to check. */
export interface DpopProof {
  readonly publicJwk: PublicJwk;
  readonly thumbprint: Thumbprint;
  /** SHA-256 of (thumbprint, jti): the key of a replay store, never the token text (attack 6). */
  readonly replayDigest: Digest;
  readonly nonce?: string;
}

/** Makes a DPoP proof for one request (RFC 9449 4.2). `url` may carry query and fragment; they are left out. */
export async function buildDpopProof(options: {
  readonly signer: Signer;
  readonly method: string;
  readonly url: string;
  readonly at: Instant;
  readonly accessToken?: string;
  readonly nonce?: string;
}): Promise<string> {
  const payload: JsonObject = {
    jti: randomToken(16),
    htm: options.method,
    htu: toTargetUri(options.url),
    iat: options.at,
    ...(options.accessToken === undefined ? {} : { ath: digestOf(options.accessToken) }),
    ...(options.nonce === undefined ? {} : { nonce: options.nonce }),
  };
  return signCompactJws({ typ: TYP, jwk: { ...options.signer.publicJwk } }, payload, options.signer);
}

/**
 * Checks a DPoP proof against the request it came with (RFC 9449 4.3); refuses DPOP_INVALID. `url` must be the address the
 * caller itself publishes, never one rebuilt from request headers; `accessToken` is the token the request carries, if any.
 */
export function parseDpopProof(
  compact: string,
  expected: {
    readonly method: string;
    readonly url: string;
    readonly at: Instant;
    readonly maxAgeSeconds: number;
    readonly clockSkewSeconds: number;
    readonly accessToken?: string;
  },
): Outcome<DpopProof> {
  const invalid = (detail: string): Outcome<never> => refuse('DPOP_INVALID', 'dpop', detail);
  const jws = parseCompactJws(compact, { maxBytes: 8_192, maxDepth: 6, allowHeaders: ['jwk'] });
  if (!jws.ok) return invalid(jws.refusal.detail);
  const publicJwk = proveKey(jws.value);
  if (!publicJwk.ok) return invalid(publicJwk.refusal.detail);
  const { payload } = jws.value;
  if (textOf(payload, 'htm') !== expected.method) return invalid('htm');
  const htu = textOf(payload, 'htu');
  if (htu === undefined || !URL.canParse(htu) || toTargetUri(htu) !== toTargetUri(expected.url)) return invalid('htu');
  const times = parseTimeClaims(payload);
  if (!times.ok) return invalid(times.refusal.detail);
  const { at, clockSkewSeconds: skewSeconds, maxAgeSeconds } = expected;
  const timely = checkTimeClaims(times.value, { at, skewSeconds, maxAgeSeconds });
  if (!timely.ok) return invalid(timely.refusal.detail);
  // RFC 9449 knows no `aud`; where one stands it names this server or another one.
  const intended = checkAudience(payload, [new URL(expected.url).origin, toTargetUri(expected.url)]);
  if (!intended.ok) return invalid(intended.refusal.detail);
  const jti = textOf(payload, 'jti');
  if (jti === undefined || jti.length > 256) return invalid('jti');
  const ath = memberOf(payload, 'ath');
  if (expected.accessToken !== undefined && ath !== digestOf(expected.accessToken)) return invalid('ath');
  const nonce = textOf(payload, 'nonce');
  const thumbprint = thumbprintOf(publicJwk.value);
  return ok({
    publicJwk: publicJwk.value,
    thumbprint,
    replayDigest: digestOf(JSON.stringify([thumbprint, jti])),
    ...(nonce === undefined ? {} : { nonce }),
  });
}

// The key travels with the proof; what makes it worth something is the token or session bound to it.
function proveKey(jws: CompactJws): Outcome<PublicJwk> {
  const jwk = memberOf(jws.header, 'jwk');
  const publicJwk = jwk === undefined ? refuse('DPOP_INVALID', 'dpop', 'header.jwk: missing') : parsePublicJwk(jwk);
  if (!publicJwk.ok) return publicJwk;
  const proven = checkJws(jws, publicJwk.value, { typ: TYP });
  return proven.ok ? publicJwk : proven;
}

// RFC 9449 4.2: htu is the request address without query and fragment.
function toTargetUri(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname}`;
}
