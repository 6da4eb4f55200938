import type { Selectable } from 'kysely';
import { ok, refuse } from '@gridpass/core';
import type { Did, DidNamespace, DidRepository, Instant, StoredDid, TenantId } from '@gridpass/core';
import { isUniqueViolation } from '../faults.js';
import type { Store } from '../open.js';
import type { KeyTables } from '../tables/keys.js';

/** The DIDs of tenants in SQL. */
export function createDidRepository(store: Pick<Store, 'db'>): DidRepository {
  const { db } = store;
  return {
    async saveDid(did) {
      const {
        tenant: _tenant,
        did: _did,
        key_namespace: _namespace,
        created_at: _createdAt,
        deactivated_at: end,
        ...changeable
      } = toRow(did);
      try {
        await db
          .insertInto('managed_did')
          .values(toRow(did))
          .onConflict((conflict) =>
            conflict.columns(['tenant', 'did']).doUpdateSet({
              ...changeable,
              // Who does not know that the DID was given up does not bring it back.
              deactivated_at: (row) => row.fn.coalesce('managed_did.deactivated_at', row.val(end)),
            }),
          )
          .execute();
        return ok(true);
      } catch (error) {
        if (isUniqueViolation(error)) return refuse('CONFLICT', 'store', 'alias: another DID of the tenant has it');
        throw error;
      }
    },
    async changeDid(before, after) {
      const [was, will] = [toRow(before), toRow({ ...before, ...after })];
      const rows = await db
        .updateTable('managed_did')
        .set({
          controller_key_id: will.controller_key_id,
          key_ids: will.key_ids,
          services: will.services,
          deactivated_at: will.deactivated_at,
        })
        .where('tenant', '=', was.tenant)
        .where('did', '=', was.did)
        .where('controller_key_id', '=', was.controller_key_id)
        .where('key_ids', '=', was.key_ids)
        .where('services', '=', was.services)
        .where('deactivated_at', 'is not distinct from', was.deactivated_at)
        .returning('did')
        .execute();
      return rows.length === 1;
    },
    async readDid(tenant, did) {
      const row = await db.selectFrom('managed_did').selectAll().where('tenant', '=', tenant).where('did', '=', did).executeTakeFirst();
      return row && toStoredDid(row);
    },
    async readDidByAlias(tenant, alias) {
      if (alias === '') return undefined;
      const row = await db.selectFrom('managed_did').selectAll().where('tenant', '=', tenant).where('alias', '=', alias).executeTakeFirst();
      return row && toStoredDid(row);
    },
    async listDids(tenant) {
      const rows = await db
        .selectFrom('managed_did')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('created_at')
        .orderBy('did')
        .execute();
      return rows.map(toStoredDid);
    },
    async deleteDid(tenant, did) {
      const rows = await db.deleteFrom('managed_did').where('tenant', '=', tenant).where('did', '=', did).returning('did').execute();
      return rows.length === 1;
    },
  };
}

function toRow(did: StoredDid): Selectable<KeyTables['managed_did']> {
  return {
    tenant: did.tenant,
    did: did.did,
    alias: did.alias,
    provider: did.provider,
    key_namespace: did.keyNamespace,
    controller_key_id: did.controllerKeyId,
    key_ids: JSON.stringify(did.keyIds),
    services: JSON.stringify(did.services),
    created_at: did.createdAt,
    deactivated_at: did.deactivatedAt ?? null,
  };
}

function toStoredDid(row: Selectable<KeyTables['managed_did']>): StoredDid {
  return {
    tenant: row.tenant as TenantId,
    did: row.did as Did,
    alias: row.alias,
    provider: row.provider,
    keyNamespace: row.key_namespace as DidNamespace,
    controllerKeyId: row.controller_key_id,
    keyIds: JSON.parse(row.key_ids) as StoredDid['keyIds'],
    services: JSON.parse(row.services) as StoredDid['services'],
    createdAt: row.created_at as Instant,
    ...(row.deactivated_at === null ? {} : { deactivatedAt: row.deactivated_at as Instant }),
  };
}
