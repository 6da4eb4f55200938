import { InputError, assertOk } from '@gridpass/core';
import type { PublicJwk } from '@gridpass/core';
import { decodeBase64url } from '@gridpass/codec';
import { parsePrivateJwk, toPublicJwk } from './jwk.js';
import type { PrivateJwk } from './jwk.js';
import { SECP256K1 } from './secp256k1.js';

const DIGEST = /^0x[0-9a-f]{64}$/;

/** Signs digests for an EVM chain with a secp256k1 key; r and s as 0x-hex, low s. */
export interface DigestSigner {
  readonly publicJwk: PublicJwk;
  /**
   * Signs 32 bytes that the caller itself has hashed, by Keccak-256 of a transaction or typed data. A digest that came from
   * outside must never be signed: it could be the SHA-256 of a token.
   */
  signDigest(digest: string): Promise<{ readonly r: string; readonly s: string; readonly yParity: 0 | 1 }>;
}

/** A digest signer over one private key; throws InputError ALGORITHM_NOT_ALLOWED for a key on another curve. */
export function createDigestSigner(privateJwk: PrivateJwk): DigestSigner {
  const jwk = parsePrivateJwk({ ...privateJwk });
  if (jwk.crv !== 'secp256k1') throw new InputError('ALGORITHM_NOT_ALLOWED', 'accounts of a chain have secp256k1 keys');
  const scalar = assertOk(decodeBase64url(jwk.d));
  return Object.freeze({
    publicJwk: toPublicJwk(jwk),
    signDigest: async (digest: string) => {
      if (!DIGEST.test(digest)) throw new InputError('REQUEST_MALFORMED', 'a digest is 0x and 64 lower-case hexadecimal digits');
      const { signature, yParity } = SECP256K1.signRecoverable(toBytes(digest), scalar);
      const hex = Buffer.from(signature).toString('hex');
      return { r: `0x${hex.slice(0, 64)}`, s: `0x${hex.slice(64)}`, yParity };
    },
  });
}

/**
 * The uncompressed public key (65 bytes) that signed a digest for an EVM chain, or undefined where no key can have signed. r, s and
 * digest are 0x-hex. A high s is taken: whether it may be (EIP-2) is the caller's to say. Throws InputError REQUEST_MALFORMED for another form.
 */
export function recoverDigestSigner(
  digest: string,
  signature: { readonly r: string; readonly s: string; readonly yParity: 0 | 1 },
): Uint8Array | undefined {
  const { r, s, yParity } = signature;
  if (![digest, r, s].every((part) => DIGEST.test(part)))
    throw new InputError('REQUEST_MALFORMED', 'digest, r and s are each 0x and 64 lower-case hexadecimal digits');
  return SECP256K1.recover(toBytes(`${r}${s.slice(2)}`), yParity, toBytes(digest));
}

function toBytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
}
