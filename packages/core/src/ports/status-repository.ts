import type { Outcome } from '../outcome.js';
import type { Did, Instant, TenantId } from '../nouns.js';
import type { StatusReference } from '../credential.js';
import type { TransactionHandle } from './transaction.js';

/** What the entries of a list say: one bit `revocation` or `suspension`, or two bits `token` (0 valid, 1 invalid, 2 suspended). */
export type StatusListKind = 'revocation' | 'suspension' | 'token';

/** One entry of one list. */
export interface StatusEntry {
  readonly listId: string;
  readonly index: number;
}

/** What was signed last for a list; replicas serve these very bytes. */
export interface StatusPublication {
  readonly version: number;
  readonly at: Instant;
  readonly expiresAt: Instant;
  readonly body: string;
}

export interface StatusList {
  readonly listId: string;
  readonly kind: StatusListKind;
  /** Number of entries. */
  readonly size: number;
  /** Grows with every change of a bit. */
  readonly version: number;
  readonly bits: Uint8Array;
}

/** Keeps status lists. An index is handed out once, whatever crashes or runs beside it; a bit change bumps the version with it. */
export interface StatusRepository {
  /** Hands out one index, `pick(size)` at random, of the open list; opens a list with `newListId()` where there is none. */
  allocateEntry(
    query: {
      readonly tenant: TenantId;
      readonly kind: StatusListKind;
      readonly size: number;
      readonly bytes: number;
      readonly pick: (size: number) => number;
      readonly newListId: () => string;
    },
    tx?: TransactionHandle,
  ): Promise<StatusEntry>;
  /**
   * Locks the lists of the entries and writes what `change` returns, all or nothing; NOT_FOUND for an entry never handed out.
   * `change` must not use the store.
   */
  changeLists(
    query: {
      readonly tenant: TenantId;
      readonly entries: readonly StatusEntry[];
      readonly change: (lists: ReadonlyMap<string, StatusList>) => Outcome<readonly StatusEntryBits[]>;
    },
    tx?: TransactionHandle,
  ): Promise<Outcome<true>>;
  readList(tenant: TenantId, listId: string): Promise<{ readonly list: StatusList; readonly published?: StatusPublication } | undefined>;
  /** Version and last publication without the bits: what a request for an unchanged list needs. */
  readPublication(
    tenant: TenantId,
    listId: string,
  ): Promise<{ readonly kind: StatusListKind; readonly version: number; readonly published?: StatusPublication } | undefined>;
  /**
   * For a database that was put back to an older day, which may not know what was given out since: no list hands out entries any
   * more, each goes on at a version that none was published under, with the bits that `burn` makes of it and of the entries
   * that the database knows. One transaction, after which no burn is owed. `burn` must not use the store.
   */
  burnLists(tenant: TenantId, burn: (list: StatusList, known: readonly number[]) => Uint8Array): Promise<void>;
  /**
   * Notes, before a log is brought up to `logSize` entries, that the lists are to be burnt. Nothing is noted where the log in the database
   * has as many by now: who brought them in has noted it, and may have burnt. `before` is told which, and done before it is noted, while
   * no other burn of the tenant is owed or done; where it throws, nothing is noted. It must not use the store.
   */
  oweBurn(tenant: TenantId, logSize: number, before: (isOwed: boolean) => Promise<void>): Promise<void>;
  /** `burnLists` where it is owed, once, whoever else does so at the same time; false, and nothing is done, where it is not. */
  burnOwed(tenant: TenantId, burn: (list: StatusList, known: readonly number[]) => Uint8Array): Promise<boolean>;
  /** Stores a publication if the last one is still `previous`; false when another replica was first. */
  storePublication(query: {
    readonly tenant: TenantId;
    readonly listId: string;
    readonly previous: StatusPublication | undefined;
    readonly next: StatusPublication;
  }): Promise<boolean>;
}

/** The new bits of one list. */
export interface StatusEntryBits {
  readonly listId: string;
  readonly bits: Uint8Array;
}

/** How new a publication is: when it was signed, and its version where it states one. */
export interface ListAge {
  readonly issuedAt: Instant;
  readonly version: number;
}

/** The newest publication of each list that a verifier saw, also before its last start and by its other replicas. */
export interface SeenStatusLists {
  /** Remembers the publication unless one that is newer or has a higher version is remembered; the one that is, in the end. */
  noteSeen(seen: {
    readonly kind: StatusReference['kind'];
    readonly issuer: Did;
    readonly uri: string;
    readonly age: ListAge;
    /** What was signed before counts for nobody any more, and may be forgotten. */
    readonly forgetBefore: Instant;
  }): Promise<ListAge>;
}
