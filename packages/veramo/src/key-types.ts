import type { IKey, ManagedKeyInfo } from '@veramo/core-types';
import { InputError } from '@gridpass/core';
import type { Outcome, PublicJwk, SignatureAlgorithm } from '@gridpass/core';
import { algorithmOf, parseRawPublicKey, rawPublicKeyOf } from '@gridpass/keys';
import type { VaultKey } from '@gridpass/keys';

const TYPE_OF = { ES256: 'Secp256r1', ES256K: 'Secp256k1', EdDSA: 'Ed25519' } as const;
const ALGORITHM_OF = new Map<string, SignatureAlgorithm>([
  ['Secp256r1', 'ES256'],
  ['P-256', 'ES256'],
  ['Secp256k1', 'ES256K'],
  ['Ed25519', 'EdDSA'],
]);
const CURVE_OF = { ES256: 'P-256', ES256K: 'secp256k1', EdDSA: 'Ed25519' } as const;

/** The algorithm of a Veramo key type; throws InputError for the types we do not sign with (X25519, RSA, BLS). */
export function algorithmOfType(type: string): SignatureAlgorithm {
  const alg = ALGORITHM_OF.get(type);
  if (alg === undefined)
    throw new InputError('ALGORITHM_NOT_ALLOWED', `keys of type ${type.slice(0, 32)} are not offered; use Secp256r1, Secp256k1 or Ed25519`);
  return alg;
}

/** The public key of a key that any Veramo agent manages. */
export function publicJwkOf(key: Pick<IKey, 'type' | 'publicKeyHex'>): Outcome<PublicJwk> {
  return parseRawPublicKey(CURVE_OF[algorithmOfType(key.type)], Uint8Array.from(Buffer.from(key.publicKeyHex, 'hex')));
}

/** A vault key as Veramo describes keys. */
export function toManagedKey(key: VaultKey, kms: string): ManagedKeyInfo {
  const alg = algorithmOf(key.publicJwk);
  return {
    kid: key.keyId,
    kms,
    type: TYPE_OF[alg],
    publicKeyHex: Buffer.from(rawPublicKeyOf(key.publicJwk)).toString('hex'),
    meta: { algorithms: alg === 'ES256K' ? [alg, 'eth_signTransaction'] : [alg], label: key.label },
  };
}
