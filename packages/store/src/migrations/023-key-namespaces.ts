import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What each key is for. Keys of before get their namespace by what refers to them, and where two things do, or nothing does, the
 * one that lets less happen: `issuing` never leaves, and no wallet disposes of it. Their seals are bound to it by the vault, which can open them.
 */
export const keyNamespacesMigration: Migration = {
  async up(db) {
    await sql`alter table managed_did add column key_namespace text`.execute(db);
    await sql`alter table vault_key add column namespace text`.execute(db);
    await sql`alter table vault_key add column seal_version smallint not null default 1`.execute(db);
    // By the names that programs gave their DIDs; did:web is named by its address. One DID that serves a whole organisation may issue one day.
    await sql`
      update managed_did d set key_namespace = case
        when alias in ('gate', 'market', 'ledger-gate') then 'gate'
        when alias in ('wallet', 'device') then 'identity'
        when alias not in ('issuer', 'organisation') and exists (
          select 1 from vault_key k where k.tenant = d.tenant and k.key_id = d.controller_key_id
            and (k.label = 'controller of a did:ethr' or k.label like 'owner of %')) then 'owning'
        when alias in ('issuer', 'organisation')
          or exists (select 1 from status_list s where s.tenant = d.tenant)
          or exists (select 1 from issue_application a where a.tenant = d.tenant) then 'issuing'
        when exists (select 1 from wallet_relation r where r.tenant = d.tenant and r.did = d.did) then 'identity'
        when exists (select 1 from grant_session g where g.tenant = d.tenant) then 'gate'
        else 'issuing' end`.execute(db);
    await sql`
      update vault_key k set namespace = coalesce(
        case
          when key_id = 'audit-log' then 'log'
          when tenant = 'gridpass-program' then 'account'
        end,
        (select d.key_namespace from managed_did d
          where d.tenant = k.tenant and (d.controller_key_id = k.key_id or d.key_ids::jsonb ? k.key_id)
          order by array_position(array['issuing', 'gate', 'owning', 'identity'], d.key_namespace) limit 1),
        case
          when exists (select 1 from wallet_relation r where r.tenant = k.tenant and r.key_id = k.key_id and r.did like 'did:jwk:%') then 'holding'
          when exists (select 1 from wallet_relation r where r.tenant = k.tenant and r.key_id = k.key_id) then 'identity'
          when label like 'owner of %' then 'owning'
          else 'issuing'
        end)`.execute(db);
    await sql`alter table managed_did alter column key_namespace set not null`.execute(db);
    await sql`alter table vault_key alter column namespace set not null`.execute(db);
    await sql`
      alter table vault_key add constraint vault_key_namespace
        check (namespace in ('holding', 'identity', 'issuing', 'owning', 'gate', 'log', 'account'))`.execute(db);
    await sql`
      alter table managed_did add constraint managed_did_key_namespace
        check (key_namespace in ('identity', 'issuing', 'owning', 'gate'))`.execute(db);
    await sql`alter table vault_key drop constraint vault_key_pkey`.execute(db);
    await sql`alter table vault_key add primary key (tenant, namespace, key_id)`.execute(db);
  },
  async down(db) {
    // The version before cannot open what is bound to a namespace: keys are not thrown away by going back.
    const { rows } = await sql<{ n: number }>`select count(*) as n from vault_key where seal_version <> 1`.execute(db);
    if ((rows[0]?.n ?? 0) > 0)
      throw new Error('keys that are bound to their namespace do not open in the version before; restore a backup');
    await sql`alter table vault_key drop constraint vault_key_pkey`.execute(db);
    await sql`alter table vault_key add primary key (tenant, key_id)`.execute(db);
    await sql`alter table vault_key drop column seal_version, drop column namespace`.execute(db);
    await sql`alter table managed_did drop column key_namespace`.execute(db);
  },
};
