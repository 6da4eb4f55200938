import type { Outcome } from '../outcome.js';
import type { Did, Digest, Instant, TenantId } from '../nouns.js';

/**
 * offered → accepted → moved → confirmed; offered → rejected, cancelled or expired; accepted → failed. `accepted` is on its way:
 * the credentials of the device are suspended and the registry is told; `moved` means that the registry names the new owner;
 * `confirmed` that nothing of the device is suspended for it any more; `failed` that the registry could not be told for good.
 */
export type TransferState = 'offered' | 'accepted' | 'moved' | 'confirmed' | 'rejected' | 'cancelled' | 'expired' | 'failed';

/** A device's DID on its way from one owner to another. */
export interface DidTransfer {
  /** Of the owner who offers. */
  readonly tenant: TenantId;
  readonly transferId: string;
  readonly did: Did;
  /** To whom; nobody else may accept. */
  readonly toDid: Did;
  /** The tenant of that DID where it is one of this program; '' where the new owner answers from elsewhere, by a signed statement. */
  readonly toTenant: TenantId | '';
  readonly state: TransferState;
  readonly version: number;
  /** The account that owned the DID when it was offered, and the registry's nonce of it: the offer is for the device as it was then. */
  readonly owner: string;
  readonly nonce: number;
  /** The operator who offered. What follows from the offer in the old owner's log is this operator's. */
  readonly offeredBy: string;
  /** The operator, or the DID, that accepted; '' until then. */
  readonly acceptedBy: string;
  /** 0 until then. */
  readonly acceptedAt: Instant;
  /** The account of the new owner, from acceptance on. */
  readonly newOwner: string;
  /** Its key in the vault of `toTenant`; '' where that is elsewhere. */
  readonly newKeyId: string;
  /** SHA-256 of the signed statement that accepted; '' where an operator of this program did. */
  readonly answer: Digest | '';
  /** The tenant whose commissioning of the device is suspended, and who confirms; '' where nobody commissioned it. */
  readonly confirmer: TenantId | '';
  /** The tenant that witnessed the ownership, and its application for the new owner's; '' where there is none. */
  readonly witness: TenantId | '';
  readonly applicationId: string;
  /** The code of what made it fail; '' otherwise. */
  readonly reason: string;
  readonly offeredAt: Instant;
  readonly expiresAt: Instant;
  readonly changedAt: Instant;
}

/** What a step of a transfer may change. */
export type TransferChange = Pick<DidTransfer, 'state' | 'changedAt'> &
  Partial<
    Pick<
      DidTransfer,
      'acceptedBy' | 'acceptedAt' | 'newOwner' | 'newKeyId' | 'answer' | 'confirmer' | 'witness' | 'applicationId' | 'reason'
    >
  >;

/** Keeps transfers. Throws Fault STORE_UNAVAILABLE when the store does not answer. */
export interface TransferRepository {
  /** Refuses ALREADY_OFFERED while another transfer of the DID is open. */
  addTransfer(transfer: DidTransfer): Promise<Outcome<true>>;
  /** For the one who offers, the one who is offered to, and the one who confirms. */
  readTransfer(tenant: TenantId, transferId: string): Promise<DidTransfer | undefined>;
  /** Those that {@link readTransfer} gives a tenant, newest first. */
  listTransfers(tenant: TenantId, limit: number): Promise<readonly DidTransfer[]>;
  /** Of all tenants: accepted and not yet moved; to be taken up again after a crash. Least recently changed first. */
  listUnfinished(limit: number): Promise<readonly DidTransfer[]>;
  /** Of all tenants: the newest transfer of a DID that was accepted and has not failed. */
  lastAccepted(did: Did): Promise<DidTransfer | undefined>;
  /** Writes the state if the transfer still has that version; false otherwise. */
  changeTransfer(transfer: Pick<DidTransfer, 'tenant' | 'transferId' | 'version'>, change: TransferChange): Promise<boolean>;
}
