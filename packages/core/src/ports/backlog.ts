import type { Instant } from '../nouns.js';

/**
 * What a program still has to do: acts to bring into a log, news that a cascade delivers, signed calls for a chain, transfers between their steps, own
 * credentials to apply for, adopt or renew, prerequisites that could not be asked about, and credentials that were received and not proven.
 */
export const OUTBOXES = ['acts', 'news', 'relay', 'transfers', 'renewals', 'prerequisites', 'receiving'] as const;
export type OutboxName = (typeof OUTBOXES)[number];

/** What waits in one of them. */
export interface Waiting {
  readonly entries: number;
  /** Since when the oldest waits; where something is tried again and again, since the first try that failed. */
  readonly oldestAt?: Instant;
}

/** Lists, and when the oldest of them was signed. */
export interface ListAges {
  readonly lists: number;
  readonly oldestAt?: Instant;
}

/** How much lies in a store, of all tenants together: for numbers and probes, which name nobody. Throws Fault STORE_UNAVAILABLE. */
export interface BacklogRepository {
  readOutboxes(at: Instant): Promise<Readonly<Record<OutboxName, Waiting>>>;
  /** All logs and their entries together. */
  readLogs(): Promise<{ readonly logs: number; readonly entries: number }>;
  /** Status lists of this program whose last publication still counts. */
  readPublishedLists(at: Instant): Promise<ListAges>;
  countOpenChallenges(at: Instant): Promise<number>;
}
