/** The table of what is watched of other programs (migration 043). */
export interface WatchTables {
  watched_prerequisite: {
    readonly tenant: string;
    readonly digest: string;
    readonly issuer: string;
    /** JSON: the status entries that its credential names. */
    readonly status: string;
    readonly state: 'valid' | 'suspended' | 'revoked';
    readonly checked_at: number;
    readonly due_at: number;
    readonly failing_since: number | null;
    readonly problem: string;
  };
}
