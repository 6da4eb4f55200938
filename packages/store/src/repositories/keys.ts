import type { Selectable } from 'kysely';
import { ok, refuse } from '@gridpass/core';
import type { Instant, KeyNamespace, KeyRepository, PublicJwk, SignatureAlgorithm, StoredKey, TenantId } from '@gridpass/core';
import { isUniqueViolation } from '../faults.js';
import type { Store } from '../open.js';
import type { KeyTables } from '../tables/keys.js';

/** Sealed keys in SQL. */
export function createKeyRepository(store: Pick<Store, 'db'>): KeyRepository {
  const { db } = store;
  return {
    async insertKey(key) {
      try {
        await db.insertInto('vault_key').values(toKeyRow(key)).execute();
        return ok(true);
      } catch (error) {
        if (isUniqueViolation(error)) return refuse('CONFLICT', 'store', 'keyId: the tenant has such a key');
        throw error;
      }
    },
    async readKey({ tenant, namespace, keyId }) {
      const row = await db
        .selectFrom('vault_key')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('namespace', '=', namespace)
        .where('key_id', '=', keyId)
        .executeTakeFirst();
      return row && toStoredKey(row);
    },
    async listKeys(tenant, namespace) {
      const rows = await db
        .selectFrom('vault_key')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('namespace', '=', namespace)
        .orderBy('created_at')
        .orderBy('key_id')
        .execute();
      return rows.map(toStoredKey);
    },
    async deleteKey({ tenant, namespace, keyId }) {
      const rows = await db
        .deleteFrom('vault_key')
        .where('tenant', '=', tenant)
        .where('namespace', '=', namespace)
        .where('key_id', '=', keyId)
        .returning('key_id')
        .execute();
      return rows.length === 1;
    },
    async listKeysNotUnder(kekId, after, count) {
      const rows = await db
        .selectFrom('vault_key')
        .selectAll()
        .where('kek_id', '<>', kekId)
        .where((eb) => eb(eb.refTuple('tenant', 'namespace', 'key_id'), '>', eb.tuple(after.tenant, after.namespace, after.keyId)))
        .orderBy('tenant')
        .orderBy('namespace')
        .orderBy('key_id')
        .limit(count)
        .execute();
      return rows.map(toStoredKey);
    },
    async sampleKeysOfEachKek(count) {
      const used = await db.selectFrom('vault_key').select('kek_id').distinct().orderBy('kek_id').execute();
      const sampled: StoredKey[] = [];
      for (const { kek_id } of used) {
        const rows = await db
          .selectFrom('vault_key')
          .selectAll()
          .where('kek_id', '=', kek_id)
          .orderBy('tenant')
          .orderBy('namespace')
          .orderBy('key_id')
          .limit(count)
          .execute();
        sampled.push(...rows.map(toStoredKey));
      }
      return sampled;
    },
    async listKeysSealedWithoutNamespace(kekIds, after, count) {
      const rows = await db
        .selectFrom('vault_key')
        .selectAll()
        .where('seal_version', '=', 1)
        .where('kek_id', 'in', kekIds)
        .where((eb) => eb(eb.refTuple('tenant', 'namespace', 'key_id'), '>', eb.tuple(after.tenant, after.namespace, after.keyId)))
        .orderBy('tenant')
        .orderBy('namespace')
        .orderBy('key_id')
        .limit(count)
        .execute();
      return rows.map(toStoredKey);
    },
    async replaceSeals(before, after) {
      const rows = await db
        .updateTable('vault_key')
        .set({
          kek_id: after.kekId,
          wrapped_data_key: after.wrappedDataKey,
          sealed_private_key: after.sealedPrivateKey,
          seal_version: after.sealVersion,
        })
        .where('tenant', '=', before.tenant)
        .where('namespace', '=', before.namespace)
        .where('key_id', '=', before.keyId)
        // Fresh bytes with every sealing: who finds others came second.
        .where('wrapped_data_key', '=', before.wrappedDataKey)
        .where('sealed_private_key', '=', before.sealedPrivateKey)
        .returning('key_id')
        .execute();
      return rows.length === 1;
    },
  };
}

/** A sealed key as a row; wallets are filled with such rows too. */
export function toKeyRow(key: StoredKey): Selectable<KeyTables['vault_key']> {
  return {
    tenant: key.tenant,
    namespace: key.namespace,
    key_id: key.keyId,
    alg: key.alg,
    public_jwk: JSON.stringify(key.publicJwk),
    label: key.label,
    kek_id: key.kekId,
    wrapped_data_key: key.wrappedDataKey,
    sealed_private_key: key.sealedPrivateKey,
    seal_version: key.sealVersion,
    created_at: key.createdAt,
  };
}

function toStoredKey(row: Selectable<KeyTables['vault_key']>): StoredKey {
  return {
    tenant: row.tenant as TenantId,
    namespace: row.namespace as KeyNamespace,
    keyId: row.key_id,
    alg: row.alg as SignatureAlgorithm,
    publicJwk: JSON.parse(row.public_jwk) as PublicJwk,
    label: row.label,
    kekId: row.kek_id,
    wrappedDataKey: row.wrapped_data_key,
    sealedPrivateKey: row.sealed_private_key,
    sealVersion: row.seal_version as StoredKey['sealVersion'],
    createdAt: row.created_at as Instant,
  };
}
