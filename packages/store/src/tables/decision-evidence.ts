/** Table of the topic of decisions that can be taken anew (migration 028). */
export interface DecisionEvidenceTables {
  decision_evidence: {
    readonly tenant: string;
    /** The commitment that the log holds. */
    readonly input: string;
    readonly decided_at: number;
    /** This and the next two are null once the evidence is erased. */
    readonly kek_id: string | null;
    readonly wrapped_data_key: Uint8Array | null;
    readonly sealed: Uint8Array | null;
    readonly erased_at: number | null;
  };
}
