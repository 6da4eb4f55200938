// appendRecord spells a record in its one canonical way, gathers what concurrent callers bring into one transaction, chains
// it to the tenant's Merkle tree (RFC 9162) under the lock of the head row, and gives a receipt once that is durable.
// checkpoint signs the head as a C2SP note; inclusion and consistency proofs come from stored perfect subtrees. exportLog
// streams the log as NDJSON, which checkLogExport checks offline with nothing but the public key. People are logged under
// salted names whose salts live apart and can be erased. The last checkpoint is kept outside the database: nothing is signed
// or receipted that does not extend it, and two signed roots of one size are kept as a proof.
export { createAuditLog } from './log.js';
export type { AuditLog } from './log.js';
export type { Replay } from './replay.js';
export { parseLoggedChanges } from './logged-changes.js';
export type { LoggedChanges } from './logged-changes.js';
export { createForgetfulCheckpoints } from './forgetful-checkpoints.js';
export { checkSplitView, findSplitView, toSplitViewEvidence } from './split-view.js';
export type { SplitView } from './split-view.js';
export { createPseudonyms } from './pseudonym.js';
export type { Pseudonyms } from './pseudonym.js';
export { checkLogExport } from './check-export.js';
export type { LogSummary } from './check-export.js';
export { checkEvidence } from './evidence.js';
export type { AuditEvidence } from './evidence.js';
export { checkCheckpoint } from './checkpoint.js';
export type { Checkpoint } from './checkpoint.js';
export { verifyConsistency, verifyInclusion } from './proofs.js';
export { toEntry } from './record.js';
export { checkIssuanceEvidence, issuedDigestOf, toIssuanceRecord } from './issuance.js';
export { ISSUANCE_LOG_SERVICE, createIssuanceEvidenceSource, parseIssuanceEvidence } from './issuance-source.js';
export { REFUSAL_SUMMARY, createRefusalSummary } from './refusal-summary.js';
export type { RefusalSummary } from './refusal-summary.js';
export { commitToInput, commitmentOf, decisionKeyOf } from './decision-evidence.js';
export { createEvidenceStore, rewrapEvidence } from './evidence-store.js';
export type { EvidenceStore } from './evidence-store.js';
export type { DecisionEvidence, DecisionInput } from './decision-evidence.js';
