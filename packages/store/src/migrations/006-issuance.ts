import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const TABLES = ['issue_authority', 'issue_outbox', 'issued_dependency', 'issued_credential', 'issue_application', 'register_entry'];

/** The party register, applications, issued records with what they stand on, and the outbox. */
export const issuanceMigration: Migration = {
  async up(db) {
    await sql`
      create table register_entry (
        tenant text not null,
        code text not null,
        kind text not null check (kind in ('party', 'area')),
        display_name text not null,
        long_name text not null,
        status text not null check (status in ('active', 'inactive')),
        country text not null,
        responsible_party text not null,
        functions text not null,
        role_codes text not null,
        digest text not null,
        imported_at bigint not null,
        primary key (tenant, code)
      )`.execute(db);
    await sql`
      create table issue_application (
        tenant text not null,
        application_id text not null,
        applicant text not null,
        type text not null,
        claims text not null,
        claims_digest text not null,
        subject text,
        holder_thumbprint text,
        party_scheme text,
        party_value text,
        evidence text not null,
        valid_until bigint not null,
        renews text,
        state text not null check (state in ('pending', 'approved', 'rejected', 'issued')),
        reason text not null,
        decided_by text not null,
        submitted_at bigint not null,
        decided_at bigint,
        primary key (tenant, application_id)
      )`.execute(db);
    // An open application is asked for once, whoever sends it twice.
    await sql`
      create unique index issue_application_open on issue_application (tenant, applicant, type, claims_digest)
      where state in ('pending', 'approved')`.execute(db);
    await sql`create index issue_application_state on issue_application (tenant, state, submitted_at, application_id)`.execute(db);
    await sql`
      create table issued_credential (
        tenant text not null,
        digest text not null,
        application_id text not null,
        offer_id text not null,
        type text not null,
        format text not null,
        issuer text not null,
        subject text not null,
        party_scheme text,
        party_value text,
        holder_thumbprint text not null,
        issued_at bigint not null,
        valid_from bigint not null,
        valid_until bigint not null,
        status text not null,
        state text not null check (state in ('active', 'suspended', 'revoked')),
        state_at bigint not null,
        reason text not null,
        causes text not null,
        document text,
        primary key (tenant, digest),
        foreign key (tenant, application_id) references issue_application (tenant, application_id)
      )`.execute(db);
    await sql`create index issued_credential_subject on issued_credential (tenant, subject)`.execute(db);
    await sql`create index issued_credential_party on issued_credential (tenant, party_scheme, party_value)`.execute(db);
    await sql`create index issued_credential_application on issued_credential (tenant, application_id)`.execute(db);
    await sql`create index issued_credential_end on issued_credential (tenant, state, valid_until, digest)`.execute(db);
    await sql`
      create table issued_dependency (
        tenant text not null,
        depends_on text not null,
        digest text not null,
        kind text not null check (kind in ('authority', 'prerequisite')),
        primary key (tenant, depends_on, digest),
        foreign key (tenant, digest) references issued_credential (tenant, digest)
      )`.execute(db);
    await sql`
      create table issue_outbox (
        tenant text not null,
        entry_id text not null,
        kind text not null check (kind in ('act', 'news')),
        body text not null,
        due_at bigint not null,
        position bigint generated always as identity,
        primary key (tenant, entry_id)
      )`.execute(db);
    await sql`create index issue_outbox_due on issue_outbox (tenant, kind, position)`.execute(db);
    await sql`
      create table issue_authority (
        tenant text not null,
        digest text not null,
        uri text not null,
        saved_at bigint not null,
        primary key (tenant, digest)
      )`.execute(db);
  },
  async down(db) {
    for (const table of TABLES) await sql`drop table ${sql.table(table)}`.execute(db);
  },
};
