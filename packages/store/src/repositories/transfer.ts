import { ok, refuse } from '@gridpass/core';
import type { Did, DidTransfer, Digest, Instant, TenantId, TransferChange, TransferRepository } from '@gridpass/core';
import type { Selectable } from 'kysely';
import { isUniqueViolation } from '../faults.js';
import type { Store } from '../open.js';
import type { LifeCycleTables } from '../tables/did-life-cycle.js';

type Row = Selectable<LifeCycleTables['did_transfer']>;

/** Transfers of DIDs in SQL. */
export function createTransferRepository(store: Pick<Store, 'db'>): TransferRepository {
  const { db } = store;
  return {
    async addTransfer(transfer) {
      try {
        await db.insertInto('did_transfer').values(toRow(transfer)).execute();
        return ok(true as const);
      } catch (error) {
        if (isUniqueViolation(error)) return refuse('ALREADY_OFFERED', 'transfer', 'another transfer of the DID is open');
        throw error;
      }
    },
    async readTransfer(tenant, transferId) {
      const row = await db
        .selectFrom('did_transfer')
        .selectAll()
        .where('transfer_id', '=', transferId)
        .where((eb) => eb.or([eb('tenant', '=', tenant), eb('to_tenant', '=', tenant), eb('confirmer', '=', tenant)]))
        .executeTakeFirst();
      return row && toTransfer(row);
    },
    async listTransfers(tenant, limit) {
      const rows = await db
        .selectFrom('did_transfer')
        .selectAll()
        .where((eb) => eb.or([eb('tenant', '=', tenant), eb('to_tenant', '=', tenant), eb('confirmer', '=', tenant)]))
        .orderBy('offered_at', 'desc')
        .orderBy('transfer_id')
        .limit(limit)
        .execute();
      return rows.map(toTransfer);
    },
    async listUnfinished(limit) {
      const rows = await db
        .selectFrom('did_transfer')
        .selectAll()
        .where('state', '=', 'accepted')
        .orderBy('changed_at')
        .limit(limit)
        .execute();
      return rows.map(toTransfer);
    },
    async lastAccepted(did) {
      const row = await db
        .selectFrom('did_transfer')
        .selectAll()
        .where('did', '=', did)
        .where('accepted_at', '>', 0)
        .where('state', '!=', 'failed')
        .orderBy('accepted_at', 'desc')
        .orderBy('offered_at', 'desc')
        .executeTakeFirst();
      return row && toTransfer(row);
    },
    async changeTransfer({ tenant, transferId, version }, change) {
      const result = await db
        .updateTable('did_transfer')
        .set({ ...toChanged(change), version: version + 1 })
        .where('tenant', '=', tenant)
        .where('transfer_id', '=', transferId)
        .where('version', '=', version)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
  };
}

/** Only what the step changes; Kysely leaves out what is undefined. */
function toChanged(change: TransferChange) {
  return {
    state: change.state,
    changed_at: change.changedAt,
    accepted_by: change.acceptedBy,
    accepted_at: change.acceptedAt,
    new_owner: change.newOwner,
    new_key_id: change.newKeyId,
    answer: change.answer,
    confirmer: change.confirmer,
    witness: change.witness,
    application_id: change.applicationId,
    reason: change.reason,
  };
}

function toRow(transfer: DidTransfer): Row {
  return {
    tenant: transfer.tenant,
    transfer_id: transfer.transferId,
    did: transfer.did,
    to_tenant: transfer.toTenant,
    state: transfer.state,
    version: transfer.version,
    new_key_id: transfer.newKeyId,
    confirmer: transfer.confirmer,
    offered_at: transfer.offeredAt,
    expires_at: transfer.expiresAt,
    changed_at: transfer.changedAt,
    to_did: transfer.toDid,
    owner: transfer.owner,
    nonce: transfer.nonce,
    offered_by: transfer.offeredBy,
    accepted_by: transfer.acceptedBy,
    accepted_at: transfer.acceptedAt,
    new_owner: transfer.newOwner,
    answer: transfer.answer,
    witness: transfer.witness,
    application_id: transfer.applicationId,
    reason: transfer.reason,
  };
}

function toTransfer(row: Row): DidTransfer {
  return Object.freeze({
    tenant: row.tenant as TenantId,
    transferId: row.transfer_id,
    did: row.did as Did,
    toDid: row.to_did as Did,
    toTenant: row.to_tenant as TenantId | '',
    state: row.state,
    version: row.version,
    owner: row.owner,
    nonce: row.nonce,
    offeredBy: row.offered_by,
    acceptedBy: row.accepted_by,
    acceptedAt: row.accepted_at as Instant,
    newOwner: row.new_owner,
    newKeyId: row.new_key_id,
    answer: row.answer as Digest | '',
    confirmer: row.confirmer as TenantId | '',
    witness: row.witness as TenantId | '',
    applicationId: row.application_id,
    reason: row.reason,
    offeredAt: row.offered_at as Instant,
    expiresAt: row.expires_at as Instant,
    changedAt: row.changed_at as Instant,
  });
}
