/** Tables of the ledger topic (migration 008). */
export interface LedgerTables {
  ledger_admission: {
    readonly tenant: string;
    readonly chain_id: number;
    readonly channel: string;
    readonly account: string;
    readonly holder_did: string;
    readonly receipt: string;
    readonly until_at: number;
    readonly not_after: number;
    readonly checked_at: number;
    /** JSON; null once ended, so that what it rests on lives no longer than its use. */
    readonly evidence: string | null;
    readonly ended_at: number | null;
    readonly end_reason: string | null;
  };
  ledger_contract: {
    readonly tenant: string;
    readonly chain_id: number;
    readonly name: string;
    readonly address: string;
  };
}
