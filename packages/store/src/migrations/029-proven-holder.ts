import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What was revoked or suspended is found by the key that was proven, and whether an approval is older than that is told by one sequence:
 * seconds of several replicas are not in order. What is there already is put in order by its times, before everything that comes.
 */
export const provenHolderMigration: Migration = {
  async up(db) {
    await sql`create sequence issue_order as bigint`.execute(db);
    await sql`alter table issue_application add column decided_order bigint not null default nextval('issue_order')`.execute(db);
    await sql`alter table issue_application add column closed_order bigint`.execute(db);
    await sql`alter table issued_credential add column state_order bigint not null default nextval('issue_order')`.execute(db);
    await sql`update issue_application set decided_order = coalesce(decided_at, submitted_at) - ${BEFORE}::bigint`.execute(db);
    await sql`update issue_application set closed_order = decided_order where state = 'closed'`.execute(db);
    await sql`update issued_credential set state_order = state_at - ${BEFORE}::bigint`.execute(db);
    await sql`create index issued_credential_holder on issued_credential (tenant, holder_thumbprint)`.execute(db);
    await sql`create index issue_application_subject on issue_application (tenant, subject) where subject is not null`.execute(db);
    await sql`
      create index issue_application_holder on issue_application (tenant, holder_thumbprint) where holder_thumbprint is not null`.execute(
      db,
    );
    // Who approved, when and why, stays beside who closed it. Of what was closed before, the approval was written over.
    await sql`
      alter table issue_application
        add column closed_at bigint,
        add column closed_by text not null default '',
        add column closed_reason text not null default ''`.execute(db);
    await sql`
      update issue_application set closed_at = decided_at, closed_by = decided_by, closed_reason = reason, decided_by = '', reason = '',
        decided_at = null
      where state = 'closed'`.execute(db);
  },
  async down(db) {
    await sql`
      update issue_application set decided_at = closed_at, decided_by = closed_by, reason = closed_reason where closed_at is not null`.execute(
      db,
    );
    await sql`alter table issue_application drop column closed_at, drop column closed_by, drop column closed_reason`.execute(db);
    await sql`drop index issue_application_holder`.execute(db);
    await sql`drop index issue_application_subject`.execute(db);
    await sql`drop index issued_credential_holder`.execute(db);
    await sql`alter table issued_credential drop column state_order`.execute(db);
    await sql`alter table issue_application drop column decided_order, drop column closed_order`.execute(db);
    await sql`drop sequence issue_order`.execute(db);
  },
};

/** More than any instant in seconds, so that what is older than the sequence is below its first number. */
const BEFORE = 8_589_934_592;
