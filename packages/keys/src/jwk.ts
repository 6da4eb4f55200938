import { createHash, generateKeyPairSync } from 'node:crypto';
import { InputError, assertOk, ok, refuse } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome, PublicJwk, SignatureAlgorithm, Thumbprint } from '@gridpass/core';
import { decodeBase64url, encodeBase64url, isJsonObject, memberOf, textsOf } from '@gridpass/codec';
import { isEdwardsPoint, isPointOnCurve, publicKeyOfScalar, uncompressed } from './curve.js';

/** A private JSON Web Key; keep it in a vault and hand out a {@link Signer} instead. */
export type PrivateJwk = PublicJwk & { readonly d: string };

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;
const STAGE = 'parse';

const ALGORITHM_BY_CURVE = { 'P-256': 'ES256', secp256k1: 'ES256K', Ed25519: 'EdDSA' } as const;
const CURVE_BY_ALGORITHM = { ES256: 'P-256', ES256K: 'secp256k1', EdDSA: 'Ed25519' } as const;

/** The one algorithm a key signs with (RFC 8725 3.1: the key decides, never the header). */
export function algorithmOf(jwk: PublicJwk): SignatureAlgorithm {
  return ALGORITHM_BY_CURVE[jwk.crv];
}

/**
 * Reads a public key of one of our three kinds and checks that its point lies on the curve (RFC 7517, RFC 7518 6.2, RFC 8037).
 * Members that do not belong to the key itself are dropped; private members are refused, so that a leaked key is never waved through.
 */
export function parsePublicJwk(json: JsonValue): Outcome<PublicJwk> {
  if (!isJsonObject(json)) return refuse('KEY_NOT_AUTHORIZED', STAGE, 'jwk: not an object');
  const leaked = PRIVATE_MEMBERS.find((name) => Object.hasOwn(json, name));
  if (leaked !== undefined) return refuse('KEY_NOT_AUTHORIZED', STAGE, `jwk.${leaked}: private member`);
  const jwk = readPublicMembers(json);
  if (!jwk.ok) return jwk;
  // A key that says what it is for must be for this (RFC 7517 4.2-4.4).
  const alg = memberOf(json, 'alg');
  if (alg !== undefined && alg !== algorithmOf(jwk.value))
    return refuse('ALGORITHM_NOT_ALLOWED', STAGE, 'jwk.alg: not the algorithm of the key');
  const use = memberOf(json, 'use');
  if (use !== undefined && use !== 'sig') return refuse('KEY_NOT_AUTHORIZED', STAGE, 'jwk.use: not for signatures');
  return isForVerifying(memberOf(json, 'key_ops')) ? jwk : refuse('KEY_NOT_AUTHORIZED', STAGE, 'jwk.key_ops: not a list with verify');
}

/** RFC 7517 4.3: operations are texts, each named once; of a public key that proves signatures one is `verify`. */
function isForVerifying(operations: JsonValue | undefined): boolean {
  if (operations === undefined) return true;
  const named = textsOf(operations);
  return named !== undefined && new Set(named).size === named.length && named.includes('verify');
}

/** Reads a private key and checks that its public part belongs to it; throws InputError, for only the house itself holds such keys. */
export function parsePrivateJwk(json: JsonValue): PrivateJwk {
  const broken = (path: string): never => {
    throw new InputError('REQUEST_MALFORMED', `private jwk: ${path}`);
  };
  if (!isJsonObject(json)) return broken('not an object');
  const jwk = readPublicMembers(json);
  if (!jwk.ok) return broken(jwk.refusal.detail);
  const d = memberOf(json, 'd');
  const scalar = typeof d === 'string' ? decodeBase64url(d) : undefined;
  if (typeof d !== 'string' || !scalar?.ok || scalar.value.length !== 32) return broken('d: 32 bytes in base64url');
  const derived = publicKeyOfScalar(jwk.value.crv, scalar.value);
  if (derived === undefined || !sameBytes(derived, rawPublicKeyOf(jwk.value))) return broken('d: does not belong to the public key');
  return Object.freeze({ ...jwk.value, d });
}

function readPublicMembers(json: JsonObject): Outcome<PublicJwk> {
  const kty = memberOf(json, 'kty');
  const crv = memberOf(json, 'crv');
  const x = readCoordinate(memberOf(json, 'x'));
  if (x === undefined) return refuse('KEY_NOT_AUTHORIZED', STAGE, 'jwk.x: 32 bytes in base64url');
  if (kty === 'OKP' && crv === 'Ed25519') {
    if (!isEdwardsPoint(x.bytes)) return refuse('KEY_NOT_AUTHORIZED', STAGE, 'jwk.x: not a usable point of the curve');
    return ok(Object.freeze({ kty, crv, x: x.text }));
  }
  if (kty === 'EC' && (crv === 'P-256' || crv === 'secp256k1')) {
    const y = readCoordinate(memberOf(json, 'y'));
    if (y === undefined) return refuse('KEY_NOT_AUTHORIZED', STAGE, 'jwk.y: 32 bytes in base64url');
    if (!isPointOnCurve(crv, x.bytes, y.bytes)) return refuse('KEY_NOT_AUTHORIZED', STAGE, 'jwk: the point is not on the curve');
    return ok(Object.freeze({ kty, crv, x: x.text, y: y.text }));
  }
  return refuse('ALGORITHM_NOT_ALLOWED', STAGE, 'jwk.kty, jwk.crv: not a kind of key this house signs with');
}

function readCoordinate(value: JsonValue | undefined): { readonly text: string; readonly bytes: Uint8Array } | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = decodeBase64url(value);
  return bytes.ok && bytes.value.length === 32 ? { text: value, bytes: bytes.value } : undefined;
}

/** The public part of a private key. */
export function toPublicJwk(jwk: PublicJwk): PublicJwk {
  return jwk.kty === 'OKP'
    ? Object.freeze({ kty: jwk.kty, crv: jwk.crv, x: jwk.x })
    : Object.freeze({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y });
}

/** A fresh private key for an algorithm. */
export function generatePrivateJwk(alg: SignatureAlgorithm): PrivateJwk {
  const pair = alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: CURVE_BY_ALGORITHM[alg] });
  const { kty, crv, x, y, d } = pair.privateKey.export({ format: 'jwk' });
  return parsePrivateJwk({ ...strings({ kty, crv, x, d }), ...(y === undefined ? {} : { y }) });
}

/** The private key of a bare scalar or seed of 32 bytes, as other key stores export it; throws InputError where it is none. */
export function toPrivateJwk(alg: SignatureAlgorithm, scalar: Uint8Array): PrivateJwk {
  const crv = CURVE_BY_ALGORITHM[alg];
  const point = scalar.length === 32 ? publicKeyOfScalar(crv, scalar) : undefined;
  if (point === undefined) throw new InputError('REQUEST_MALFORMED', 'private key: not 32 bytes in range');
  return parsePrivateJwk({ ...assertOk(parseRawPublicKey(crv, point)), d: encodeBase64url(scalar) });
}

function strings(members: Readonly<Record<string, string | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** The text whose SHA-256 is the thumbprint: required members in lexical order (RFC 7638 3.1). Equal text means equal key. */
export function thumbprintInputOf(jwk: PublicJwk): string {
  return jwk.kty === 'EC'
    ? `{"crv":"${jwk.crv}","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`
    : `{"crv":"${jwk.crv}","kty":"OKP","x":"${jwk.x}"}`;
}

/** The RFC 7638 SHA-256 thumbprint; the jwk must have come from {@link parsePublicJwk}. */
export function thumbprintOf(jwk: PublicJwk): Thumbprint {
  return createHash('sha256').update(thumbprintInputOf(jwk)).digest('base64url') as Thumbprint;
}

/** Whether two keys are the same key. */
export function samePublicJwk(a: PublicJwk, b: PublicJwk): boolean {
  return thumbprintInputOf(a) === thumbprintInputOf(b);
}

/** The public key as bytes: uncompressed SEC1 point (65 bytes), or the 32 bytes of an Ed25519 key. */
export function rawPublicKeyOf(jwk: PublicJwk): Uint8Array {
  const x = coordinate(jwk.x);
  if (jwk.kty === 'OKP') return x;
  const point = new Uint8Array(65);
  point[0] = 4;
  point.set(x, 1);
  point.set(coordinate(jwk.y), 33);
  return point;
}

function coordinate(text: string): Uint8Array {
  const bytes = decodeBase64url(text);
  if (bytes.ok && bytes.value.length === 32) return bytes.value;
  throw new InputError('REQUEST_MALFORMED', 'jwk: a coordinate is not 32 bytes in base64url');
}

/** The jwk of a raw public key: 33 or 65 bytes SEC1 for the EC curves, 32 bytes for Ed25519 (as did:key and Multikey carry them). */
export function parseRawPublicKey(crv: PublicJwk['crv'], bytes: Uint8Array): Outcome<PublicJwk> {
  if (crv === 'Ed25519') return parsePublicJwk({ kty: 'OKP', crv, x: encodeBase64url(bytes) });
  const point = uncompressed(crv, bytes);
  if (point === undefined) return refuse('KEY_NOT_AUTHORIZED', STAGE, 'public key: not a point of the curve');
  return parsePublicJwk({ kty: 'EC', crv, x: encodeBase64url(point.subarray(1, 33)), y: encodeBase64url(point.subarray(33)) });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
