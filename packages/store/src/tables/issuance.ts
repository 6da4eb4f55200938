import type { ColumnType } from 'kysely';

/** Given by the sequence `issue_order`. */
type Ordered = ColumnType<number, never, number>;

/** Tables of the issuance topic (migrations 006, 013, 015, 016, 021, 022, 029, 030, 034 and 036). Lists and objects are canonical JSON in text columns. */
export interface IssuanceTables {
  register_entry: {
    readonly tenant: string;
    readonly code: string;
    readonly kind: string;
    readonly display_name: string;
    readonly long_name: string;
    readonly status: string;
    readonly country: string;
    readonly responsible_party: string;
    readonly functions: string;
    readonly role_codes: string;
    readonly digest: string;
    readonly imported_at: number;
    /** The place of the import that saw it last, of those at once the last that began (migration 031), and when a whole register came without it (migration 022). */
    readonly seen_order: number;
    readonly vanished_at: number | null;
    /** Of what vanished: whether somebody confirmed it. */
    readonly vanish_confirmed: boolean;
  };
  /** The place of the last import of a whole register, by kind. */
  register_whole: {
    readonly tenant: string;
    readonly kind: string;
    readonly begun: number;
  };
  issue_application: {
    readonly tenant: string;
    readonly application_id: string;
    readonly applicant: string;
    readonly type: string;
    readonly claims: string;
    readonly claims_digest: string;
    readonly subject: string | null;
    readonly holder_thumbprint: string | null;
    readonly party_scheme: string | null;
    readonly party_value: string | null;
    readonly evidence: string;
    /** That the applicant is known by the key it proved alone (migration 036). */
    readonly stranger: boolean;
    readonly valid_until: number;
    readonly renews: string | null;
    /** The device that the claims name, where they name one (migration 015). */
    readonly device: string | null;
    readonly state: string;
    readonly reason: string;
    readonly decided_by: string;
    readonly submitted_at: number;
    readonly decided_at: number | null;
    /** Rules that were set aside, and the metering point that the claims name: its hash and `scheme:value` (migration 021). */
    readonly overrules: string;
    readonly metering_hash: string | null;
    readonly metering_code: string | null;
    /** When claims, evidence, applicant and reasons were erased (migration 016). */
    readonly purged_at: number | null;
    /** Who ended what had been approved, when and why (migration 029). */
    readonly closed_at: number | null;
    readonly closed_by: string;
    readonly closed_reason: string;
    /** Where the approval stands among all approvals and changes of state (migration 029). */
    readonly decided_order: Ordered;
    /** Where what ended it stands among them; null while nothing did (migration 029). */
    readonly closed_order: ColumnType<number | null, never, number>;
  };
  issued_credential: {
    readonly tenant: string;
    readonly digest: string;
    readonly application_id: string;
    readonly offer_id: string;
    readonly type: string;
    readonly format: string;
    readonly issuer: string;
    readonly subject: string;
    readonly party_scheme: string | null;
    readonly party_value: string | null;
    readonly holder_thumbprint: string;
    readonly issued_at: number;
    readonly valid_from: number;
    readonly valid_until: number;
    readonly status: string;
    readonly state: string;
    readonly state_at: number;
    readonly reason: string;
    readonly causes: string;
    readonly document: string | null;
    /** The handle of version 2 of a record whose `digest` is of version 1, where it could be told (migration 018). */
    readonly handle: string | null;
    /** Where the last change of state stands among all approvals and changes of state (migration 029). */
    readonly state_order: Ordered;
  };
  issued_dependency: {
    readonly tenant: string;
    readonly depends_on: string;
    readonly digest: string;
    readonly kind: string;
  };
  issue_outbox: {
    readonly tenant: string;
    readonly entry_id: string;
    readonly kind: string;
    readonly body: string;
    readonly due_at: number;
    readonly position: ColumnType<number, never, never>;
    /** The credential that news is about, and how often delivering it failed (migration 030). */
    readonly about: string;
    readonly failures: ColumnType<number, never, number>;
  };
  issue_authority: {
    readonly tenant: string;
    readonly digest: string;
    readonly uri: string;
    readonly saved_at: number;
  };
  issuance_entry: {
    readonly tenant: string;
    readonly digest: string;
    readonly idx: number;
  };
}
