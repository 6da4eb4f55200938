import type { TenantId } from '../nouns.js';

/** The log's head: how many entries, the root over them, and the hashes of the perfect subtrees they form, largest first. */
export interface AuditHead {
  readonly size: number;
  readonly root: Uint8Array;
  readonly range: readonly Uint8Array[];
}

export interface AuditEntry {
  readonly index: number;
  /** RFC 9162 leaf hash of the entry. */
  readonly leaf: Uint8Array;
  /** Canonical JSON (RFC 8785) of the record. */
  readonly entry: string;
}

/** A perfect subtree: level 0 is a leaf; node (level, index) covers entries index·2^level up to the next. */
export interface AuditNodePosition {
  readonly level: number;
  readonly index: number;
}

export interface AuditNode extends AuditNodePosition {
  readonly hash: Uint8Array;
}

/** What one append adds. */
export interface AuditExtension {
  readonly head: AuditHead;
  readonly entries: readonly AuditEntry[];
  readonly nodes: readonly AuditNode[];
}

/** Keeps one Merkle log per tenant, and apart from it the erasable salts behind pseudonyms. */
export interface AuditRepository {
  /** Writes what `extend` makes of the head, in one transaction with it, and returns once it is durable. `extend` is pure and may be asked twice. */
  appendEntries(tenant: TenantId, extend: (head: AuditHead | undefined) => AuditExtension): Promise<AuditExtension>;
  readHead(tenant: TenantId): Promise<AuditHead | undefined>;
  /** The hashes at these positions in this order; undefined where there is none. */
  readNodes(tenant: TenantId, positions: readonly AuditNodePosition[]): Promise<readonly (Uint8Array | undefined)[]>;
  readEntries(tenant: TenantId, from: number, count: number): Promise<readonly AuditEntry[]>;
  countNodes(tenant: TenantId): Promise<number>;
  /** Stores a signed checkpoint unless one of this size is there; returns the one that is. */
  storeCheckpoint(tenant: TenantId, size: number, note: string): Promise<string>;
  readCheckpoint(tenant: TenantId, size: number): Promise<string | undefined>;
  listCheckpoints(tenant: TenantId, upTo: number): Promise<readonly { readonly size: number; readonly note: string }[]>;
  /** The salt of a person, `fresh` if there was none. */
  keepSalt(tenant: TenantId, subjectRef: string, fresh: Uint8Array): Promise<Uint8Array>;
  /** Forgets the salt: what was logged under it can no longer be linked to the person. */
  eraseSalt(tenant: TenantId, subjectRef: string): Promise<boolean>;
}
