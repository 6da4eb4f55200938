/** Table of the topic of nonces that every replica of a gate knows (migration 039). */
export interface NonceSecretTables {
  nonce_secret: {
    readonly tenant: string;
    /** Drawn from the sequence `nonce_epoch`. */
    readonly epoch: number;
    readonly kek_id: string;
    readonly wrapped_data_key: Uint8Array;
    readonly sealed: Uint8Array;
    readonly made_at: number;
  };
}
