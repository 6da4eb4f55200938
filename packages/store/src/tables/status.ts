/** Tables of the status topic (migrations 002, 026 and 035). */
export interface StatusTables {
  status_list: {
    readonly tenant: string;
    readonly list_id: string;
    /** `revocation`, `suspension` (bitstring, one bit) or `token` (two bits). */
    readonly kind: string;
    readonly size: number;
    readonly used: number;
    readonly open: boolean;
    readonly version: number;
    readonly bits: Uint8Array;
    readonly published_version: number | null;
    readonly published_at: number | null;
    readonly expires_at: number | null;
    readonly body: string | null;
  };
  status_entry: {
    readonly tenant: string;
    readonly list_id: string;
    readonly idx: number;
  };
  status_burn_owed: {
    readonly tenant: string;
  };
  status_seen: {
    readonly tenant: string;
    readonly kind: string;
    readonly issuer: string;
    readonly uri: string;
    readonly issued_at: number;
    readonly version: number;
  };
}
