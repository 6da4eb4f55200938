/** Table of the grants topic (migration 005). */
export interface GrantTables {
  grant_session: {
    readonly tenant: string;
    readonly id: string;
    readonly holder_did: string;
    readonly session_thumbprint: string;
    readonly response_code_digest: string;
    readonly redeem_by: number;
    readonly expires_at: number;
    readonly redeemed_at: number | null;
    readonly ended_at: number | null;
    readonly end_reason: string | null;
    /** JSON of the whole grant; null once it has ended, so that facts live no longer than their use. */
    readonly body: string | null;
  };
}
