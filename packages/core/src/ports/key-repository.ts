import type { Outcome } from '../outcome.js';
import type { Instant, PublicJwk, SignatureAlgorithm, TenantId } from '../nouns.js';

/**
 * What a tenant's keys are for. A key is of one namespace for good, and whoever is given the keys of one cannot name a key of another:
 * - `holding`: faces that a wallet made for itself; the only keys that an archive may hold
 * - `identity`: of the DID by which an organisation or device holds and presents; it issues nothing
 * - `issuing`: of the DID that the tenant issues under
 * - `owning`: of DIDs that the tenant owns, devices above all
 * - `gate`: of the DID that a gate speaks with
 * - `log`: signs the checkpoints of the tenant's log
 * - `account`: pays on a chain
 */
export const KEY_NAMESPACES = ['holding', 'identity', 'issuing', 'owning', 'gate', 'log', 'account'] as const;
export type KeyNamespace = (typeof KEY_NAMESPACES)[number];

/** Those that DIDs have their keys in. */
export type DidNamespace = Extract<KeyNamespace, 'identity' | 'issuing' | 'owning' | 'gate'>;

/** The full name of a key: an id means nothing without the namespace it is of. */
export interface KeyName {
  readonly tenant: TenantId;
  readonly namespace: KeyNamespace;
  readonly keyId: string;
}

/** A private key as it lies on disk: sealed under a data key of its own, which in turn is wrapped under a key-encryption key. */
export interface StoredKey extends KeyName {
  readonly alg: SignatureAlgorithm;
  readonly publicJwk: PublicJwk;
  /** What the key is for, in the owner's words; '' where none was given. */
  readonly label: string;
  /** Which key-encryption key wraps the data key. */
  readonly kekId: string;
  readonly wrappedDataKey: Uint8Array;
  readonly sealedPrivateKey: Uint8Array;
  /** What the seals are bound to: 1, tenant and key id; 2, the namespace too. */
  readonly sealVersion: 1 | 2;
  readonly createdAt: Instant;
}

/** Where a walk over all keys stands; '' before the first. */
export interface KeyPosition {
  readonly tenant: string;
  readonly namespace: string;
  readonly keyId: string;
}

/** Keeps sealed keys; never sees one in the clear. Throws Fault STORE_UNAVAILABLE when the store does not answer. */
export interface KeyRepository {
  /** Refuses CONFLICT where the tenant has a key of that id in that namespace already. */
  insertKey(key: StoredKey): Promise<Outcome<true>>;
  readKey(name: KeyName): Promise<StoredKey | undefined>;
  /** Oldest first. */
  listKeys(tenant: TenantId, namespace: KeyNamespace): Promise<readonly StoredKey[]>;
  /** Whether there was one to delete. */
  deleteKey(name: KeyName): Promise<boolean>;
  /** Keys of all tenants that are not wrapped under `kekId`, in the order of (tenant, namespace, keyId), starting behind `after`. */
  listKeysNotUnder(kekId: string, after: KeyPosition, count: number): Promise<readonly StoredKey[]>;
  /** For each key-encryption key that keys of any tenant lie under, the first `count` of them, in the same order. */
  sampleKeysOfEachKek(count: number): Promise<readonly StoredKey[]>;
  /** Keys of all tenants under one of these key-encryption keys whose seals do not bind the namespace yet, in the same order. */
  listKeysSealedWithoutNamespace(kekIds: readonly string[], after: KeyPosition, count: number): Promise<readonly StoredKey[]>;
  /** Replaces the seals only while the key still has the ones that were read; tells whether it did. */
  replaceSeals(
    before: StoredKey,
    after: Pick<StoredKey, 'kekId' | 'wrappedDataKey' | 'sealedPrivateKey' | 'sealVersion'>,
  ): Promise<boolean>;
}
