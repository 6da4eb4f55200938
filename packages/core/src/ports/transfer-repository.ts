import type { Outcome } from '../outcome.js';
import type { Did, Instant, TenantId } from '../nouns.js';

/**
 * offered → accepted → moved → confirmed; offered → rejected, cancelled or expired. `accepted` is on its way: the credentials
 * of the device are suspended and the registry is told; `moved` means that the registry names the new owner.
 */
export type TransferState = 'offered' | 'accepted' | 'moved' | 'confirmed' | 'rejected' | 'cancelled' | 'expired';

/** A device's DID on its way from one owner to another. */
export interface DidTransfer {
  /** Of the owner who offers. */
  readonly tenant: TenantId;
  readonly transferId: string;
  readonly did: Did;
  /** To whom; nobody else may accept. */
  readonly toTenant: TenantId;
  readonly state: TransferState;
  readonly version: number;
  /** The vault key of the new owner, from acceptance on. */
  readonly newKeyId: string;
  /** Who suspended commissionings, and confirms. */
  readonly confirmer: TenantId;
  readonly offeredAt: Instant;
  readonly expiresAt: Instant;
  readonly changedAt: Instant;
}

/** Keeps transfers. Throws Fault STORE_UNAVAILABLE when the store does not answer. */
export interface TransferRepository {
  /** Refuses CONFLICT while another transfer of the DID is open. */
  addTransfer(transfer: DidTransfer): Promise<Outcome<true>>;
  /** For the one who offers, the one who is offered to, and the one who confirms. */
  readTransfer(tenant: TenantId, transferId: string): Promise<DidTransfer | undefined>;
  /** Those that {@link readTransfer} gives a tenant, newest first. */
  listTransfers(tenant: TenantId, limit: number): Promise<readonly DidTransfer[]>;
  /** Of all tenants: accepted and not yet moved; to be taken up again after a crash. */
  listUnfinished(limit: number): Promise<readonly DidTransfer[]>;
  /** Writes the state if the transfer still has that version; false otherwise. */
  changeTransfer(
    transfer: Pick<DidTransfer, 'tenant' | 'transferId' | 'version'>,
    change: Pick<DidTransfer, 'state' | 'changedAt'> & { readonly newKeyId?: string },
  ): Promise<boolean>;
}
