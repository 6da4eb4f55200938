import type { Outcome } from '../outcome.js';
import type { Did, Instant, TenantId } from '../nouns.js';
import type { DidNamespace } from './key-repository.js';

/** A DID that a tenant controls, with the vault keys behind it. */
export interface StoredDid {
  readonly tenant: TenantId;
  readonly did: Did;
  /** A name chosen by the tenant, unique per tenant; '' where none was given. */
  readonly alias: string;
  /** Who makes and changes it, e.g. `did:ethr:0x7a69`, `did:key`. */
  readonly provider: string;
  /** Where all its keys lie in the vault; it stays what it was when the DID was made. */
  readonly keyNamespace: DidNamespace;
  readonly controllerKeyId: string;
  /** Vault key ids, the controller's among them, in the order in which they were added. */
  readonly keyIds: readonly string[];
  readonly services: readonly StoredService[];
  readonly createdAt: Instant;
  /** Since when its document is gone for good; only of DIDs whose documents are served from here (did:web). */
  readonly deactivatedAt?: Instant;
}

/** An address in the document of a DID. */
export interface StoredService {
  readonly id: string;
  readonly type: string;
  readonly endpoint: string;
  /** It is left out of the document from then on; without it, it stays until it is removed. */
  readonly validUntil?: Instant;
}

/** Keeps the DIDs of tenants. Throws Fault STORE_UNAVAILABLE when the store does not answer. */
export interface DidRepository {
  /**
   * Inserts, or replaces the row of the same DID; refuses CONFLICT where another DID of the tenant has the alias. A DID that was
   * given up stays so, whatever it is replaced with, and the namespace of its keys stays what it was.
   */
  saveDid(did: StoredDid): Promise<Outcome<true>>;
  /** Changes keys, services and end of a DID that is still as it was read; false, and nothing is changed, where it is not. */
  changeDid(before: StoredDid, after: Pick<StoredDid, 'controllerKeyId' | 'keyIds' | 'services' | 'deactivatedAt'>): Promise<boolean>;
  readDid(tenant: TenantId, did: Did): Promise<StoredDid | undefined>;
  readDidByAlias(tenant: TenantId, alias: string): Promise<StoredDid | undefined>;
  /** Oldest first. */
  listDids(tenant: TenantId): Promise<readonly StoredDid[]>;
  /** Whether there was one to delete; its keys stay in the vault. */
  deleteDid(tenant: TenantId, did: Did): Promise<boolean>;
}
