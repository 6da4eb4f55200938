// Keys in, signatures out. `parsePublicJwk` turns foreign JSON into a key that is on its curve; the key alone names its
// algorithm. `createSigner` signs and `verifySignature` verifies raw bytes: OpenSSL for P-256 and Ed25519, libsecp256k1 for
// secp256k1. `parseCompactJws` takes a token apart without believing it, `checkJws` proves it with one key and one typ.
// The vault keeps private keys sealed under a data key each, wrapped under a key-encryption key that can be rotated.
// This package alone imports crypto libraries.
export {
  algorithmOf,
  generatePrivateJwk,
  parsePrivateJwk,
  parsePublicJwk,
  parseRawPublicKey,
  rawPublicKeyOf,
  samePublicJwk,
  thumbprintOf,
  toPrivateJwk,
  toPublicJwk,
} from './jwk.js';
export type { PrivateJwk } from './jwk.js';
export { compressPoint } from './curve.js';
export { createSigner } from './signer.js';
export { createDigestSigner, recoverDigestSigner } from './digest-signer.js';
export type { DigestSigner } from './digest-signer.js';
export { verifySignature } from './verify-signature.js';
export { checkJws, parseCompactJws, signCompactJws } from './jws.js';
export type { CompactJws, JwsLimits } from './jws.js';
export { isSignatureAlgorithm, isTyped } from './jws-header.js';
export type { KeyHeader } from './jws-header.js';
export { checkAudience, checkTimeClaims, parseTimeClaims } from './time-claims.js';
export type { TimeClaims, TimeRule } from './time-claims.js';
export { listsKey, pickKey } from './pick-key.js';
export type { HeldKey, WantedKey } from './pick-key.js';
export { openKeyVault } from './vault.js';
export type { FaceKeys, KeyOptions, KeyVault, TenantKeys, VaultKey } from './vault.js';
export type { KeyEncryptionKey } from './key-seals.js';
export { createRecordSeals } from './record-seals.js';
export type { RecordName, RecordSeals } from './record-seals.js';
export { createHoldingSigner } from './holding-signer.js';
export { openSealedStream, sealStream } from './sealed-stream.js';
export type { StreamFormat } from './sealed-stream.js';
