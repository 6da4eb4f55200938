import type { CredentialFormat, CredentialType, StatusReference } from '../credential.js';
import type { JsonObject } from '../json.js';
import type { Did, Digest, Identifier, Instant, TenantId, Thumbprint } from '../nouns.js';
import type { PrerequisiteWatchRepository } from './prerequisite-watch.js';
import type { TransactionHandle } from './transaction.js';

/** A credential that an applicant showed and that was proven, current and trusted then; it is looked at again at issuance. */
export interface HeldEvidence {
  readonly type: CredentialType;
  readonly digest: Digest;
  readonly issuer: Did;
  readonly subject: Did;
  readonly validUntil: Instant;
  readonly status: readonly StatusReference[];
  /** The key it is bound to (`cnf.jwk`), where it is bound to one. */
  readonly holderThumbprint?: Thumbprint;
}

/** The rules of issuance that an officer may set aside in a single case; what no register can know is on this list, and nothing else. */
export const OVERRULABLE = ['register-function', 'area', 'balance-responsible', 'take-over'] as const;
export type OverrulableRule = (typeof OVERRULABLE)[number];

/** That an officer set a rule aside for one application: which, why, who and when. */
export interface Overrule {
  readonly rule: OverrulableRule;
  readonly reason: string;
  readonly by: string;
  readonly at: Instant;
  /** Of a take-over: the DIDs whose roles of the party end with it. */
  readonly holders?: readonly Did[];
}

/** `closed`: it was approved, and nothing is issued from it any more, since an operator stopped it or what came of it was revoked. */
export type ApplicationState = 'pending' | 'approved' | 'rejected' | 'issued' | 'closed';

/** A request for a credential and what became of it. */
export interface Application {
  readonly tenant: TenantId;
  readonly applicationId: string;
  /** Who asks: a DID, or the tenant's own pseudonymous handle of a customer. */
  readonly applicant: string;
  readonly type: CredentialType;
  readonly claims: JsonObject;
  readonly claimsDigest: Digest;
  /** The DID the claims will be about; without it the DID of the key that the wallet proves. */
  readonly subject?: Did;
  /** The key that the evidence is bound to; the credential goes to this key or to none. */
  readonly holderThumbprint?: Thumbprint;
  readonly party?: Identifier;
  readonly evidence: readonly HeldEvidence[];
  /** That the tenant knows the applicant by the key it proved alone: it showed nothing and no operator brought it. */
  readonly stranger?: true;
  /** When the credential shall end, at the latest. */
  readonly validUntil: Instant;
  /** The credential that this one will take the place of. */
  readonly renews?: Digest;
  readonly state: ApplicationState;
  readonly reason: string;
  readonly decidedBy: string;
  readonly submittedAt: Instant;
  readonly decidedAt?: Instant;
  /** Who ended what had been approved, when and why: closed it, or rejected it after all. `decidedBy` and `reason` stay those of the approval. */
  readonly closed?: { readonly by: string; readonly at: Instant; readonly reason: string };
  /** Rules that were set aside when it was approved. */
  readonly overrules: readonly Overrule[];
  /** When claims, their digest, evidence, applicant and reasons were erased; nothing is issued from it any more. */
  readonly purgedAt?: Instant;
}

/** What is kept of an issued credential. The holder's signed text is not; documents are, where they are public by nature. */
export interface IssuedRecord {
  readonly tenant: TenantId;
  /** The handle it is kept under: of version 2, or of version 1 where it was issued before 2026-11-27. */
  readonly digest: Digest;
  readonly applicationId: string;
  readonly offerId: string;
  readonly type: CredentialType;
  readonly format: CredentialFormat;
  readonly issuer: Did;
  readonly subject: Did;
  readonly party?: Identifier;
  readonly holderThumbprint: Thumbprint;
  readonly issuedAt: Instant;
  readonly validFrom: Instant;
  readonly validUntil: Instant;
  readonly status: readonly StatusReference[];
  readonly state: 'active' | 'suspended' | 'revoked';
  readonly stateAt: Instant;
  readonly reason: string;
  /** Why it is suspended: `operator`, `transfer:<id>`, `authority:<digest>`, `prerequisite:<digest>`. Suspended means: not empty. */
  readonly causes: readonly string[];
  /** The compact text of an organisation's `vc+jwt`, which others fetch as an authority. */
  readonly document?: string;
}

/** That a credential stands on another one: the issuer's authority or a prerequisite of its holder. */
export interface Dependency {
  readonly digest: Digest;
  readonly dependsOn: Digest;
  readonly kind: 'authority' | 'prerequisite';
}

/** An offer that was made for an application. */
export interface MadeOfferRecord {
  readonly offerId: string;
  readonly applicationId: string;
  readonly expiresAt: Instant;
  /** When its code was redeemed for an access token. */
  readonly redeemedAt?: Instant;
  readonly withdrawn?: { readonly at: Instant; readonly by: string; readonly reason: string };
}

/** Something to be done after a transaction: an act to write into the audit log, or news that others act upon. */
export interface OutboxEntry {
  readonly tenant: TenantId;
  readonly entryId: string;
  readonly kind: 'act' | 'news';
  readonly body: JsonObject;
  readonly dueAt: Instant;
}

/** The credential that entitles a tenant to issue. */
export interface TenantAuthority {
  readonly uri: string;
  readonly digest: Digest;
}

/** How to name issued credentials: by their digest, subject, party or application, or by the device or metering point that their claims name. */
export type CredentialHandle =
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'subject'; readonly subject: Did }
  | { readonly kind: 'party'; readonly party: Identifier }
  | { readonly kind: 'device'; readonly device: Did }
  | { readonly kind: 'meteringPoint'; readonly point: MeteringPointKeys }
  | { readonly kind: 'application'; readonly applicationId: string };

/** What tells metering points apart: the hash in the claims, and the point itself (`scheme:value`) where the claims state it. */
export interface MeteringPointKeys {
  readonly hash: string;
  readonly code?: string;
}

/** Whom something would be issued to from an application. */
interface HolderQuery {
  readonly applicationId: string;
  readonly thumbprints: readonly Thumbprint[];
  readonly subjects: readonly Did[];
}

/** One page of a list: at most `limit` rows after the cursor of the page before. */
export interface Page {
  readonly limit: number;
  readonly after?: string;
}

export interface Paged<T> {
  readonly rows: readonly T[];
  /** Give it as `after` to read on; absent on the last page. */
  readonly next?: string;
}

export type CredentialFilter =
  | { readonly kind: 'all' }
  | { readonly kind: 'active'; readonly at: Instant }
  | { readonly kind: 'expiring'; readonly at: Instant; readonly until: Instant }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'revoked' };

/**
 * Keeps applications, issued records and what follows from them. Every method reads and writes the rows of one
 * tenant alone. Methods named `lock…` hold the row until the transaction ends, over all replicas.
 */
export interface IssuanceRepository extends PrerequisiteWatchRepository {
  inTransaction<T>(work: (tx: TransactionHandle) => Promise<T>): Promise<T>;

  /**
   * Writes unless an open application with the same applicant, type and claims exists, the applicant has `ofApplicant` open ones, or it is a
   * stranger's and `ofStrangers` of those of the tenant wait for a decision.
   */
  submitApplication(
    application: Application,
    most: { readonly ofApplicant: number; readonly ofStrangers: number },
    tx: TransactionHandle,
  ): Promise<
    | { readonly kind: 'written' | 'existing'; readonly application: Application }
    | { readonly kind: 'tooMany' }
    | { readonly kind: 'tooManyStrangers' }
  >;
  lockApplication(tenant: TenantId, applicationId: string, tx: TransactionHandle): Promise<Application | undefined>;
  readApplication(tenant: TenantId, applicationId: string, tx?: TransactionHandle): Promise<Application | undefined>;
  /** The newest renewal of what was issued from an application that something can be issued from. */
  readRenewal(tenant: TenantId, applicationId: string): Promise<Application | undefined>;
  saveApplicationState(application: Application, tx: TransactionHandle): Promise<void>;
  /** Locks applications of strangers that wait for a decision and were submitted at `submittedUntil` or before, oldest first; leaves out those somebody else holds. */
  lockWaitingStrangers(
    tenant: TenantId,
    query: { readonly submittedUntil: Instant; readonly limit: number },
    tx: TransactionHandle,
  ): Promise<readonly Application[]>;
  /**
   * Erases claims, their digest, evidence, applicant and reason of at most `limit` applications that were over before `endedBefore`:
   * rejected, past the end that was asked for, or issued with nothing of it standing since. Tells how many.
   */
  purgeApplications(
    tenant: TenantId,
    query: { readonly endedBefore: Instant; readonly at: Instant; readonly limit: number },
  ): Promise<number>;
  listApplications(tenant: TenantId, state: ApplicationState | undefined, page: Page): Promise<Paged<Application>>;

  /** Holds the name until the transaction ends, over all replicas: what may be held by one alone is decided under it. */
  lockName(tenant: TenantId, name: string, tx: TransactionHandle): Promise<void>;
  /** The applications a handle names, by themselves or by what was issued from them. */
  findNamed(tenant: TenantId, handle: CredentialHandle, tx: TransactionHandle): Promise<readonly string[]>;
  /** The applications of what stands on `dependsOn`. */
  findDependantApplications(tenant: TenantId, dependsOn: Digest, tx: TransactionHandle): Promise<readonly string[]>;
  /**
   * Locks the applications and all that ask for the same: same type, claims, subject and holder, of the same applicant or
   * bound to a subject or key; and those of the same type and claims that were issued to the same key or subject, or are bound to
   * one that they were issued to, whoever applied. Renewals are among them. In the order of their ids.
   */
  lockFamilies(tenant: TenantId, applicationIds: readonly string[], tx: TransactionHandle): Promise<readonly Application[]>;
  /**
   * The applications from which the same type was issued to one of these keys, or to one of the subjects where the type is its subject's: for the
   * same claims as the application's, or for claims that were erased since. Without a lock.
   */
  findIssuedToHolder(tenant: TenantId, query: HolderQuery, tx: TransactionHandle): Promise<readonly string[]>;
  /**
   * Of the records those whose state changed, or whose own application was closed, after this application was decided, over all replicas; and
   * those of which nobody can tell.
   */
  listChangedSince(
    tenant: TenantId,
    query: { readonly applicationId: string; readonly digests: readonly Digest[] },
    tx: TransactionHandle,
  ): Promise<readonly Digest[]>;
  /** Locks what was issued from the applications, in the order of the digests. */
  lockIssuedOf(tenant: TenantId, applicationIds: readonly string[], tx: TransactionHandle): Promise<readonly IssuedRecord[]>;
  readOffer(tenant: TenantId, offerId: string): Promise<MadeOfferRecord | undefined>;
  /** The offer, held so that it is not withdrawn before the transaction ends. */
  shareOffer(tenant: TenantId, offerId: string, tx: TransactionHandle): Promise<MadeOfferRecord | undefined>;
  /**
   * Withdraws an offer, or those of applications, `unusedOwn` only those that applicants asked for by themselves and from which nothing was
   * issued; gives the ids of those that were not withdrawn before.
   */
  withdrawOffers(
    tenant: TenantId,
    change: {
      readonly offerId?: string;
      readonly applicationIds?: readonly string[];
      readonly unusedOwn?: boolean;
      readonly by: string;
      readonly reason: string;
      readonly at: Instant;
    },
    tx: TransactionHandle,
  ): Promise<readonly string[]>;
  listOffers(tenant: TenantId, applicationId: string | undefined, page: Page): Promise<Paged<MadeOfferRecord>>;
  /** The oldest news that waits, due or not, without a lock. */
  listPendingNews(tenant: TenantId, limit: number): Promise<readonly OutboxEntry[]>;

  insertIssued(record: IssuedRecord, dependencies: readonly Dependency[], tx: TransactionHandle): Promise<void>;
  /** Locks all records a handle names, in the order of their digests. */
  lockIssued(tenant: TenantId, handle: CredentialHandle, tx: TransactionHandle): Promise<readonly IssuedRecord[]>;
  /**
   * The records with these status entries among the tenants, held so that none changes before the transaction ends, and that
   * several may hold at once. A status entry is signed and given to one credential, so that it finds a record whatever
   * handle this is kept under and whoever re-spelled the signature of what is shown.
   */
  shareIssued(
    tenants: readonly TenantId[],
    statuses: readonly (readonly StatusReference[])[],
    tx: TransactionHandle,
  ): Promise<readonly IssuedRecord[]>;
  /** Locks what stands on `dependsOn`, with the kind of the dependency, in the order of the digests. */
  lockDependants(
    tenant: TenantId,
    dependsOn: Digest,
    tx: TransactionHandle,
  ): Promise<readonly { readonly record: IssuedRecord; readonly kind: Dependency['kind'] }[]>;
  /** The same as it stands now, without a lock: for telling, not for changing. */
  listDependants(
    tenant: TenantId,
    dependsOn: Digest,
  ): Promise<readonly { readonly record: IssuedRecord; readonly kind: Dependency['kind'] }[]>;
  /** Whether anything of the tenant stands on `dependsOn`. */
  hasDependants(tenant: TenantId, dependsOn: Digest, tx: TransactionHandle): Promise<boolean>;
  saveIssuedState(record: IssuedRecord, tx: TransactionHandle): Promise<void>;
  listIssued(tenant: TenantId, filter: CredentialFilter, page: Page): Promise<Paged<IssuedRecord>>;
  findIssued(tenant: TenantId, handle: CredentialHandle): Promise<readonly IssuedRecord[]>;

  /** Keeps where in the audit log the issuance of a credential stands; the first place kept stays. */
  keepIssuanceEntry(tenant: TenantId, digest: Digest, index: number): Promise<void>;
  findIssuanceEntry(tenant: TenantId, digest: Digest): Promise<number | undefined>;

  addToOutbox(entries: readonly OutboxEntry[], tx: TransactionHandle): Promise<void>;
  /** Whether the entry is still there; until the transaction ends no other replica is given one of this tenant and kind. */
  lockEntry(tenant: TenantId, entryId: string, kind: OutboxEntry['kind'], tx: TransactionHandle): Promise<boolean>;
  /**
   * The due entries that failed least often, the oldest of them first, without a lock. Of several about one credential the oldest due one
   * alone, so that they keep their order.
   */
  listDueEntries(tenant: TenantId, kind: OutboxEntry['kind'], at: Instant, limit: number): Promise<readonly OutboxEntry[]>;
  /** That an entry failed: it takes its turn after those that failed less often. */
  countFailure(tenant: TenantId, entryId: string): Promise<void>;
  /**
   * Takes the oldest acts that are due, for the caller alone: no other replica is given them before `until`, so that each is
   * brought into the log by one. Whoever dies over them leaves them to who asks after that.
   */
  takeDueActs(
    tenant: TenantId,
    query: { readonly at: Instant; readonly until: Instant; readonly limit: number },
  ): Promise<readonly OutboxEntry[]>;
  removeEntries(tenant: TenantId, entryIds: readonly string[], tx?: TransactionHandle): Promise<void>;

  saveAuthority(tenant: TenantId, authority: TenantAuthority, at: Instant): Promise<void>;
  listAuthorities(tenant: TenantId): Promise<readonly TenantAuthority[]>;
}
