import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Transfers to owners of other programs, and what a transfer must still know after a crash: who offered, who accepted, which
 * account follows, and which application for an ownership came of it. Applications are found by the device that they name.
 */
export const ownershipTransferMigration: Migration = {
  async up(db) {
    await sql`
      alter table did_transfer
        add column to_did text not null default '',
        add column owner text not null default '',
        add column nonce bigint not null default 0,
        add column offered_by text not null default '',
        add column accepted_by text not null default '',
        add column accepted_at bigint not null default 0,
        add column new_owner text not null default '',
        add column answer text not null default '',
        add column witness text not null default '',
        add column application_id text not null default '',
        add column reason text not null default '',
        drop constraint did_transfer_state_check,
        add constraint did_transfer_state_check
          check (state in ('offered', 'accepted', 'moved', 'confirmed', 'rejected', 'cancelled', 'expired', 'failed'))`.execute(db);
    // Offers of before do not say whose account they were made for; they have to be made anew.
    await sql`update did_transfer set state = 'expired', version = version + 1 where state = 'offered'`.execute(db);
    await sql`create index did_transfer_did on did_transfer (did, accepted_at)`.execute(db);
    await sql`create index did_transfer_confirmer on did_transfer (confirmer)`.execute(db);
    await sql`alter table issue_application add column device text`.execute(db);
    await sql`update issue_application set device = claims::jsonb ->> 'deviceDid' where type = 'DeviceCommissioning'`.execute(db);
    await sql`create index issue_application_device on issue_application (tenant, device) where device is not null`.execute(db);
  },
  async down(db) {
    await sql`alter table issue_application drop column device`.execute(db);
    await sql`drop index did_transfer_did`.execute(db);
    await sql`drop index did_transfer_confirmer`.execute(db);
    // The older form has no state for it; nothing of it is open.
    await sql`update did_transfer set state = 'cancelled' where state = 'failed'`.execute(db);
    await sql`
      alter table did_transfer
        drop column to_did, drop column owner, drop column nonce, drop column offered_by, drop column accepted_by,
        drop column accepted_at, drop column new_owner, drop column answer, drop column witness, drop column application_id,
        drop column reason,
        drop constraint did_transfer_state_check,
        add constraint did_transfer_state_check
          check (state in ('offered', 'accepted', 'moved', 'confirmed', 'rejected', 'cancelled', 'expired'))`.execute(db);
  },
};
