/** Tables of the wallet topic (migrations 007, 037 and 045 to 047). */
export interface WalletTables {
  wallet_relation: {
    readonly tenant: string;
    readonly relation_id: string;
    readonly key_id: string;
    readonly did: string;
    readonly thumbprint: string;
    readonly audience: string | null;
    readonly created_at: number;
  };
  wallet_credential: {
    readonly tenant: string;
    readonly credential_id: string;
    readonly relation_id: string;
    readonly type: string;
    readonly format: string;
    readonly issuer: string;
    readonly digest: string;
    readonly compact: string;
    readonly valid_from: number;
    readonly valid_until: number;
    readonly received_at: number;
    readonly state: string;
    readonly state_at: number;
  };
  /** What the wallet applied for (migration 037); `turn_at` while somebody receives it. */
  wallet_application: {
    readonly tenant: string;
    readonly id: string;
    readonly relation_id: string;
    readonly issuer: string;
    readonly endpoint: string;
    readonly application_id: string;
    readonly type: string;
    readonly state: string;
    readonly reason: string;
    readonly submitted_at: number;
    readonly checked_at: number;
    readonly received_at: number | null;
    readonly problem: string;
    /** Migration 046: what the problem was about. */
    readonly because: string | null;
    readonly turn_at: number | null;
    /** JSON (migration 045): what was received and waits for its proof. */
    readonly unproven: string | null;
    /** Migration 047: since when it waits, over all tries. */
    readonly unproven_since: number | null;
  };
  wallet_disclosure: {
    readonly tenant: string;
    readonly disclosure_id: string;
    readonly at: number;
    readonly relation_id: string;
    readonly verifier: string;
    readonly response_uri: string;
    /** JSON: what was shown, by name. */
    readonly shown: string;
    readonly answer: string;
  };
}
