import type { Outcome } from '../outcome.js';
import type { Instant, PublicJwk, SignatureAlgorithm, TenantId } from '../nouns.js';

/** A private key as it lies on disk: sealed under a data key of its own, which in turn is wrapped under a key-encryption key. */
export interface StoredKey {
  readonly tenant: TenantId;
  readonly keyId: string;
  readonly alg: SignatureAlgorithm;
  readonly publicJwk: PublicJwk;
  /** What the key is for, in the owner's words; '' where none was given. */
  readonly label: string;
  /** Which key-encryption key wraps the data key. */
  readonly kekId: string;
  readonly wrappedDataKey: Uint8Array;
  readonly sealedPrivateKey: Uint8Array;
  readonly createdAt: Instant;
}

/** Keeps sealed keys; never sees one in the clear. Throws Fault STORE_UNAVAILABLE when the store does not answer. */
export interface KeyRepository {
  /** Refuses CONFLICT where the tenant has a key of that id already. */
  insertKey(key: StoredKey): Promise<Outcome<true>>;
  readKey(tenant: TenantId, keyId: string): Promise<StoredKey | undefined>;
  /** Oldest first. */
  listKeys(tenant: TenantId): Promise<readonly StoredKey[]>;
  /** Whether there was one to delete. */
  deleteKey(tenant: TenantId, keyId: string): Promise<boolean>;
  /** Keys of all tenants that are not wrapped under `kekId`, in the order of (tenant, keyId), starting behind `after`. */
  listKeysNotUnder(kekId: string, after: { readonly tenant: string; readonly keyId: string }, count: number): Promise<readonly StoredKey[]>;
  /** Replaces the wrapping only while the key is still wrapped under `fromKekId`; tells whether it did. */
  replaceWrapping(change: {
    readonly tenant: TenantId;
    readonly keyId: string;
    readonly fromKekId: string;
    readonly kekId: string;
    readonly wrappedDataKey: Uint8Array;
  }): Promise<boolean>;
}
