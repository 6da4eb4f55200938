import type { JsonObject } from '../json.js';
import type { Digest, Instant, RequestId, TenantId } from '../nouns.js';

/** What is written down of a decision, refusal, fault or act of administration: hashes, codes and ids, never claim values. */
export interface AuditRecord {
  readonly kind: 'decision' | 'refusal' | 'fault' | 'act';
  readonly requestId: RequestId;
  readonly at: Instant;
  /** What was asked: channel or verb, e.g. `behind_the_meter`, `issue`, `revoke`. */
  readonly action: string;
  readonly effect?: 'permit' | 'deny';
  readonly code?: string;
  /** Policy ids that decided. */
  readonly reasons: readonly string[];
  /** Salted hash of the actor's DID where it is a person's, the DID itself for organisations. */
  readonly actor?: string;
  /** Evidence: digests of credentials, documents, lists, policy set. */
  readonly evidence: JsonObject;
}

/** Proof that a record stands in the log: position, leaf hash and the signed checkpoint that covers it. */
export interface AuditReceipt {
  readonly origin: string;
  readonly index: number;
  readonly leafHash: Digest;
  readonly treeSize: number;
  readonly rootHash: Digest;
}

/** Appends durably, or throws Fault AUDIT_UNAVAILABLE. A receipt means that the record is on disk. */
export interface AuditPort {
  appendRecord(tenant: TenantId, record: AuditRecord): Promise<AuditReceipt>;
}
