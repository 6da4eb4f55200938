// An issuer's input becomes a signed credential in one of two suites: VCDM 2.0 secured with JOSE (`vc+jwt`) or SD-JWT VC
// (`dc+sd-jwt`). A holder wraps the first in a `vp+jwt` and cuts the second down to what a verifier may see, bound to its
// nonce by a key binding JWT. The way back is parse, which is strict, caches nothing and yields only claimed content,
// then checkProof and checkKeyBinding, which need a key or an expectation from elsewhere. Signing goes through did-jwt;
// parsing and verifying is our own. Status, trust, schema and time are judged by the packages above.
export { issueCredential } from './issue.js';
export { VC_CONTEXTS, issueVcJwt } from './vc-jwt-issue.js';
export { issueSdJwtVc, vctOf } from './sd-jwt-issue.js';
export { parseVcJwt } from './vc-jwt-parse.js';
export { parseIssuedSdJwtVc, parseSdJwtVc, processedPayload, splitSdJwt } from './sd-jwt-parse.js';
export { openDisclosures } from './disclosures.js';
export { findWeakSalts } from './salts.js';
export { presentSdJwtVc } from './sd-jwt-present.js';
export { buildVpJwt, parseVpJwt } from './vp-jwt.js';
export { checkFreshness, checkKeyBinding } from './key-binding.js';
export { checkProof } from './proof.js';
export type { OpenedDisclosures } from './disclosures.js';
export type { WeakSalt } from './salts.js';
export type { ExpectedBinding } from './key-binding.js';
export type { PresentSdJwtInput } from './sd-jwt-present.js';
export type { CredentialInput, Disclosure, IssuedCredential, KeyBinding, ParsedCredential, ParsedSdJwt, ParsedVpJwt } from './types.js';
export type { VpJwtInput } from './vp-jwt.js';
