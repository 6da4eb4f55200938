import { compareBytes } from './bytes.js';

const ORDER = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES256K: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
} as const;

const toBytes = (value: bigint): Uint8Array => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
const ORDER_BYTES = { ES256: toBytes(ORDER.ES256), ES256K: toBytes(ORDER.ES256K) } as const;
const HALF_BYTES = { ES256: toBytes(ORDER.ES256 >> 1n), ES256K: toBytes(ORDER.ES256K >> 1n) } as const;

function isInRange(alg: 'ES256' | 'ES256K', scalar: Uint8Array): boolean {
  return scalar.some((byte) => byte !== 0) && compareBytes(scalar, ORDER_BYTES[alg]) < 0;
}

/** Whether 64 bytes are r||s with 0 < r, s < n (FIPS 186-5 6.4.2 step 1); DER and other lengths are not. */
export function isRawSignature(alg: 'ES256' | 'ES256K', signature: Uint8Array): boolean {
  return signature.length === 64 && isInRange(alg, signature.subarray(0, 32)) && isInRange(alg, signature.subarray(32));
}

/** Whether s is at most n/2, so that the signature has no twin (BIP 146). */
export function isLowS(alg: 'ES256' | 'ES256K', signature: Uint8Array): boolean {
  return compareBytes(signature.subarray(32), HALF_BYTES[alg]) <= 0;
}

/** The twin with s at most n/2. */
export function toLowS(alg: 'ES256' | 'ES256K', signature: Uint8Array): Uint8Array {
  if (isLowS(alg, signature)) return signature;
  const low = new Uint8Array(signature);
  low.set(toBytes(ORDER[alg] - BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)), 32);
  return low;
}
