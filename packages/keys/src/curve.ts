import { ECDH, createECDH, createPrivateKey, createPublicKey } from 'node:crypto';
import { types } from 'node:util';
import { ed25519 } from '@noble/curves/ed25519';
import type { PublicJwk } from '@gridpass/core';
import { concatBytes } from './bytes.js';

type EcCurve = 'P-256' | 'secp256k1';
const OPENSSL_NAME = { 'P-256': 'prime256v1', secp256k1: 'secp256k1' } as const;
// RFC 8410 7: the PKCS#8 frame around a 32-byte Ed25519 seed.
const ED25519_PKCS8 = Uint8Array.from(Buffer.from('302e020100300506032b657004220420', 'hex'));

/** Whether (x, y) is a point of the curve with both coordinates reduced. */
export function isPointOnCurve(crv: EcCurve, x: Uint8Array, y: Uint8Array): boolean {
  return uncompressed(crv, concatBytes(Uint8Array.of(4), x, y)) !== undefined;
}

/** The 65-byte form of a SEC1 point, or undefined where it is none; the hybrid form and infinity are none. */
export function uncompressed(crv: EcCurve, point: Uint8Array): Uint8Array | undefined {
  const compressed = point.length === 33 && (point[0] === 2 || point[0] === 3);
  if (!compressed && !(point.length === 65 && point[0] === 4)) return undefined;
  return convert(crv, point, 'uncompressed');
}

/** The 33-byte SEC1 form, as did:key and did:ethr spell secp256k1 and P-256 keys; the point must be on the curve. */
export function compressPoint(crv: EcCurve, point: Uint8Array): Uint8Array {
  const short = convert(crv, point, 'compressed');
  if (short === undefined) throw new TypeError('the point is not on the curve');
  return short;
}

function convert(crv: EcCurve, point: Uint8Array, form: 'compressed' | 'uncompressed'): Uint8Array | undefined {
  try {
    // OpenSSL checks the curve equation and that coordinates are below the field prime.
    const converted = ECDH.convertKey(point, OPENSSL_NAME[crv], undefined, undefined, form);
    return typeof converted === 'string' ? undefined : new Uint8Array(converted);
  } catch (cause) {
    // Form and length were checked, so the one thing left to complain about is the point.
    if (types.isNativeError(cause)) return undefined;
    throw cause;
  }
}

/**
 * Whether 32 bytes are a canonical Ed25519 point that is not of small order.
 * A key of small order verifies one signature for many messages (RFC 8032 8.4 leaves the check to the verifier).
 */
export function isEdwardsPoint(bytes: Uint8Array): boolean {
  try {
    return !ed25519.Point.fromHex(bytes, false).isSmallOrder();
  } catch (cause) {
    if (types.isNativeError(cause)) return false; // noble has one error class for "not a point"
    throw cause;
  }
}

/** The raw public key that belongs to a private scalar or seed, or undefined where the scalar is out of range. */
export function publicKeyOfScalar(crv: PublicJwk['crv'], d: Uint8Array): Uint8Array | undefined {
  if (crv === 'Ed25519') {
    const key = createPrivateKey({ key: Buffer.from(concatBytes(ED25519_PKCS8, d)), format: 'der', type: 'pkcs8' });
    return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32));
  }
  const pair = createECDH(OPENSSL_NAME[crv]);
  try {
    pair.setPrivateKey(d);
    return new Uint8Array(pair.getPublicKey());
  } catch (cause) {
    if (types.isNativeError(cause)) return undefined; // zero, or at least the order of the curve
    throw cause;
  }
}
