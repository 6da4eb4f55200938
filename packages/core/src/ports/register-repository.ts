import type { Digest, Identifier, Instant, RoleCode, TenantId } from '../nouns.js';

/** One entry of a public register of energy parties or areas, reduced to what issuance asks of it: no postal or VAT codes. */
export interface RegisterEntry {
  /** `{scheme: 'eic', value}` with its check character verified. */
  readonly code: Identifier;
  /** X = party, Y = area; other EIC types are not kept. */
  readonly kind: 'party' | 'area';
  readonly displayName: string;
  readonly longName: string;
  readonly status: 'active' | 'inactive';
  /** ISO 3166 alpha-2, '' where the register leaves it out. */
  readonly country: string;
  /** EIC of the party responsible for the code, '' where the register leaves it out. */
  readonly responsibleParty: string;
  /** Functions in the register's own words, spaces and case made even. */
  readonly functions: readonly string[];
  /** The functions that are roles of the code list, sorted. */
  readonly roleCodes: readonly RoleCode[];
}

/** An entry with what this house knows of it: since when it is as it is. */
export interface KeptEntry extends RegisterEntry {
  /** When an import wrote it last, or found it gone. */
  readonly changedAt: Instant;
  /** Set where a whole register came without it; such an entry is inactive. */
  readonly vanished?: true;
}

/** How many entries a batch added, changed and found as they were. */
export interface RegisterCounts {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** Which entries have vanished, and how many may without being asked. */
interface RetireQuery {
  readonly kinds: readonly RegisterEntry['kind'][];
  /** Where the import began; see {@link RegisterRepository.beginImport}. */
  readonly begun: number;
  readonly at: Instant;
  readonly mostPpm: number;
  readonly confirmed?: number;
}

/** How many vanished; or how many would have. */
export type Retired = { readonly kind: 'retired'; readonly vanished: number } | { readonly kind: 'too-many'; readonly missing: number };

/** Keeps the imported register of a tenant. */
export interface RegisterRepository {
  /** The place of an import among all: of two at once the one that began later is believed. */
  beginImport(): Promise<number>;
  /**
   * Writes the batch of the import that began at `begun` in one transaction: all of it or nothing. A code must not occur twice within a
   * batch. What an import that began later said, of an entry or of a kind as a whole, stands; such entries count as unchanged.
   */
  saveEntries(
    tenant: TenantId,
    entries: readonly { readonly entry: RegisterEntry; readonly digest: Digest }[],
    seen: { readonly begun: number; readonly at: Instant },
  ): Promise<RegisterCounts>;
  /** Reads one entry by its code. */
  readEntry(tenant: TenantId, code: Identifier): Promise<KeptEntry | undefined>;
  /**
   * Marks entries of these kinds that neither this import saw nor one that began later as vanished, which makes them inactive. To be called once a whole register
   * has been read to its end. Marks none where of one kind more than `mostPpm` of a million are missing, one at least being allowed,
   * unless `confirmed` says how many may vanish altogether. What vanished before and nobody confirmed is missing still, so that no row
   * of imports takes more than one may; what is confirmed is confirmed with it.
   */
  retireUnseen(tenant: TenantId, query: RetireQuery): Promise<Retired>;
  /** How many entries are kept. */
  countEntries(tenant: TenantId): Promise<number>;
}
