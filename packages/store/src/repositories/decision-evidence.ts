import type { Selectable } from 'kysely';
import type { EvidenceRepository, Instant, StoredEvidence, TenantId } from '@gridpass/core';
import type { Store } from '../open.js';
import type { DecisionEvidenceTables } from '../tables/decision-evidence.js';

/** Sealed evidence of decisions in SQL. */
export function createEvidenceRepository(store: Pick<Store, 'db'>): EvidenceRepository {
  const { db } = store;
  return {
    addEvidence: async (tenant, { input, decidedAt, record }) => {
      await db
        .insertInto('decision_evidence')
        .values({
          tenant,
          input,
          decided_at: decidedAt,
          kek_id: record.kekId,
          wrapped_data_key: record.wrappedDataKey,
          sealed: record.sealed,
          erased_at: null,
        })
        .onConflict((conflict) => conflict.columns(['tenant', 'input']).doNothing())
        .execute();
    },
    listEvidence: async (tenant, after, count) =>
      (
        await db
          .selectFrom('decision_evidence')
          .selectAll()
          .where('tenant', '=', tenant)
          .where((eb) => eb(eb.refTuple('decided_at', 'input'), '>', eb.tuple(after.decidedAt as number, after.input)))
          .orderBy('decided_at')
          .orderBy('input')
          .limit(count)
          .execute()
      ).map(toEvidence),
    eraseEvidence: async (tenant, { decidedBefore, at, limit }) => {
      const erased = await db
        .updateTable('decision_evidence')
        .set({ kek_id: null, wrapped_data_key: null, sealed: null, erased_at: at })
        .where('tenant', '=', tenant)
        .where('input', 'in', (eb) =>
          eb
            .selectFrom('decision_evidence')
            .select('input')
            .where('tenant', '=', tenant)
            .where('decided_at', '<', decidedBefore)
            .where('erased_at', 'is', null)
            .orderBy('decided_at')
            .limit(limit),
        )
        .where('erased_at', 'is', null)
        .executeTakeFirst();
      return Number(erased.numUpdatedRows);
    },
    listEvidenceNotUnder: async (kekId, after, count) =>
      (
        await db
          .selectFrom('decision_evidence')
          .selectAll()
          .where('kek_id', '<>', kekId)
          .where((eb) => eb(eb.refTuple('tenant', 'input'), '>', eb.tuple(after.tenant, after.input)))
          .orderBy('tenant')
          .orderBy('input')
          .limit(count)
          .execute()
      ).flatMap((row) => {
        const { input, record } = toEvidence(row);
        return record === undefined ? [] : [{ tenant: row.tenant as TenantId, input, record }];
      }),
    rewrapEvidence: async ({ tenant, input }, before, after) => {
      const changed = await db
        .updateTable('decision_evidence')
        .set({ kek_id: after.kekId, wrapped_data_key: after.wrappedDataKey })
        .where('tenant', '=', tenant)
        .where('input', '=', input)
        // Fresh bytes with every wrapping: who finds others, or none, came second.
        .where('wrapped_data_key', '=', before.wrappedDataKey)
        .executeTakeFirst();
      return changed.numUpdatedRows === 1n;
    },
  };
}

function toEvidence(row: Selectable<DecisionEvidenceTables['decision_evidence']>): StoredEvidence {
  const { input, kek_id: kekId, wrapped_data_key: wrappedDataKey, sealed, erased_at: erasedAt } = row;
  return {
    input,
    decidedAt: row.decided_at as Instant,
    ...(kekId === null || wrappedDataKey === null || sealed === null ? {} : { record: { kekId, wrappedDataKey, sealed } }),
    ...(erasedAt === null ? {} : { erasedAt: erasedAt as Instant }),
  };
}
