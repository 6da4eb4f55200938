import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Credentials of other programs that something issued here rests on; what stands already is watched too. */
export const watchedPrerequisitesMigration: Migration = {
  async up(db) {
    await sql`
      create table watched_prerequisite (
        tenant text not null,
        digest text not null,
        issuer text not null,
        status text not null,
        state text not null check (state in ('valid', 'suspended', 'revoked')),
        checked_at bigint not null,
        due_at bigint not null,
        failing_since bigint,
        problem text not null,
        primary key (tenant, digest)
      )`.execute(db);
    await sql`create index watched_prerequisite_due on watched_prerequisite (tenant, due_at) where state <> 'revoked'`.execute(db);
    await sql`
      insert into watched_prerequisite (tenant, digest, issuer, status, state, checked_at, due_at, problem)
      select distinct on (d.tenant, d.depends_on) d.tenant, d.depends_on, shown->>'issuer', (shown->'status')::text, 'valid', 0, 0, ''
      from issued_dependency d
      join issued_credential c on c.tenant = d.tenant and c.digest = d.digest and c.state <> 'revoked'
      join issue_application a on a.tenant = c.tenant and a.application_id = c.application_id and a.evidence <> ''
      cross join lateral jsonb_array_elements(a.evidence::jsonb) shown
      where d.kind = 'prerequisite' and shown->>'digest' = d.depends_on and shown->>'issuer' is not null
        and not exists (select from issued_credential own where own.digest = d.depends_on)
      order by d.tenant, d.depends_on`.execute(db);
  },
  async down(db) {
    await sql`drop table watched_prerequisite`.execute(db);
  },
};
