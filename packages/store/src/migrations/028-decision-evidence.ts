import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What decisions were taken on, sealed, beside the log and never in it. An erased row has neither seal nor data key any more. */
export const decisionEvidenceMigration: Migration = {
  async up(db) {
    await sql`
      create table decision_evidence (
        tenant text not null,
        input text not null,
        decided_at bigint not null,
        kek_id text,
        wrapped_data_key bytea,
        sealed bytea,
        erased_at bigint,
        primary key (tenant, input),
        check ((erased_at is null) = (sealed is not null)),
        check ((sealed is null) = (wrapped_data_key is null) and (sealed is null) = (kek_id is null))
      )`.execute(db);
    await sql`create index decision_evidence_age on decision_evidence (tenant, decided_at, input)`.execute(db);
    await sql`create index decision_evidence_kept on decision_evidence (tenant, decided_at) where erased_at is null`.execute(db);
  },
  async down(db) {
    await sql`drop table decision_evidence`.execute(db);
  },
};
