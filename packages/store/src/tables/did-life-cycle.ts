import type { RelayState, TransferState } from '@gridpass/core';

/** Tables of the DID life cycle topic (migrations 012 and 015). */
export interface LifeCycleTables {
  relay_request: {
    readonly tenant: string;
    readonly id: string;
    readonly chain_id: number;
    readonly registry: string;
    readonly did: string;
    readonly owner: string;
    readonly nonce: number;
    readonly data: string;
    readonly state: RelayState;
    readonly version: number;
    readonly account: string;
    /** Of the newest transaction; null unless submitted. */
    readonly account_nonce: number | null;
    /** JSON, a list of what was made. */
    readonly transactions: string;
    readonly mined_hash: string;
    readonly mined_block: number;
    readonly reason: string;
    readonly created_at: number;
    readonly changed_at: number;
  };
  did_transfer: {
    readonly tenant: string;
    readonly transfer_id: string;
    readonly did: string;
    readonly to_tenant: string;
    readonly state: TransferState;
    readonly version: number;
    readonly new_key_id: string;
    readonly confirmer: string;
    readonly offered_at: number;
    readonly expires_at: number;
    readonly changed_at: number;
    readonly to_did: string;
    readonly owner: string;
    readonly nonce: number;
    readonly offered_by: string;
    readonly accepted_by: string;
    /** 0 until then. */
    readonly accepted_at: number;
    readonly new_owner: string;
    readonly answer: string;
    readonly witness: string;
    readonly application_id: string;
    readonly reason: string;
  };
}
