/** Tables of the keys and DIDs topic (migrations 001, 017 and 023). */
export interface KeyTables {
  vault_key: {
    readonly tenant: string;
    /** What the key is for. */
    readonly namespace: string;
    readonly key_id: string;
    readonly alg: string;
    /** JSON: the public key. */
    readonly public_jwk: string;
    readonly label: string;
    readonly kek_id: string;
    readonly wrapped_data_key: Uint8Array;
    readonly sealed_private_key: Uint8Array;
    /** 1: sealed before there were namespaces. */
    readonly seal_version: number;
    readonly created_at: number;
  };
  managed_did: {
    readonly tenant: string;
    readonly did: string;
    readonly alias: string;
    readonly provider: string;
    /** Where all its keys lie. */
    readonly key_namespace: string;
    readonly controller_key_id: string;
    /** JSON: vault key ids in the order in which they were added. */
    readonly key_ids: string;
    /** JSON: services of the DID document. */
    readonly services: string;
    readonly created_at: number;
    /** Null while the DID stands. */
    readonly deactivated_at: number | null;
  };
}
