import { createPrivateKey, sign } from 'node:crypto';
import type { Signer } from '@gridpass/core';
import { decodeBase64url, sha256 } from '@gridpass/codec';
import { assertOk } from '@gridpass/core';
import { algorithmOf, parsePrivateJwk, toPublicJwk } from './jwk.js';
import type { PrivateJwk } from './jwk.js';
import { toLowS } from './scalar.js';
import { SECP256K1 } from './secp256k1.js';

/**
 * A signer over one private key; the key stays in a closure, so that printing the signer shows its public half alone.
 * Signatures are 64 raw bytes, ECDSA ones with low S (RFC 7518 3.4, RFC 8812 3.2, RFC 8037 3.1).
 * Throws InputError where the two halves of the key do not belong together.
 */
export function createSigner(privateJwk: PrivateJwk): Signer {
  const jwk = parsePrivateJwk({ ...privateJwk });
  const raw = signWith(jwk);
  return Object.freeze({
    alg: algorithmOf(jwk),
    publicJwk: toPublicJwk(jwk),
    sign: async (bytes: Uint8Array): Promise<Uint8Array> => raw(bytes),
  });
}

function signWith(jwk: PrivateJwk): (bytes: Uint8Array) => Uint8Array {
  if (jwk.crv === 'secp256k1') {
    const scalar = assertOk(decodeBase64url(jwk.d));
    return (bytes) => SECP256K1.sign(sha256(bytes), scalar);
  }
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  if (jwk.crv === 'Ed25519') return (bytes) => new Uint8Array(sign(null, bytes, key));
  return (bytes) => toLowS('ES256', new Uint8Array(sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })));
}
