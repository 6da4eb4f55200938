import { createRequire } from 'node:module';
import { types } from 'node:util';
import { secp256k1 as noble } from '@noble/curves/secp256k1';

/** The two operations of ES256K on a SHA-256 digest; keys and signatures are raw bytes. */
export interface Secp256k1 {
  readonly kind: 'native' | 'noble';
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
}

/** The pure implementation, for platforms without the addon. */
export const NOBLE_SECP256K1: Secp256k1 = {
  kind: 'noble',
  sign: (digest, privateKey) => noble.sign(digest, privateKey, { lowS: true }).toCompactRawBytes(),
  verify: (signature, digest, publicKey) => noble.verify(signature, digest, publicKey, { lowS: true, format: 'compact' }),
};

function loadSecp256k1(): Secp256k1 {
  try {
    // The package's front door silently falls back to `elliptic`; the inner door is the addon or nothing.
    const native: typeof import('secp256k1') = createRequire(import.meta.url)('secp256k1/bindings.js');
    return {
      kind: 'native',
      sign: (digest, privateKey) => native.ecdsaSign(digest, privateKey).signature,
      verify: (signature, digest, publicKey) => native.ecdsaVerify(signature, digest, publicKey),
    };
  } catch (cause) {
    if (types.isNativeError(cause)) return NOBLE_SECP256K1; // no prebuilt addon for this platform: slower, same answers
    throw cause;
  }
}

/** libsecp256k1 where its addon loads (six to nine times faster than OpenSSL's curve), noble elsewhere. */
export const SECP256K1: Secp256k1 = loadSecp256k1();
