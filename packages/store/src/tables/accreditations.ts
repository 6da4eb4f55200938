/** Tables of an issuer's own accreditations (migrations 042 and 047). The credentials and applications are in those of its wallet. */
export interface AccreditationTables {
  accreditation_origin: {
    readonly tenant: string;
    readonly digest: string;
    readonly issuer: string;
  };
  accreditation_task: {
    readonly tenant: string;
    readonly task: string;
    readonly failures: number;
    readonly due_at: number;
    readonly problem: string;
    readonly application: string;
    readonly failing_since: number | null;
  };
}
