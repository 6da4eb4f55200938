/** Tables of the wallet topic (migration 007). */
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
