import type { StatusReference } from '../credential.js';
import type { Did, Digest, Instant, TenantId } from '../nouns.js';
import type { TransactionHandle } from './transaction.js';

/** A credential of another program that something issued here rests on, and what was last heard of it. */
export interface WatchedPrerequisite {
  readonly tenant: TenantId;
  /** The handle by which dependencies name it. */
  readonly digest: Digest;
  readonly issuer: Did;
  readonly status: readonly StatusReference[];
  readonly state: 'valid' | 'suspended' | 'revoked';
  /** When its status was told last. */
  readonly checkedAt: Instant;
  /** Not asked about before; while somebody asks, until when nobody else does. */
  readonly dueAt: Instant;
  /** Since when it cannot be told, and why: a code, '' where it can. */
  readonly failingSince?: Instant;
  readonly problem: string;
}

/** What an issuer watches of other programs, in the store. */
export interface PrerequisiteWatchRepository {
  /**
   * The state of a prerequisite as it was heard of last, held so that it does not change before the transaction ends; watched from now on where it
   * was not before. `watched` says how it stands as the caller has just been told: that counts where nothing rests on it any more and nobody asks.
   */
  shareWatched(watched: WatchedPrerequisite, tx: TransactionHandle): Promise<WatchedPrerequisite['state']>;
  /**
   * Takes at most `limit` that are due and not revoked, and on which something still stands: for the caller alone until `until`, over all
   * replicas. Those that wait longest first.
   */
  takeDueWatched(
    tenant: TenantId,
    query: { readonly at: Instant; readonly until: Instant; readonly limit: number },
  ): Promise<readonly WatchedPrerequisite[]>;
  /** That the status of these was told at `checkedAt`, and is what it was. */
  noteUnchanged(
    tenant: TenantId,
    digests: readonly Digest[],
    told: { readonly checkedAt: Instant; readonly dueAt: Instant },
  ): Promise<void>;
  lockWatched(tenant: TenantId, digest: Digest, tx: TransactionHandle): Promise<WatchedPrerequisite | undefined>;
  saveWatched(watched: WatchedPrerequisite, tx: TransactionHandle): Promise<void>;
  /** Those that do not stand, or of which nothing was told since `toldBefore`, while something rests on them; the ones that wait longest first. */
  listTroubled(
    tenant: TenantId,
    query: { readonly at: Instant; readonly toldBefore: Instant; readonly limit: number },
  ): Promise<readonly WatchedPrerequisite[]>;
}
