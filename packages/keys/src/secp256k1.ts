import { createRequire } from 'node:module';
import { types } from 'node:util';
import type * as Addon from 'secp256k1';
import { secp256k1 as noble } from '@noble/curves/secp256k1';

/** ES256K on a digest; keys and signatures are raw bytes. */
export interface Secp256k1 {
  readonly kind: 'native' | 'noble';
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  /** As {@link sign}, with the parity of R's y coordinate, from which an EVM chain finds the account. */
  signRecoverable(digest: Uint8Array, privateKey: Uint8Array): { readonly signature: Uint8Array; readonly yParity: 0 | 1 };
  /** The uncompressed public key that signed, 65 bytes; undefined where no key can have. */
  recover(signature: Uint8Array, yParity: 0 | 1, digest: Uint8Array): Uint8Array | undefined;
}

/** The pure implementation, for platforms without the addon. */
export const NOBLE_SECP256K1: Secp256k1 = {
  kind: 'noble',
  sign: (digest, privateKey) => noble.sign(digest, privateKey, { lowS: true }).toCompactRawBytes(),
  verify: (signature, digest, publicKey) => noble.verify(signature, digest, publicKey, { lowS: true, format: 'compact' }),
  signRecoverable: (digest, privateKey) => {
    const signature = noble.sign(digest, privateKey, { lowS: true });
    return { signature: signature.toCompactRawBytes(), yParity: signature.recovery === 1 ? 1 : 0 };
  },
  recover: (signature, yParity, digest) =>
    orNone(() => noble.Signature.fromCompact(signature).addRecoveryBit(yParity).recoverPublicKey(digest).toRawBytes(false)),
};

/** Both implementations throw where r is no point of the curve, or the key would be the point at infinity; nothing else is asked of them here. */
function orNone(recover: () => Uint8Array): Uint8Array | undefined {
  try {
    return recover();
  } catch (cause) {
    if (types.isNativeError(cause)) return undefined;
    throw cause;
  }
}

function isAddon(loaded: unknown): loaded is typeof Addon {
  return typeof loaded === 'object' && loaded !== null && 'ecdsaSign' in loaded && 'ecdsaVerify' in loaded;
}

function overAddon(addon: typeof Addon): Secp256k1 {
  return {
    kind: 'native',
    sign: (digest, privateKey) => addon.ecdsaSign(digest, privateKey).signature,
    verify: (signature, digest, publicKey) => addon.ecdsaVerify(signature, digest, publicKey),
    signRecoverable: (digest, privateKey) => {
      const { signature, recid } = addon.ecdsaSign(digest, privateKey);
      return { signature, yParity: recid === 1 ? 1 : 0 };
    },
    recover: (signature, yParity, digest) => orNone(() => addon.ecdsaRecover(signature, yParity, digest, false)),
  };
}

function loadSecp256k1(): Secp256k1 {
  try {
    // The package's front door silently falls back to `elliptic`; the inner door is the addon or nothing.
    const native: unknown = createRequire(import.meta.url)('secp256k1/bindings.js');
    return isAddon(native) ? overAddon(native) : NOBLE_SECP256K1;
  } catch (cause) {
    if (types.isNativeError(cause)) return NOBLE_SECP256K1; // no prebuilt addon for this platform: slower, same answers
    throw cause;
  }
}

/** libsecp256k1 where its addon loads (six to nine times faster than OpenSSL's curve), noble elsewhere. */
export const SECP256K1: Secp256k1 = loadSecp256k1();
