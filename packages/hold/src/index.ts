// An offer is redeemed once for every face of the wallet; each credential is proven against its issuer before it is kept.
// A request is proven to come from the DID that asks, its verifier's registration held against what it asks, and the least
// that satisfies the query chosen, or the gaps explained. The answer is signed with the face shown to that audience alone and
// written into the log of disclosures before it is sent. `createGateClient` does the whole walk through a gate for a program.
// A wallet can be exported under a passphrase, imported elsewhere, and left without a trace.
export { createArchiveTurns } from './archive-turns.js';
export type { ArchiveTurns } from './archive-turns.js';
export type { ApplicationWish, Applying } from './applications.js';
export { createAccreditations } from './accreditations.js';
export type { Accreditation, Accreditations, AccreditationSettings, AppliedFor, Owner } from './accreditations.js';
export { createHolder } from './holder.js';
export type { Holder, ReceiveOptions } from './holder.js';
export type { FindIssuerKey, HolderParts, IssuerTrust, UnregisteredVerifiers, WalletIdentity } from './parts.js';
export { lendDidKeys, lendKey } from './lent-keys.js';
export type { LentKeys } from './lent-keys.js';
export { createIssuerTrust } from './issuer-trust.js';
export type { Answer, Presented, Presenter, Proposal } from './present.js';
export { chooseCredentials } from './choose.js';
export type { Candidate, Choice, Gap, Plan, Shortfall } from './choose.js';
export type { ProvenVerifier, VerifierStanding } from './entitlement.js';
export { createGateClient } from './gate-client.js';
export type { GateClient, ResourceAnswer, ResourceCall } from './gate-client.js';
export { proveCredential } from './prove-received.js';
export { tellOwner } from './told.js';
export { warningsOf } from './warnings.js';
export type { HolderWarning } from './warnings.js';
