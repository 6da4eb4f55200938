/** Tables of the ERC-1056 event index (migration 011). */
export interface EthrIndexTables {
  ethr_index: {
    readonly tenant: string;
    readonly chain_id: number;
    readonly registry: string;
    /** A short name within the tenant, for the rows below. */
    readonly source: number;
    readonly head_number: number;
    readonly head_hash: string;
    readonly genesis: string;
    readonly witnessed: number;
  };
  ethr_index_block: {
    readonly tenant: string;
    readonly source: number;
    readonly number: number;
    readonly hash: string;
  };
  ethr_index_event: {
    readonly tenant: string;
    readonly source: number;
    readonly identity: string;
    readonly block: number;
    readonly log_index: number;
    readonly time: number;
    /** Place in core's ETHR_EVENT_KINDS. */
    readonly kind: number;
    readonly previous: number;
    readonly data: Uint8Array;
  };
}
