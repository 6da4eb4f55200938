import type { Instant, TenantId } from '../nouns.js';
import type { SealedRecord } from './evidence-repository.js';

/** The secret of one start of one replica. */
export interface NonceSecret {
  /** Later starts have higher numbers, whichever replica makes them and whatever its clock says. */
  readonly epoch: number;
  readonly secret: Uint8Array;
}

/** What the nonces of a gate are made of. A start makes a secret of its own; every replica learns it when it first meets a nonce of it. */
export interface NonceSecrets {
  /** Made when this process started. Nonces of earlier starts were perhaps used at the process that was here before. */
  readonly own: NonceSecret;
  /** Secrets of later starts than that of `epoch`, the oldest first. */
  readLater(epoch: number): Promise<readonly NonceSecret[]>;
}

/** Keeps the secrets of nonces, sealed; only the newest of each tenant. */
export interface NonceSecretRepository {
  /** Takes the next number. No two calls get the same one, and a call that began after another had ended gets a higher one. */
  takeEpoch(): Promise<number>;
  /** Keeps a secret and forgets those of the tenant that are older than the newest 32. */
  keepSecret(tenant: TenantId, secret: { readonly epoch: number; readonly record: SealedRecord; readonly at: Instant }): Promise<void>;
  listLater(tenant: TenantId, epoch: number): Promise<readonly { readonly epoch: number; readonly record: SealedRecord }[]>;
}
