/** Tables of the audit topic (migration 003). */
export interface AuditTables {
  audit_head: {
    readonly tenant: string;
    readonly size: number;
    readonly root: Uint8Array;
    /** The compact range: hashes of the perfect subtrees of the tree, largest first, 32 bytes each. */
    readonly range: Uint8Array;
  };
  audit_entry: {
    readonly tenant: string;
    readonly idx: number;
    readonly leaf: Uint8Array;
    readonly entry: string;
  };
  audit_node: {
    readonly tenant: string;
    readonly level: number;
    readonly idx: number;
    readonly hash: Uint8Array;
  };
  audit_checkpoint: {
    readonly tenant: string;
    readonly size: number;
    readonly note: string;
  };
  audit_salt: {
    readonly tenant: string;
    readonly subject_ref: string;
    readonly salt: Uint8Array;
  };
}
