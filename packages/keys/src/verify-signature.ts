import { createPublicKey, verify } from 'node:crypto';
import type { PublicJwk, SignatureAlgorithm } from '@gridpass/core';
import { assertOk } from '@gridpass/core';
import { sha256 } from '@gridpass/codec';
import { algorithmOf, parsePublicJwk, rawPublicKeyOf, thumbprintInputOf } from './jwk.js';
import { isRawSignature, toLowS } from './scalar.js';
import { SECP256K1 } from './secp256k1.js';

type VerifyBytes = (bytes: Uint8Array, signature: Uint8Array) => boolean;

const MAX_IMPORTED = 4096;
// A memo of a pure function, bounded: importing a key costs more than verifying with it.
const imported = new Map<string, VerifyBytes>();

/**
 * Whether `signature` over `bytes` is by `jwk`. False where `alg` is not the algorithm of the key, so that a header can never
 * choose it; false for r or s outside 1..n-1 and for DER. Both twins of an ECDSA signature are taken, by one rule for both
 * curves: neither RFC 7518 3.4 nor RFC 8812 3.2 asks for low S, and half of all foreign signatures have a high one. So the
 * text of a token, and its signature, name nothing here: a credential is named by its handle, a proof by its `jti` or nonce.
 * The jwk must have come from `parsePublicJwk`; another one throws InputError.
 */
export function verifySignature(jwk: PublicJwk, alg: SignatureAlgorithm, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (alg !== algorithmOf(jwk) || signature.length !== 64) return false;
  if (alg !== 'EdDSA' && !isRawSignature(alg, signature)) return false;
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
    // libsecp256k1 takes the low twin alone; s and n - s prove the same.
    return (bytes, signature) => SECP256K1.verify(toLowS('ES256K', signature), sha256(bytes), point);
  }
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  if (jwk.crv === 'Ed25519') return (bytes, signature) => verify(null, bytes, key, signature);
  return (bytes, signature) => verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature);
}
