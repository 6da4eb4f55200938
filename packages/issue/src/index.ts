// A register of parties is imported as a stream. Someone applies for a credential; an operator approves or rejects; an
// offer goes out; the credential endpoint asks the engine to issue to proven holder keys. At approval and again at
// issuance the same rules are asked: is the issuer itself accredited for this, do the claims fit, are the prerequisites
// held, is the party active. Records of what was issued, not the credentials, are kept; they can be renewed, suspended,
// resumed and revoked, and what stands on a credential follows it. Every act is in the audit log before it is answered.
export { importRegister } from './register/import-register.js';
export type { RegisterImport, RegisterProgress, RegisterReport, RejectedRow } from './register/import-register.js';
export { DEFAULT_REGISTER_LIMITS } from './register/read-register.js';
export type { RegisterLimits } from './register/read-register.js';
export { sampleRegister } from './register/sample.js';
export { createIssuerEngine } from './engine/engine.js';
export type { IssuerEngine } from './engine/engine.js';
export { checkDuty } from './engine/duty.js';
export { ENGINE_SETTINGS } from './engine/parts.js';
export type { ActContext, Duty, EngineParts, EngineSettings, Handover, IssuerTenant, Operator } from './engine/parts.js';
export type { ApplicationInput, Applications } from './engine/applications.js';
export type { IssueRequest, Issuance } from './engine/issuance.js';
export type { Lifecycle, StateChange } from './engine/lifecycle.js';
export type { Cascade, PendingStep } from './engine/cascade.js';
export type { PrerequisiteWatch, WatchReport } from './engine/watch.js';
export type { Consequence, Consequences } from './engine/consequences.js';
export { parseOverrulable } from './rules/overrule.js';
export type { OverruleRequest } from './rules/overrule.js';
export type { Offers } from './engine/offers.js';
export type { HolderKey } from './rules/holder.js';
export { checkPrerequisites, prerequisiteFor } from './rules/prerequisites.js';
export type { Prerequisite } from './rules/prerequisites.js';
export { createAnchoring } from './anchoring.js';
export type { AnchoredLog, Anchoring, AnchoringParts } from './anchoring.js';
