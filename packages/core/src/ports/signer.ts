import type { Did, DidUrl, PublicJwk, SignatureAlgorithm } from '../nouns.js';

/** Signs bytes with one key that never leaves its store. The signature is raw r||s (ECDSA, low S) or 64 bytes (EdDSA). */
export interface Signer {
  readonly alg: SignatureAlgorithm;
  readonly publicJwk: PublicJwk;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** A signer together with the DID it speaks for and the verification method that names its key. */
export interface DidSigner extends Signer {
  readonly did: Did;
  readonly kid: DidUrl;
}
