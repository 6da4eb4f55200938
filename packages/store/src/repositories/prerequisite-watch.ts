import { instant } from '@gridpass/core';
import type { Did, Digest, PrerequisiteWatchRepository, StatusReference, TenantId, WatchedPrerequisite } from '@gridpass/core';
import { sql } from 'kysely';
import { executorOf } from '../open.js';
import type { Store } from '../open.js';
import type { WatchTables } from '../tables/prerequisite-watch.js';

type Row = WatchTables['watched_prerequisite'];

/** What an issuer watches of other programs, in SQL. */
export function createPrerequisiteWatchPart(store: Pick<Store, 'db' | 'transaction'>): PrerequisiteWatchRepository {
  const { db } = store;
  return {
    async shareWatched(watched, tx) {
      const executor = executorOf(store, tx);
      await executor
        .insertInto('watched_prerequisite')
        .values(toRow(watched))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      // Nobody asks about what nothing rests on: that it was suspended once is no answer against the one that the issuance has just had.
      const { tenant, digest, checkedAt, dueAt } = watched;
      await sql`
        update watched_prerequisite w set state = 'valid', checked_at = ${checkedAt}, due_at = ${dueAt}, failing_since = null, problem = ''
        where tenant = ${tenant} and digest = ${digest} and state = 'suspended' and checked_at <= ${checkedAt}
          and not ${stillRestedOn(checkedAt)}`.execute(executor);
      const row = await executor
        .selectFrom('watched_prerequisite')
        .select('state')
        .where('tenant', '=', watched.tenant)
        .where('digest', '=', watched.digest)
        .forShare()
        .executeTakeFirstOrThrow();
      return row.state;
    },
    async takeDueWatched(tenant, { at, until, limit }) {
      const { rows } = await sql<Row>`
        update watched_prerequisite set due_at = ${until}
        where tenant = ${tenant} and digest in (
          select digest from watched_prerequisite w
          where tenant = ${tenant} and state <> 'revoked' and due_at <= ${at} and ${stillRestedOn(at)}
          order by due_at, digest limit ${limit} for update skip locked)
        returning *`.execute(db);
      return rows.map(toWatched);
    },
    async noteUnchanged(tenant, digests, { checkedAt, dueAt }) {
      if (digests.length === 0) return;
      await db
        .updateTable('watched_prerequisite')
        .set({ checked_at: checkedAt, due_at: dueAt, failing_since: null, problem: '' })
        .where('tenant', '=', tenant)
        .where('digest', 'in', [...digests])
        .where('checked_at', '<=', checkedAt)
        .execute();
    },
    async lockWatched(tenant, digest, tx) {
      const row = await executorOf(store, tx)
        .selectFrom('watched_prerequisite')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('digest', '=', digest)
        .forUpdate()
        .executeTakeFirst();
      return row === undefined ? undefined : toWatched(row);
    },
    async saveWatched(watched, tx) {
      const { state, checked_at, due_at, failing_since, problem } = toRow(watched);
      await executorOf(store, tx)
        .updateTable('watched_prerequisite')
        .set({ state, checked_at, due_at, failing_since, problem })
        .where('tenant', '=', watched.tenant)
        .where('digest', '=', watched.digest)
        .execute();
    },
    async listTroubled(tenant, { at, toldBefore, limit }) {
      const { rows } = await sql<Row>`
        select * from watched_prerequisite w
        where tenant = ${tenant} and (state = 'suspended' or (state = 'valid' and (checked_at < ${toldBefore} or problem <> '')))
          and ${stillRestedOn(at)}
        order by checked_at, digest limit ${limit}`.execute(db);
      return rows.map(toWatched);
    },
  };
}

/** Of the row `w`: something that stands, or may stand again, rests on it. */
const stillRestedOn = (at: number) => sql`exists (
  select from issued_dependency d
  join issued_credential c on c.tenant = d.tenant and c.digest = d.digest
  where d.tenant = w.tenant and d.depends_on = w.digest and d.kind = 'prerequisite' and c.state <> 'revoked' and c.valid_until > ${at})`;

const toRow = (watched: WatchedPrerequisite): Row => ({
  tenant: watched.tenant,
  digest: watched.digest,
  issuer: watched.issuer,
  status: JSON.stringify(watched.status),
  state: watched.state,
  checked_at: watched.checkedAt,
  due_at: watched.dueAt,
  failing_since: watched.failingSince ?? null,
  problem: watched.problem,
});

// Rows of ours: what is read back as a brand was that brand when it was written.
const toWatched = (row: Row): WatchedPrerequisite => ({
  tenant: row.tenant as TenantId,
  digest: row.digest as Digest,
  issuer: row.issuer as Did,
  status: JSON.parse(row.status) as readonly StatusReference[],
  state: row.state,
  checkedAt: instant(row.checked_at),
  dueAt: instant(row.due_at),
  ...(row.failing_since === null ? {} : { failingSince: instant(row.failing_since) }),
  problem: row.problem,
});
