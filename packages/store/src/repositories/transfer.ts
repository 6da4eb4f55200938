import { ok, refuse } from '@gridpass/core';
import type { Did, DidTransfer, Instant, TenantId, TransferRepository } from '@gridpass/core';
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
        if (isUniqueViolation(error)) return refuse('CONFLICT', 'transfer', 'another transfer of the DID is open');
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
    async changeTransfer({ tenant, transferId, version }, { state, changedAt, newKeyId }) {
      const result = await db
        .updateTable('did_transfer')
        .set({ state, changed_at: changedAt, version: version + 1, ...(newKeyId === undefined ? {} : { new_key_id: newKeyId }) })
        .where('tenant', '=', tenant)
        .where('transfer_id', '=', transferId)
        .where('version', '=', version)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
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
  };
}

function toTransfer(row: Row): DidTransfer {
  return Object.freeze({
    tenant: row.tenant as TenantId,
    transferId: row.transfer_id,
    did: row.did as Did,
    toTenant: row.to_tenant as TenantId,
    state: row.state,
    version: row.version,
    newKeyId: row.new_key_id,
    confirmer: row.confirmer as TenantId,
    offeredAt: row.offered_at as Instant,
    expiresAt: row.expires_at as Instant,
    changedAt: row.changed_at as Instant,
  });
}
