// The issuing side hands out random entries of published lists, changes them in one transaction with a version bump, and
// publishes each list signed, versioned and cacheable: Bitstring Status Lists for vc+jwt, a two-bit Token Status List for
// dc+sd-jwt. The checking side fetches a list once for all who ask, proves that it is the credential issuer's own, never
// goes back to an older one, and answers from memory inside the staleness bound. Set bits are refusals; a list that is
// stale or out of reach is a fault and says nothing about the holder.
export { createStatusIssuer } from './issuer.js';
export type { CredentialStatus, PublishedList, StatusIssuer, StatusIssuerSettings } from './issuer.js';
export { createStatusChecker } from './checker.js';
export type { StatusChecker, StatusCheckerParts } from './checker.js';
export { MAX_LIST_SIZE, MAX_SIGNED_AGE_SECONDS, MIN_LIST_SIZE, SIGNED_AGE_BOUNDS, problemOfListTimes } from './bounds.js';
export type { ListTimes, ListTimesProblem, SignedAgeBounds } from './bounds.js';
export { createForgetfulSeenLists } from './seen-in-memory.js';
export { burnBits } from './burn.js';
export { readLsbFirst, readMsbFirst, writeLsbFirst, writeMsbFirst } from './bits.js';
