import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import type { Migration } from 'kysely/migration';

/** SHA-256 of a text in base64url, as codec's `digestOf` writes it. */
const digestOf = (text: RawBuilder<string>): RawBuilder<string> =>
  sql`rtrim(translate(encode(sha256(convert_to(${text}, 'UTF8')), 'base64'), '+/', '-_'), '=')`;

/** The handle of version 2, as codec's `handleOf` writes it: over the signing input, which ends before the last point. */
const handleOf = (compact: RawBuilder<string>): RawBuilder<string> =>
  sql`'v2.' || ${digestOf(sql`regexp_replace(${compact}, '[.][^.]*$', '')`)}`;

const DOCUMENT = sql<string>`document`;
/** The issuer-signed part of what a wallet keeps. */
const HELD = sql<string>`split_part(compact, '~', 1)`;

/**
 * Credentials are named by a digest that leaves the signature out. Records of before keep the name they have, which stands in
 * logs, pins and dependencies; where the text is kept, the new name is added. The others are found by their status entry.
 */
export const credentialHandleMigration: Migration = {
  async up(db) {
    await sql`alter table issued_credential add column handle text`.execute(db);
    await sql`update issued_credential set handle = ${handleOf(DOCUMENT)} where document is not null`.execute(db);
    await sql`create index issued_credential_handle on issued_credential (tenant, handle) where handle is not null`.execute(db);
    await sql`create index issued_credential_status on issued_credential (tenant, status)`.execute(db);
    await joinTwins(db);
    await sql`
      delete from wallet_credential a using wallet_credential b
      where a.tenant = b.tenant and a.credential_id > b.credential_id
        and regexp_replace(split_part(a.compact, '~', 1), '[.][^.]*$', '') = regexp_replace(split_part(b.compact, '~', 1), '[.][^.]*$', '')
      `.execute(db);
    await sql`update wallet_credential set digest = ${handleOf(HELD)}, credential_id = ${handleOf(HELD)}`.execute(db);
  },
  async down(db) {
    await sql`update wallet_credential set digest = ${digestOf(HELD)}, credential_id = ${digestOf(HELD)}`.execute(db);
    await sql`drop index issued_credential_status`.execute(db);
    await sql`drop index issued_credential_handle`.execute(db);
    await sql`alter table issued_credential drop column handle`.execute(db);
  },
};

/**
 * What was issued on another spelling of a credential's signature stands on a name that no record has, and was passed over by
 * cascades. The status entry of the evidence tells which record it was: the dependency is put there, and what befell that
 * record is told once more. Where an application was erased since, nothing can be told.
 */
async function joinTwins(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ tenant: string; parent: string; state: string }>`
    with joined as (
      insert into issued_dependency (tenant, depends_on, digest, kind)
      select distinct d.tenant, p.digest, d.digest, d.kind
      from issued_dependency d
      join issued_credential c on c.tenant = d.tenant and c.digest = d.digest
      join issue_application a on a.tenant = c.tenant and a.application_id = c.application_id
      cross join lateral jsonb_array_elements(a.evidence::jsonb) as shown
      join issued_credential p on p.status::jsonb = shown -> 'status' and p.digest <> d.depends_on
      where d.kind = 'prerequisite' and shown ->> 'digest' = d.depends_on
      on conflict do nothing
      returning tenant, depends_on
    )
    select distinct j.tenant, p.digest as parent, p.state from joined j join issued_credential p on p.digest = j.depends_on
    where p.state <> 'active'`.execute(db);
  for (const { tenant, parent, state } of rows) {
    const body = JSON.stringify({ digest: parent, kind: 'prerequisite', what: state });
    await sql`
      insert into issue_outbox (tenant, entry_id, kind, body, due_at)
      values (${tenant}, ${`handle:${parent}`}, 'news', ${body}, 0) on conflict do nothing`.execute(db);
  }
}
