import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * An approval can be closed, and an offer withdrawn. Approvals of before from which something was revoked since are closed here:
 * they would have given it out again. What a newer credential took the place of, and a copy that a handover ended, close nothing.
 */
export const closedApprovalsMigration: Migration = {
  async up(db) {
    await sql`alter table issue_application drop constraint issue_application_state_check`.execute(db);
    await sql`
      alter table issue_application add constraint issue_application_state_check
      check (state in ('pending', 'approved', 'rejected', 'issued', 'closed'))`.execute(db);
    await sql`create index issue_application_wish on issue_application (tenant, type, claims_digest)`.execute(db);
    await sql`alter table exchange_offer add column withdrawn_at bigint`.execute(db);
    await sql`alter table exchange_offer add column withdrawn_by text not null default ''`.execute(db);
    await sql`alter table exchange_offer add column withdrawn_reason text not null default ''`.execute(db);
    await sql`create index exchange_offer_reference on exchange_offer (tenant, reference)`.execute(db);
    await sql`
      update issue_application a set state = 'closed'
      where a.state in ('approved', 'issued') and exists (
        select 1 from issued_credential c join issue_application o on o.tenant = c.tenant and o.application_id = c.application_id
        where c.tenant = a.tenant and c.state = 'revoked' and c.reason <> 'superseded' and c.reason not like 'transfer:%'
          and coalesce(a.decided_at, a.submitted_at) <= c.state_at
          and (o.application_id = a.application_id or (
            o.type = a.type and o.claims_digest = a.claims_digest and o.claims_digest <> ''
            and (o.applicant = a.applicant or o.subject is not null or o.holder_thumbprint is not null)
          ))
      )`.execute(db);
  },
  async down(db) {
    await sql`drop index exchange_offer_reference`.execute(db);
    await sql`delete from exchange_offer where withdrawn_at is not null`.execute(db);
    for (const column of ['withdrawn_at', 'withdrawn_by', 'withdrawn_reason'])
      await sql`alter table exchange_offer drop column ${sql.ref(column)}`.execute(db);
    await sql`drop index issue_application_wish`.execute(db);
    await sql`update issue_application set state = 'rejected' where state = 'closed'`.execute(db);
    await sql`alter table issue_application drop constraint issue_application_state_check`.execute(db);
    await sql`
      alter table issue_application add constraint issue_application_state_check
      check (state in ('pending', 'approved', 'rejected', 'issued'))`.execute(db);
  },
};
