import type { Selectable } from 'kysely';
import { ok, refuse } from '@gridpass/core';
import type { Instant, KeyRepository, PublicJwk, SignatureAlgorithm, StoredKey, TenantId } from '@gridpass/core';
import { isUniqueViolation } from '../faults.js';
import type { Store } from '../open.js';
import type { KeyTables } from '../tables/keys.js';

/** Sealed keys in SQL. */
export function createKeyRepository(store: Pick<Store, 'db'>): KeyRepository {
  const { db } = store;
  return {
    async insertKey(key) {
      try {
        await db.insertInto('vault_key').values(toRow(key)).execute();
        return ok(true);
      } catch (error) {
        if (isUniqueViolation(error)) return refuse('CONFLICT', 'store', 'keyId: the tenant has such a key');
        throw error;
      }
    },
    async readKey(tenant, keyId) {
      const row = await db.selectFrom('vault_key').selectAll().where('tenant', '=', tenant).where('key_id', '=', keyId).executeTakeFirst();
      return row && toStoredKey(row);
    },
    async listKeys(tenant) {
      const rows = await db
        .selectFrom('vault_key')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('created_at')
        .orderBy('key_id')
        .execute();
      return rows.map(toStoredKey);
    },
    async deleteKey(tenant, keyId) {
      const rows = await db.deleteFrom('vault_key').where('tenant', '=', tenant).where('key_id', '=', keyId).returning('key_id').execute();
      return rows.length === 1;
    },
    async listKeysNotUnder(kekId, after, count) {
      const rows = await db
        .selectFrom('vault_key')
        .selectAll()
        .where('kek_id', '<>', kekId)
        .where((eb) => eb(eb.refTuple('tenant', 'key_id'), '>', eb.tuple(after.tenant, after.keyId)))
        .orderBy('tenant')
        .orderBy('key_id')
        .limit(count)
        .execute();
      return rows.map(toStoredKey);
    },
    async replaceWrapping(change) {
      const rows = await db
        .updateTable('vault_key')
        .set({ kek_id: change.kekId, wrapped_data_key: change.wrappedDataKey })
        .where('tenant', '=', change.tenant)
        .where('key_id', '=', change.keyId)
        .where('kek_id', '=', change.fromKekId)
        .returning('key_id')
        .execute();
      return rows.length === 1;
    },
  };
}

function toRow(key: StoredKey): Selectable<KeyTables['vault_key']> {
  return {
    tenant: key.tenant,
    key_id: key.keyId,
    alg: key.alg,
    public_jwk: JSON.stringify(key.publicJwk),
    label: key.label,
    kek_id: key.kekId,
    wrapped_data_key: key.wrappedDataKey,
    sealed_private_key: key.sealedPrivateKey,
    created_at: key.createdAt,
  };
}

function toStoredKey(row: Selectable<KeyTables['vault_key']>): StoredKey {
  return {
    tenant: row.tenant as TenantId,
    keyId: row.key_id,
    alg: row.alg as SignatureAlgorithm,
    publicJwk: JSON.parse(row.public_jwk) as PublicJwk,
    label: row.label,
    kekId: row.kek_id,
    wrappedDataKey: row.wrapped_data_key,
    sealedPrivateKey: row.sealed_private_key,
    createdAt: row.created_at as Instant,
  };
}
