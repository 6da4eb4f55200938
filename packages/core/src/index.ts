// The words of the house. Everything else imports from here and core imports nothing.
// `Outcome` carries refusals as values; `Fault` is thrown when the answer could not be found out; a deny is a verdict
// of policy. Codes form two closed unions. Ports say what a stage asks of the outside; adapters are wired by the
// programs. The catalogue states, for every credential type, who may issue it and what may be withheld.
export type { Brand } from './brand.js';
export type { JsonObject, JsonValue } from './json.js';
export { Fault, InputError, assertNever, assertOk, ok, refuse } from './outcome.js';
export type { Outcome, Refusal } from './outcome.js';
export { isError } from './is-error.js';
export { isFaultOfOthers } from './own-fault.js';
export { isSuccess } from './is-success.js';
export { FAULTS, REFUSALS } from './codes.js';
export type { CodeEntry, FaultCode, RefusalCode } from './codes.js';
export { DEVICE_CLASSES, IDENTIFIER_SCHEMES, ROLE_CODES, SIGNATURE_ALGORITHMS, TRADING_CHANNELS } from './nouns.js';
export type {
  DeviceClass,
  Did,
  DidUrl,
  Digest,
  Identifier,
  IdentifierScheme,
  Instant,
  Nonce,
  PublicJwk,
  RequestId,
  RoleCode,
  SignatureAlgorithm,
  TenantId,
  Thumbprint,
  TradingChannel,
} from './nouns.js';
export { CATALOGUE, CREDENTIAL_FORMATS, CREDENTIAL_TYPES, SD_JWT_VC_MEMBERS, isNamedBy } from './credential.js';
export { formatsOf, isAboutDevice, isHeldBySubject, isOrganisations, mayBindUnlistedKey } from './whose-credential.js';
export type {
  AuthorityReference,
  CatalogueEntry,
  CredentialContent,
  CredentialFormat,
  CredentialType,
  IssuerRule,
  StatusReference,
} from './credential.js';
export type { Fact, FactPath, FactValue } from './fact.js';
export type { ClaimKind, ClaimShape, ClaimShapes } from './claim-shape.js';
export { EUROPEAN_MARKET_TIME_ZONE, marketCalendar } from './market-calendar.js';
export type { MarketCalendar } from './market-calendar.js';
export { nameNeeds } from './needs.js';
export type { DisclosureNeeds, NamedNeed, NamedNeeds, Need } from './needs.js';
export type { Received } from './request.js';
export { endsAfter, instant, isInstant, tenantId } from './make.js';
export { askStatus } from './ask-status.js';
export type { Clock } from './ports/clock.js';
export type { TransactionHandle } from './ports/transaction.js';
export { CACHES, NO_METER, STAGES } from './ports/meter.js';
export type { CacheName, Meter, MeteredEffect, Stage } from './ports/meter.js';
export type { DidSigner, Signer } from './ports/signer.js';
export type { DidResolverPort, ResolvedDid, ResolvedKey, ResolvedService, VerificationRelationship } from './ports/resolver.js';
export type { StatusEvidence, StatusPort } from './ports/status.js';
export type { AuthorityPort } from './ports/authority.js';
export { OUTBOXES } from './ports/backlog.js';
export type { BacklogRepository, ListAges, OutboxName, Waiting } from './ports/backlog.js';
export type { Challenge, ChallengePort } from './ports/challenge.js';
export type { GrantedCredential, GrantedStatus, GrantRepository, StoredGrant } from './ports/grant-repository.js';
export type { AuditPort, AuditReceipt, AuditRecord } from './ports/audit.js';
export type { FetchedDocument, FetchPort } from './ports/fetch.js';
export type { ClearedInterval, MarketRepository, Order, Reading } from './ports/market-repository.js';
export { KEY_NAMESPACES } from './ports/key-repository.js';
export type { DidNamespace, KeyName, KeyNamespace, KeyPosition, KeyRepository, StoredKey } from './ports/key-repository.js';
export type { DidRepository, StoredDid, StoredService } from './ports/did-repository.js';
export { ETHR_EVENT_KINDS } from './ports/ethr-event-repository.js';
export type {
  EthrBlock,
  EthrEvent,
  EthrEventKind,
  EthrEventRepository,
  EthrIndexName,
  EthrIndexState,
} from './ports/ethr-event-repository.js';
export type { KeptEntry, RegisterCounts, RegisterEntry, RegisterRepository, Retired } from './ports/register-repository.js';
export { OVERRULABLE } from './ports/issuance-repository.js';
export type {
  Application,
  ApplicationState,
  CredentialFilter,
  CredentialHandle,
  MadeOfferRecord,
  Dependency,
  HeldEvidence,
  IssuanceRepository,
  IssuedRecord,
  MeteringPointKeys,
  OutboxEntry,
  OverrulableRule,
  Overrule,
  Page,
  Paged,
  TenantAuthority,
} from './ports/issuance-repository.js';
export type { ExchangeSessionRepository, OfferSession, OpenedSession, TokenSession } from './ports/exchange-session-repository.js';
export type { AccreditationOrigin, AccreditationRepository, AccreditationTask } from './ports/accreditation-repository.js';
export type { PrerequisiteWatchRepository, WatchedPrerequisite } from './ports/prerequisite-watch.js';
export type { HeldApplication, UnprovenCredential, WalletApplicationRepository } from './ports/wallet-application-repository.js';
export type { Disclosure, HeldCredential, WalletFilling, WalletRelation, WalletRepository } from './ports/wallet-repository.js';
export type {
  StatusEntry,
  StatusEntryBits,
  StatusList,
  StatusListKind,
  StatusPublication,
  ListAge,
  SeenStatusLists,
  StatusRepository,
} from './ports/status-repository.js';
export type { AdmissionName, DesiredAdmission, EndedAdmission, LedgerRepository } from './ports/ledger-repository.js';
export type { CheckpointKeeper, KeptCheckpoint } from './ports/checkpoint-keeper.js';
export type { NonceSecret, NonceSecretRepository, NonceSecrets } from './ports/nonce-secrets.js';
export type { EvidenceRepository, SealedRecord, StoredEvidence } from './ports/evidence-repository.js';
export type { AuditEntry, AuditExtension, AuditHead, AuditNode, AuditNodePosition, AuditRepository } from './ports/audit-repository.js';
export type {
  RegistryName,
  RelayChange,
  RelayEnd,
  RelayPort,
  RelayRepository,
  RelayRequest,
  RelayState,
  RelayedTransaction,
  SignedRegistryCall,
} from './ports/relay-repository.js';
export type { DidTransfer, TransferChange, TransferRepository, TransferState } from './ports/transfer-repository.js';
export { issuanceLogOf } from './ports/issuance-evidence.js';
export type { AnchoredHead, IssuanceAnchorPort, IssuanceEvidence, IssuanceEvidencePort, IssuanceQuery } from './ports/issuance-evidence.js';
