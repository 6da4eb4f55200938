import { instant } from '@gridpass/core';
import type { AccreditationRepository, AccreditationTask, Digest } from '@gridpass/core';
import type { Store } from '../open.js';
import type { AccreditationTables } from '../tables/accreditations.js';

/** Where accreditations came from and the work on them, in SQL. */
export function createAccreditationRepository({ db }: Pick<Store, 'db'>): AccreditationRepository {
  return {
    async keepOrigin(tenant, { digest, issuer }) {
      await db
        .insertInto('accreditation_origin')
        .values({ tenant, digest, issuer })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async listOrigins(tenant) {
      const rows = await db.selectFrom('accreditation_origin').selectAll().where('tenant', '=', tenant).orderBy('digest').execute();
      // Rows of ours: what is read back as a brand was that brand when it was written.
      return rows.map(({ digest, issuer }) => ({ digest: digest as Digest, issuer }));
    },
    async takeTask(tenant, { task, at, until }) {
      const row = await db
        .insertInto('accreditation_task')
        .values({ tenant, task, failures: 0, due_at: until, problem: '', application: '', failing_since: null })
        .onConflict((conflict) =>
          conflict.columns(['tenant', 'task']).doUpdateSet({ due_at: until }).where('accreditation_task.due_at', '<=', at),
        )
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? undefined : toTask(row);
    },
    async saveTask(tenant, { task, failures, dueAt, problem, application, failingSince }, turn) {
      const values = { failures, due_at: dueAt, problem, application, failing_since: failingSince ?? null };
      const rows = await db
        .insertInto('accreditation_task')
        .values({ tenant, task, ...values })
        .onConflict((conflict) => {
          const update = conflict.columns(['tenant', 'task']).doUpdateSet(values);
          return turn === undefined ? update : update.where('accreditation_task.due_at', '=', turn);
        })
        .returning('task')
        .execute();
      return rows.length === 1;
    },
    async listTasks(tenant) {
      const rows = await db.selectFrom('accreditation_task').selectAll().where('tenant', '=', tenant).orderBy('task').execute();
      return rows.map(toTask);
    },
    async removeTask(tenant, task, turn) {
      const named = db.deleteFrom('accreditation_task').where('tenant', '=', tenant).where('task', '=', task);
      await (turn === undefined ? named : named.where('due_at', '=', turn)).execute();
    },
  };
}

const toTask = (row: AccreditationTables['accreditation_task']): AccreditationTask => ({
  task: row.task,
  failures: row.failures,
  dueAt: instant(row.due_at),
  problem: row.problem,
  application: row.application,
  ...(row.failing_since === null ? {} : { failingSince: instant(row.failing_since) }),
});
