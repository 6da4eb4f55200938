import type { Instant, TenantId } from '../nouns.js';

/** Bytes under a data key of their own, which in turn is wrapped under a key-encryption key. */
export interface SealedRecord {
  readonly kekId: string;
  readonly wrappedDataKey: Uint8Array;
  readonly sealed: Uint8Array;
}

/** What a decision was taken on, as it lies on disk beside the log. */
export interface StoredEvidence {
  /** The commitment that the log holds; it names the decision and says nothing about it. */
  readonly input: string;
  readonly decidedAt: Instant;
  /** Absent once it is erased: what then is left says that there was something. */
  readonly record?: SealedRecord;
  readonly erasedAt?: Instant;
}

/** Keeps sealed evidence of decisions; never sees any in the clear. Throws Fault STORE_UNAVAILABLE when the store does not answer. */
export interface EvidenceRepository {
  /** The first evidence of a commitment stays: another of the same commitment is the same evidence. */
  addEvidence(
    tenant: TenantId,
    evidence: { readonly input: string; readonly decidedAt: Instant; readonly record: SealedRecord },
  ): Promise<void>;
  /** In the order of (decidedAt, input), starting behind `after`. */
  listEvidence(tenant: TenantId, after: Pick<StoredEvidence, 'decidedAt' | 'input'>, count: number): Promise<readonly StoredEvidence[]>;
  /** Removes seal and data key of at most `limit` decisions taken before `decidedBefore`; tells of how many. */
  eraseEvidence(
    tenant: TenantId,
    query: { readonly decidedBefore: Instant; readonly at: Instant; readonly limit: number },
  ): Promise<number>;
  /** Evidence that is not wrapped under `kekId`, in the order of `input`, starting behind `after`. */
  listEvidenceNotUnder(
    kekId: string,
    after: { readonly tenant: string; readonly input: string },
    count: number,
  ): Promise<readonly { readonly tenant: TenantId; readonly input: string; readonly record: SealedRecord }[]>;
  /** Replaces the wrapped data key only while it still is the one that was read; tells whether it did. */
  rewrapEvidence(
    name: { readonly tenant: TenantId; readonly input: string },
    before: SealedRecord,
    after: Pick<SealedRecord, 'kekId' | 'wrappedDataKey'>,
  ): Promise<boolean>;
}
