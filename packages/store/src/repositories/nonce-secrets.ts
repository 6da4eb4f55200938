import { Fault } from '@gridpass/core';
import type { NonceSecretRepository } from '@gridpass/core';
import { sql } from 'kysely';
import type { Store } from '../open.js';

/** As many starts as may lie between two looks of a replica; it needs the newest alone to be understood everywhere. */
const KEPT = 32;

/** Sealed secrets of nonces in SQL. */
export function createNonceSecretRepository(store: Pick<Store, 'db'>): NonceSecretRepository {
  const { db } = store;
  return {
    takeEpoch: async () => {
      const { rows } = await sql<{ epoch: number }>`select nextval('nonce_epoch') as epoch`.execute(db);
      const [row] = rows;
      if (row === undefined) throw new Fault('STORE_UNAVAILABLE', 'a sequence gave no number');
      return row.epoch;
    },
    keepSecret: async (tenant, { epoch, record, at }) => {
      await db
        .insertInto('nonce_secret')
        .values({
          tenant,
          epoch,
          kek_id: record.kekId,
          wrapped_data_key: record.wrappedDataKey,
          sealed: record.sealed,
          made_at: at,
        })
        .execute();
      await db
        .deleteFrom('nonce_secret')
        .where('tenant', '=', tenant)
        .where('epoch', 'not in', (eb) =>
          eb.selectFrom('nonce_secret').select('epoch').where('tenant', '=', tenant).orderBy('epoch', 'desc').limit(KEPT),
        )
        .execute();
    },
    listLater: async (tenant, after) =>
      (
        await db
          .selectFrom('nonce_secret')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('epoch', '>', after)
          .orderBy('epoch')
          .limit(KEPT)
          .execute()
      ).map(({ epoch, kek_id: kekId, wrapped_data_key: wrappedDataKey, sealed }) => ({
        epoch,
        record: { kekId, wrappedDataKey, sealed },
      })),
  };
}
