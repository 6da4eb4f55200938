// What every program does before it is itself: read key files, open the store and bring its schema up to date, open the
// vault, make the guarded fetch and the resolver, and keep one Veramo agent a tenant. Identities are made once and found
// again; each tenant's audit log has a key of its own. `listen` and `runMain` are the edges to the network and to the
// process: ports that are taken, signals, and one line with a code for whatever prevents a start.
export { toConnectionEvent } from './connection-event.js';
export type { ConnectionEvent } from './connection-event.js';
export { ensureKeyFile, readKeyFiles } from './key-files.js';
export type { KeyFile } from './key-files.js';
export { listen } from './listen.js';
export type { Listening } from './listen.js';
export type { LostChanges } from './open-log.js';
export { openProgram } from './open-program.js';
export type { IdentityRequest, Program, ProgramSettings } from './open-program.js';
export type { ProgramEvent } from './program-event.js';
export { describeFailure, runMain } from './run-main.js';
export type { Running } from './run-main.js';
export { systemClock } from './system-clock.js';
export { addressConfig, programConfig, publicOrigin, timeZoneConfig } from './program-config.js';
export { limitConfig } from './limit-config.js';
export { startFromConfig } from './start-from-config.js';
export { openStatusChecker } from './status-checking.js';
export type { StatusBounds } from './status-checking.js';
export { gateSettings } from './gate-settings.js';
export type { GateRequest } from './gate-settings.js';
export { openDidOperations } from './did-operations.js';
export type { DidOperations, DidOperationsSettings } from './did-operations.js';
export { createLiveSigner } from './live-signer.js';
export type { LiveKey, LiveSigner } from './live-signer.js';
export { issuerKeysOf } from './past-keys.js';
export { openAll } from './closers.js';
export type { Closers } from './closers.js';
export { checkChains, relayerConfig } from './chain-config.js';
export type { ChainConfig, RelayerConfig } from './chain-config.js';
export { settingsFromConfig } from './settings-from-config.js';
export { readAccountFile } from './account-file.js';
export { openAccount, identityOf, openTenantDids } from './tenant-dids.js';
export type { TenantDid, TenantDids, TenantIdentity } from './tenant-dids.js';
export { createKeyRotation } from './key-rotation.js';
export type { KeyRotation, RotatedKey } from './key-rotation.js';
export { parseAnchors } from './anchors.js';
export { startRepeating } from './repeat.js';
export type { Repeating } from './repeat.js';
export { DID_VERB_BODIES, createOwnDid } from './own-did.js';
export type { OwnDid } from './own-did.js';
export { addOwnDidRoutes, assertOperatorToken } from './own-did-routes.js';
export { evidenceConfig } from './kept-evidence.js';
export type { EvidenceRequest, KeptEvidence } from './kept-evidence.js';
export { addAuditorRoutes } from './auditor-routes.js';
export type { AuditorRouteParts } from './auditor-routes.js';
