import { sql } from 'kysely';
import type { CredentialFilter, Digest, IssuanceRepository, IssuedRecord, Page, Paged } from '@gridpass/core';
import { assertNever } from '@gridpass/core';
import { executorOf } from '../open.js';
import type { Store } from '../open.js';
import { createApplicationPart } from './issuance-applications.js';
import { createFamilyPart } from './issuance-families.js';
import { whereHandle } from './issuance-handle.js';
import type { IssuedQuery } from './issuance-handle.js';
import { NEXT_ORDER } from './issuance-order.js';
import { toIssued, toIssuedRow, toOutboxEntry, toOutboxRow, toText } from './issuance-rows.js';
import { createPrerequisiteWatchPart } from './prerequisite-watch.js';
import { cursorAt, readCursor } from './paging.js';

/** Keeps applications, issued records, their dependencies and the outbox (migration 006). */
export function createIssuanceRepository(store: Pick<Store, 'db' | 'transaction'>): IssuanceRepository {
  return {
    inTransaction: (work) => store.transaction(work),
    ...createApplicationPart(store),
    ...createFamilyPart(store),
    ...createPrerequisiteWatchPart(store),
    ...createIssuedPart(store),
    ...createOutboxPart(store),
    keepIssuanceEntry: async (tenant, digest, index) => {
      await store.db
        .insertInto('issuance_entry')
        .values({ tenant, digest, idx: index })
        .onConflict((conflict) => conflict.columns(['tenant', 'digest']).doNothing())
        .execute();
    },
    findIssuanceEntry: async (tenant, digest) => {
      const row = await store.db
        .selectFrom('issuance_entry')
        .select('idx')
        .where('tenant', '=', tenant)
        .where('digest', '=', digest)
        .executeTakeFirst();
      return row?.idx;
    },
    saveAuthority: async (tenant, authority, at) => {
      await store.db
        .insertInto('issue_authority')
        .values({ tenant, digest: authority.digest, uri: authority.uri, saved_at: at })
        .onConflict((conflict) => conflict.columns(['tenant', 'digest']).doUpdateSet({ uri: authority.uri, saved_at: at }))
        .execute();
    },
    listAuthorities: async (tenant) => {
      const rows = await store.db
        .selectFrom('issue_authority')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('saved_at', 'desc')
        .orderBy('digest')
        .execute();
      return rows.map((row) => ({ uri: row.uri, digest: row.digest as Digest }));
    },
  };
}

type IssuedPart = Pick<
  IssuanceRepository,
  | 'lockName'
  | 'insertIssued'
  | 'lockIssued'
  | 'shareIssued'
  | 'lockDependants'
  | 'listDependants'
  | 'hasDependants'
  | 'saveIssuedState'
  | 'listIssued'
  | 'findIssued'
>;

function createIssuedPart(store: Pick<Store, 'db'>): IssuedPart {
  return {
    lockName: async (tenant, name, tx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`name\n${tenant}\n${name}`}, 21))`.execute(executorOf(store, tx));
    },
    insertIssued: async (record, dependencies, tx) => {
      const db = executorOf(store, tx);
      await db.insertInto('issued_credential').values(toIssuedRow(record)).execute();
      if (dependencies.length > 0) {
        await db
          .insertInto('issued_dependency')
          .values(dependencies.map(({ digest, dependsOn, kind }) => ({ tenant: record.tenant, digest, depends_on: dependsOn, kind })))
          .execute();
      }
    },
    lockIssued: async (tenant, handle, tx) => {
      const rows = await whereHandle(executorOf(store, tx).selectFrom('issued_credential').selectAll().where('tenant', '=', tenant), handle)
        .orderBy('digest')
        .forUpdate()
        .execute();
      return rows.map(toIssued);
    },
    shareIssued: async (tenants, statuses, tx) => {
      if (tenants.length === 0 || statuses.length === 0) return [];
      const rows = await executorOf(store, tx)
        .selectFrom('issued_credential')
        .selectAll()
        .where('tenant', 'in', [...tenants])
        .where('status', 'in', statuses.map(toText))
        .orderBy('tenant')
        .orderBy('digest')
        .forShare()
        .execute();
      return rows.map(toIssued);
    },
    lockDependants: async (tenant, dependsOn, tx) => {
      const db = executorOf(store, tx);
      const links = await db
        .selectFrom('issued_dependency')
        .select(['digest', 'kind'])
        .where('tenant', '=', tenant)
        .where('depends_on', '=', dependsOn)
        .execute();
      if (links.length === 0) return [];
      const kinds = new Map(links.map((link) => [link.digest, link.kind]));
      const rows = await db
        .selectFrom('issued_credential')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('digest', 'in', [...kinds.keys()])
        .orderBy('digest')
        .forUpdate()
        .execute();
      return rows.map((row) => ({ record: toIssued(row), kind: kinds.get(row.digest) === 'authority' ? 'authority' : 'prerequisite' }));
    },
    listDependants: async (tenant, dependsOn) => {
      const rows = await store.db
        .selectFrom('issued_dependency as d')
        .innerJoin('issued_credential as c', (join) => join.onRef('c.tenant', '=', 'd.tenant').onRef('c.digest', '=', 'd.digest'))
        .selectAll('c')
        .select('d.kind as dependency')
        .where('d.tenant', '=', tenant)
        .where('d.depends_on', '=', dependsOn)
        .orderBy('c.digest')
        .execute();
      return rows.map(({ dependency, ...row }) => ({
        record: toIssued(row),
        kind: dependency === 'authority' ? 'authority' : 'prerequisite',
      }));
    },
    hasDependants: async (tenant, dependsOn, tx) => {
      const row = await executorOf(store, tx)
        .selectFrom('issued_dependency')
        .select('digest')
        .where('tenant', '=', tenant)
        .where('depends_on', '=', dependsOn)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
    saveIssuedState: async (record, tx) => {
      const { state, state_at, reason, causes } = toIssuedRow(record);
      await executorOf(store, tx)
        .updateTable('issued_credential')
        .set({ state, state_at, reason, causes, state_order: NEXT_ORDER })
        .where('tenant', '=', record.tenant)
        .where('digest', '=', record.digest)
        .execute();
    },
    listIssued: (tenant, filter, page) => listIssued(store, tenant, filter, page),
    findIssued: async (tenant, handle) => {
      const rows = await whereHandle(store.db.selectFrom('issued_credential').selectAll().where('tenant', '=', tenant), handle)
        .orderBy('digest')
        .execute();
      return rows.map(toIssued);
    },
  };
}

function whereFilter(query: IssuedQuery, filter: CredentialFilter): IssuedQuery {
  switch (filter.kind) {
    case 'all':
      return query;
    case 'active':
      return query.where('state', '=', 'active').where('valid_until', '>', filter.at);
    case 'expiring':
      return query.where('state', '=', 'active').where('valid_until', '>', filter.at).where('valid_until', '<=', filter.until);
    case 'suspended':
      return query.where('state', '=', 'suspended');
    case 'revoked':
      return query.where('state', '=', 'revoked');
    default:
      return assertNever(filter);
  }
}

async function listIssued(store: Pick<Store, 'db'>, tenant: string, filter: CredentialFilter, page: Page): Promise<Paged<IssuedRecord>> {
  let query = whereFilter(store.db.selectFrom('issued_credential').selectAll().where('tenant', '=', tenant), filter);
  if (page.after !== undefined) {
    const { number, id } = readCursor(page.after);
    query = query.where(sql<boolean>`(valid_until, digest) > (${number}::bigint, ${id}::text)`);
  }
  const rows = await query
    .orderBy('valid_until')
    .orderBy('digest')
    .limit(page.limit + 1)
    .execute();
  const shown = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? shown.at(-1) : undefined;
  return { rows: shown.map(toIssued), ...(last === undefined ? {} : { next: cursorAt(last.valid_until, last.digest) }) };
}

type OutboxPart = Pick<
  IssuanceRepository,
  'addToOutbox' | 'lockEntry' | 'listDueEntries' | 'countFailure' | 'takeDueActs' | 'removeEntries'
>;

function createOutboxPart(store: Pick<Store, 'db'>): OutboxPart {
  const columns = ['tenant', 'entry_id', 'kind', 'body', 'due_at'] as const;
  return {
    addToOutbox: async (entries, tx) => {
      if (entries.length > 0) await executorOf(store, tx).insertInto('issue_outbox').values(entries.map(toOutboxRow)).execute();
    },
    lockEntry: async (tenant, entryId, kind, tx) => {
      const db = executorOf(store, tx);
      // One replica at a time for each tenant, so that entries are taken in their order.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`outbox\n${tenant}\n${kind}`}, 6))`.execute(db);
      const row = await db
        .selectFrom('issue_outbox')
        .select('entry_id')
        .where('tenant', '=', tenant)
        .where('entry_id', '=', entryId)
        .executeTakeFirst();
      return row !== undefined;
    },
    listDueEntries: async (tenant, kind, at, limit) => {
      const rows = await store.db
        .selectFrom('issue_outbox as o')
        .select(columns)
        .where('tenant', '=', tenant)
        .where('kind', '=', kind)
        .where('due_at', '<=', at)
        .where(
          sql<boolean>`(o.about = '' or not exists (
            select 1 from issue_outbox e where e.tenant = o.tenant and e.kind = o.kind and e.about = o.about
              and e.position < o.position and e.due_at <= ${at}))`,
        )
        .orderBy('failures')
        .orderBy('position')
        .limit(limit)
        .execute();
      return rows.map(toOutboxEntry);
    },
    countFailure: async (tenant, entryId) => {
      await store.db
        .updateTable('issue_outbox')
        .set({ failures: sql<number>`failures + 1` })
        .where('tenant', '=', tenant)
        .where('entry_id', '=', entryId)
        .execute();
    },
    takeDueActs: async (tenant, { at, until, limit }) => {
      const { rows } = await sql<Parameters<typeof toOutboxEntry>[0] & { readonly position: number }>`
        update issue_outbox set due_at = ${until}
        where tenant = ${tenant} and entry_id in (
          select entry_id from issue_outbox
          where tenant = ${tenant} and kind = 'act' and due_at <= ${at}
          order by position limit ${limit} for update skip locked
        )
        returning tenant, entry_id, kind, body, due_at, position`.execute(store.db);
      return rows.toSorted((a, b) => a.position - b.position).map(toOutboxEntry);
    },
    removeEntries: async (tenant, entryIds, tx) => {
      if (entryIds.length > 0)
        await executorOf(store, tx).deleteFrom('issue_outbox').where('tenant', '=', tenant).where('entry_id', 'in', entryIds).execute();
    },
  };
}
