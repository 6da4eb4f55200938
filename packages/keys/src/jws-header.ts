import { SIGNATURE_ALGORITHMS, ok, refuse } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome, SignatureAlgorithm } from '@gridpass/core';
import { canonicalJson, memberOf } from '@gridpass/codec';

/** Header members that carry or fetch a key; refused unless a caller that knows what to do with one lists it. */
export type KeyHeader = 'jwk' | 'jku' | 'x5u' | 'x5c';

const KEY_HEADERS: readonly KeyHeader[] = ['jwk', 'jku', 'x5u', 'x5c'];
// crit: this house understands no extension (RFC 7515 4.1.11); b64: RFC 7797; zip, enc, p2c: JWE members have no place here.
const NEVER_HEADERS = ['crit', 'b64', 'zip', 'enc', 'p2c', 'p2s', 'epk'] as const;
const REPLICATED = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'] as const;
const KID = /^[\x21-\x7e]{1,1024}$/;

const malformed = (detail: string): Outcome<never> => refuse('PRESENTATION_MALFORMED', 'parse', detail);

/**
 * Checks the members that say how a token is proven. A member that nobody here knows is ignored (RFC 7515 4): it can change
 * nothing, since what is verified and with which key is read from `alg`, `kid` and `typ` alone.
 */
export function checkHeader(header: JsonObject, allowed: readonly KeyHeader[]): Outcome<true> {
  const never = NEVER_HEADERS.find((name) => Object.hasOwn(header, name));
  if (never !== undefined) return malformed(`jws.header.${never}: not understood`);
  const smuggled = KEY_HEADERS.find((name) => Object.hasOwn(header, name) && !allowed.includes(name));
  if (smuggled !== undefined) return malformed(`jws.header.${smuggled}: a key comes from the DID, not from the header`);
  const kid = memberOf(header, 'kid');
  if (kid !== undefined) {
    if (typeof kid !== 'string' || !KID.test(kid)) return malformed('jws.header.kid: 1 to 1024 visible ASCII characters');
    // Two answers to "which key" invite one check to read the first and another the second.
    if (KEY_HEADERS.some((name) => Object.hasOwn(header, name))) return malformed('jws.header: kid beside another key member');
  }
  const typ = memberOf(header, 'typ');
  if (typ !== undefined && typeof typ !== 'string') return malformed('jws.header.typ: not a string');
  const cty = memberOf(header, 'cty');
  if (cty !== undefined && (typeof cty !== 'string' || /jwt/i.test(cty))) return malformed('jws.header.cty: nested tokens are not read');
  return checkAlgorithm(memberOf(header, 'alg'));
}

/**
 * A claim that the header repeats is the payload's, member for member (RFC 7519 5.3); otherwise one reader could go by the
 * header and another by the payload. A claim that stands in the header alone is no copy, and is refused too.
 */
export function checkReplicated(header: JsonObject, payload: JsonObject): Outcome<true> {
  const other = REPLICATED.find((name) => {
    const copy = memberOf(header, name);
    const claim = memberOf(payload, name);
    return copy !== undefined && (claim === undefined || canonicalJson(copy) !== canonicalJson(claim));
  });
  return other === undefined ? ok(true) : malformed(`jws.header.${other}: not the claim of the payload`);
}

/**
 * Whether `typ` is this media type. Media types are compared without regard to the case of ASCII letters (RFC 2045 5.1), and
 * `application/` may be left out (RFC 7515 4.1.9). `typ` is expected without it.
 */
export function isTyped(header: JsonObject, typ: string): boolean {
  const stated = memberOf(header, 'typ');
  if (typeof stated !== 'string') return false;
  const lower = lowerAscii(stated);
  return lower === typ || lower === `application/${typ}`;
}

// Not toLowerCase: it makes the Kelvin sign (U+212A) a k.
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function checkAlgorithm(alg: JsonValue | undefined): Outcome<true> {
  if (typeof alg !== 'string') return malformed('jws.header.alg: missing');
  return isSignatureAlgorithm(alg) ? ok(true) : refuse('ALGORITHM_NOT_ALLOWED', 'parse', 'jws.header.alg: not an algorithm of this house');
}

/** Whether a text names one of our algorithms, letter for letter. */
export function isSignatureAlgorithm(text: string): text is SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS.some((alg) => alg === text);
}
