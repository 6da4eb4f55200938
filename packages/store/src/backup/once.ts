import type { StoreTransaction } from '../database.js';

/** Who withdrew an offer, as its row says it. */
const RESTORE = 'gridpass restore';

/**
 * What may be used once is not believed after a restore: it may have been used since the backup, and nothing here would know. Challenges,
 * nonces, tokens and grants are forgotten, so that whoever holds one asks again; open offers are withdrawn. The number of those.
 */
export async function forgetOnce(tx: StoreTransaction, at: number): Promise<number> {
  for (const table of ['challenge', 'exchange_nonce', 'exchange_token', 'grant_session'] as const) await tx.deleteFrom(table).execute();
  const { numUpdatedRows } = await tx
    .updateTable('exchange_offer')
    .set({ withdrawn_at: at, withdrawn_by: RESTORE, withdrawn_reason: 'the database was put back to a backup' })
    .where('redeemed_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
