/** Tables of the exchange topic (migrations 010, 036 and 041). */
export interface ExchangeTables {
  exchange_offer: {
    readonly tenant: string;
    readonly code_digest: string;
    readonly offer_id: string;
    readonly tx_code_digest: string | null;
    /** JSON array of text. */
    readonly configuration_ids: string;
    readonly reference: string;
    readonly attempts_left: number;
    readonly expires_at: number;
    readonly redeemed_at: number | null;
    readonly withdrawn_at: number | null;
    readonly withdrawn_by: string;
    readonly withdrawn_reason: string;
    /** That the applicant asked for it by itself (migration 036). */
    readonly own: boolean;
  };
  exchange_token: {
    readonly tenant: string;
    readonly token_digest: string;
    readonly offer_id: string;
    readonly thumbprint: string | null;
    /** JSON array of text; null where the token is for the whole offer (migration 041). */
    readonly authorized_ids: string | null;
    readonly expires_at: number;
  };
  exchange_issuance: {
    readonly tenant: string;
    readonly offer_id: string;
    readonly configuration_id: string;
    readonly claimed_at: number;
  };
  exchange_nonce: {
    readonly tenant: string;
    /** `nonce` was handed out by us; `seen` came from outside. */
    readonly kind: string;
    readonly digest: string;
    readonly expires_at: number;
  };
}
