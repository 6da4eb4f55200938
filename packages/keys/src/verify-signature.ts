import { createPublicKey, verify } from 'node:crypto';
import type { PublicJwk, SignatureAlgorithm } from '@gridpass/core';
import { assertOk } from '@gridpass/core';
import { sha256 } from '@gridpass/codec';
import { algorithmOf, parsePublicJwk, rawPublicKeyOf, thumbprintInputOf } from './jwk.js';
import { isLowS, isRawSignature } from './scalar.js';
import { SECP256K1 } from './secp256k1.js';

type VerifyBytes = (bytes: Uint8Array, signature: Uint8Array) => boolean;

const MAX_IMPORTED = 4096;
// A memo of a pure function, bounded: importing a key costs more than verifying with it.
const imported = new Map<string, VerifyBytes>();

/**
 * Whether `signature` over `bytes` is by `jwk`. False where `alg` is not the algorithm of the key, so that a header can never
 * choose it; false for r or s outside 1..n-1, for DER, and for the high-S twin of an ES256K signature.
 * The jwk must have come from `parsePublicJwk`; another one throws InputError.
 */
export function verifySignature(jwk: PublicJwk, alg: SignatureAlgorithm, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (alg !== algorithmOf(jwk) || signature.length !== 64) return false;
  // ES256 twins are let through: RFC 7518 does not ask for low S and half of all foreign signatures have a high one.
  // Nothing here keys a replay store by signature text.
  if (alg !== 'EdDSA' && !isRawSignature(alg, signature)) return false;
  if (alg === 'ES256K' && !isLowS(alg, signature)) return false;
  return importKey(jwk)(bytes, signature);
}

function importKey(jwk: PublicJwk): VerifyBytes {
  const name = thumbprintInputOf(jwk);
  const known = imported.get(name);
  if (known !== undefined) return known;
  const fresh = verifierOf(assertOk(parsePublicJwk({ ...jwk })));
  if (imported.size >= MAX_IMPORTED) imported.delete(imported.keys().next().value ?? '');
  imported.set(name, fresh);
  return fresh;
}

function verifierOf(jwk: PublicJwk): VerifyBytes {
  if (jwk.crv === 'secp256k1') {
    const point = rawPublicKeyOf(jwk);
    return (bytes, signature) => SECP256K1.verify(signature, sha256(bytes), point);
  }
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  if (jwk.crv === 'Ed25519') return (bytes, signature) => verify(null, bytes, key, signature);
  return (bytes, signature) => verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature);
}
