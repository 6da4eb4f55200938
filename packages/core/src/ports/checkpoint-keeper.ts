import type { TenantId } from '../nouns.js';

/** A signed checkpoint with the size it states. */
export interface KeptCheckpoint {
  readonly size: number;
  /** The signed note (C2SP tlog-checkpoint). */
  readonly note: string;
}

/**
 * Keeps the last checkpoint that was signed for each log, outside the database that holds the log. A database can be rewritten or
 * put back to an older day as a whole; what is kept here shows it.
 */
export interface CheckpointKeeper {
  /** The largest checkpoint kept; undefined where none ever was. */
  readLast(tenant: TenantId): Promise<KeptCheckpoint | undefined>;
  /**
   * Keeps a checkpoint, durable when it returns, and forgets smaller ones. The note that is kept for this size in the end:
   * another one where a replica was first.
   */
  keepCheckpoint(tenant: TenantId, checkpoint: KeptCheckpoint): Promise<string>;
  /** Why the log was given up, by this process or one before it; undefined where it was not, or where an operator has cleared it. */
  readGivenUp(tenant: TenantId): Promise<string | undefined>;
  /** Marks a log as given up, durable when it returns. A mark that is there stays as it is. */
  keepGivenUp(tenant: TenantId, reason: string): Promise<void>;
  /** Moves what is kept for a log aside, with its mark, for whoever is to judge it: nothing is held against it any more. */
  setAside(tenant: TenantId): Promise<void>;
  /** Keeps a proof that two different logs were signed, for whoever is to judge it. */
  keepEvidence(tenant: TenantId, size: number, evidence: string): Promise<void>;
}
