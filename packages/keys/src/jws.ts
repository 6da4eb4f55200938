import { InputError, SIGNATURE_ALGORITHMS, ok, refuse } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome, PublicJwk, SignatureAlgorithm, Signer } from '@gridpass/core';
import { decodeBase64url, encodeBase64url, isJsonObject, memberOf, parseJson, utf8 } from '@gridpass/codec';
import { algorithmOf } from './jwk.js';
import { verifySignature } from './verify-signature.js';

/** A JSON Web Signature in compact form, taken apart. Nothing in it is proven until {@link checkJws} passed. */
export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
  readonly compact: string;
}

/** Header members that carry or fetch a key; refused unless a caller that knows what to do with one lists it. */
export type KeyHeader = 'jwk' | 'jku' | 'x5u' | 'x5c';

export interface JwsLimits {
  /** Longest compact text; 262 144 unless told. */
  readonly maxBytes?: number;
  readonly maxDepth?: number;
  /** Which key-carrying header members this caller reads itself, e.g. `jwk` in a DPoP proof. */
  readonly allowHeaders?: readonly KeyHeader[];
}

const DEFAULT_MAX_BYTES = 262_144;
const SIGNATURE_BYTES = 64;
const KEY_HEADERS: readonly KeyHeader[] = ['jwk', 'jku', 'x5u', 'x5c'];
// crit: this house understands no extension (RFC 7515 4.1.11); b64: RFC 7797; zip, enc, p2c: JWE members have no place here.
const NEVER_HEADERS = ['crit', 'b64', 'zip', 'enc', 'p2c', 'p2s', 'epk'] as const;
const KID = /^[\x21-\x7e]{1,1024}$/;

const malformed = (detail: string): Outcome<never> => refuse('PRESENTATION_MALFORMED', 'parse', detail);

/**
 * Takes a compact JWS apart strictly: three canonical base64url parts, JSON objects without duplicate members, an algorithm
 * we sign with, no critical extension, no key smuggled in the header, no nested token (RFC 7515 5.2, RFC 8725 3).
 */
export function parseCompactJws(text: string, limits: JwsLimits = {}): Outcome<CompactJws> {
  if (text.length > (limits.maxBytes ?? DEFAULT_MAX_BYTES)) return malformed('jws: too long');
  const firstDot = text.indexOf('.');
  const lastDot = text.lastIndexOf('.');
  if (firstDot <= 0 || lastDot <= firstDot + 1 || text.indexOf('.', firstDot + 1) !== lastDot) return malformed('jws: not three parts');
  const header = readObject(text.slice(0, firstDot), 'jws.header', limits);
  if (!header.ok) return header;
  const checked = checkHeader(header.value, limits.allowHeaders ?? []);
  if (!checked.ok) return checked;
  const payload = readObject(text.slice(firstDot + 1, lastDot), 'jws.payload', limits);
  if (!payload.ok) return payload;
  const signature = decodeBase64url(text.slice(lastDot + 1));
  if (!signature.ok || signature.value.length !== SIGNATURE_BYTES) return malformed('jws.signature: not 64 bytes in base64url');
  return ok(
    Object.freeze({
      header: header.value,
      payload: payload.value,
      signingInput: utf8(text.slice(0, lastDot)),
      signature: signature.value,
      compact: text,
    }),
  );
}

function readObject(part: string, path: string, limits: JwsLimits): Outcome<JsonObject> {
  const bytes = decodeBase64url(part);
  if (!bytes.ok) return malformed(`${path}: not canonical base64url`);
  const json = parseJson(bytes.value, {
    maxBytes: limits.maxBytes ?? DEFAULT_MAX_BYTES,
    ...(limits.maxDepth === undefined ? {} : { maxDepth: limits.maxDepth }),
  });
  if (!json.ok) return malformed(`${path}: ${json.refusal.detail}`);
  return isJsonObject(json.value) ? ok(json.value) : malformed(`${path}: not an object`);
}

function checkHeader(header: JsonObject, allowed: readonly KeyHeader[]): Outcome<true> {
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

function checkAlgorithm(alg: JsonValue | undefined): Outcome<true> {
  if (typeof alg !== 'string') return malformed('jws.header.alg: missing');
  return isSignatureAlgorithm(alg) ? ok(true) : refuse('ALGORITHM_NOT_ALLOWED', 'parse', 'jws.header.alg: not an algorithm of this house');
}

/** Whether a text names one of our algorithms, letter for letter. */
export function isSignatureAlgorithm(text: string): text is SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS.some((alg) => alg === text);
}

/**
 * Proves a parsed JWS with one key. The key must be the one the issuer's DID authorizes for this use; `expected.typ` is the exact
 * media type this kind of token has, so that one kind never passes for another (RFC 8725 3.11).
 */
export function checkJws(jws: CompactJws, jwk: PublicJwk, expected: { readonly typ: string }): Outcome<true> {
  const alg = algorithmOf(jwk);
  if (memberOf(jws.header, 'alg') !== alg) return refuse('ALGORITHM_NOT_ALLOWED', 'prove', 'jws.header.alg: not the algorithm of the key');
  if (memberOf(jws.header, 'typ') !== expected.typ) return refuse('PROOF_INVALID', 'prove', 'jws.header.typ: another kind of token');
  if (!verifySignature(jwk, alg, jws.signingInput, jws.signature)) return refuse('PROOF_INVALID', 'prove', 'jws.signature');
  return ok(true);
}

/** Signs a payload; `alg` is taken from the signer, and a header that says otherwise is a programmer's mistake (InputError). */
export async function signCompactJws(header: JsonObject, payload: JsonObject, signer: Signer): Promise<string> {
  const claimed = memberOf(header, 'alg');
  if (claimed !== undefined && claimed !== signer.alg) throw new InputError('ALGORITHM_NOT_ALLOWED', 'jws.header.alg is set by the signer');
  const input = `${encodePart({ ...header, alg: signer.alg })}.${encodePart(payload)}`;
  return `${input}.${encodeBase64url(await signer.sign(utf8(input)))}`;
}

function encodePart(part: JsonObject): string {
  return encodeBase64url(utf8(JSON.stringify(part)));
}
