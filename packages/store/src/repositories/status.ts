import { Fault, instant, ok, refuse } from '@gridpass/core';
import type {
  Outcome,
  StatusEntry,
  StatusList,
  StatusListKind,
  StatusPublication,
  StatusRepository,
  TenantId,
  TransactionHandle,
} from '@gridpass/core';
import { sql } from 'kysely';
import type { Executor } from '../database.js';
import { executorOf } from '../open.js';
import type { Store } from '../open.js';

const KINDS: readonly StatusListKind[] = ['revocation', 'suspension', 'token'];

/** Status lists in the store. The primary key (tenant, list, index) is what makes an index unique; everything else is speed. */
export function createStatusRepository(store: Pick<Store, 'db' | 'transaction'>): StatusRepository {
  const within = <T>(tx: TransactionHandle | undefined, work: (db: Executor) => Promise<T>): Promise<T> =>
    tx === undefined ? store.transaction(work) : work(executorOf(store, tx));
  return {
    allocateEntry: (query, tx) => within(tx, (db) => allocateEntry(db, query)),
    changeLists: (query, tx) => within(tx, (db) => changeLists(db, query)),
    readList: (tenant, listId) => readList(store.db, tenant, listId),
    readPublication: (tenant, listId) => readPublication(store.db, tenant, listId),
    oweBurn: (tenant, logSize, before) => store.transaction((db) => oweBurn(db, tenant, logSize, before)),
    burnOwed: (tenant, burn) =>
      store.transaction(async (db) => {
        const owed = await takeOwed(db, tenant);
        if (owed) await burnLists(db, tenant, burn);
        return owed;
      }),
    burnLists: (tenant, burn) =>
      store.transaction(async (db) => {
        await takeOwed(db, tenant);
        await burnLists(db, tenant, burn);
      }),
    storePublication: (query) => storePublication(store.db, query),
  };
}

async function allocateEntry(db: Executor, query: Parameters<StatusRepository['allocateEntry']>[0]): Promise<StatusEntry> {
  const { tenant, kind } = query;
  // At most half of a list is ever used, so that two tries are enough on average and sixty practically always.
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const list = await db
      .selectFrom('status_list')
      .select(['list_id', 'size'])
      .where('tenant', '=', tenant)
      .where('kind', '=', kind)
      .where('open', '=', true)
      .executeTakeFirst();
    if (list === undefined) {
      await db
        .insertInto('status_list')
        .values({
          tenant,
          list_id: query.newListId(),
          kind,
          size: query.size,
          used: 0,
          open: true,
          version: 1,
          bits: new Uint8Array(query.bytes),
          published_version: null,
          published_at: null,
          expires_at: null,
          body: null,
        })
        .onConflict((conflict) => conflict.columns(['tenant', 'kind']).where('open', '=', true).doNothing())
        .execute();
      continue;
    }
    const entry = await db
      .insertInto('status_entry')
      .values({ tenant, list_id: list.list_id, idx: query.pick(list.size) })
      .onConflict((conflict) => conflict.columns(['tenant', 'list_id', 'idx']).doNothing())
      .returning('idx')
      .executeTakeFirst();
    if (entry === undefined) continue;
    await db
      .updateTable('status_list')
      .set({ used: sql<number>`used + 1`, open: sql<boolean>`(used + 1) * 2 < size` })
      .where('tenant', '=', tenant)
      .where('list_id', '=', list.list_id)
      .execute();
    return { listId: list.list_id, index: entry.idx };
  }
  throw new Fault('INTERNAL', 'no free status index was found');
}

async function changeLists(db: Executor, query: Parameters<StatusRepository['changeLists']>[0]): Promise<Outcome<true>> {
  const { tenant, entries } = query;
  const ids = [...new Set(entries.map((entry) => entry.listId))];
  if (ids.length === 0) return refuse('NOT_FOUND', 'status', 'no entries');
  // One order of locking for all callers, so that none waits for another in a circle.
  const rows = await db
    .selectFrom('status_list')
    .select(['list_id', 'kind', 'size', 'version', 'bits'])
    .where('tenant', '=', tenant)
    .where('list_id', 'in', ids)
    .orderBy('list_id')
    .forUpdate()
    .execute();
  const lists = new Map(rows.map((row) => [row.list_id, toList(row)]));
  for (const { listId, index } of entries) {
    const known =
      lists.has(listId) &&
      (await db
        .selectFrom('status_entry')
        .select('idx')
        .where('tenant', '=', tenant)
        .where('list_id', '=', listId)
        .where('idx', '=', index)
        .executeTakeFirst());
    if (!known) return refuse('NOT_FOUND', 'status', 'an entry that was never handed out');
  }
  const changed = query.change(lists);
  if (!changed.ok) return changed;
  for (const { listId, bits } of changed.value) {
    await db
      .updateTable('status_list')
      .set((eb) => ({ bits, version: eb('version', '+', 1) }))
      .where('tenant', '=', tenant)
      .where('list_id', '=', listId)
      .execute();
  }
  return ok(true);
}

/** Burns of one tenant are owed and done one after the other. */
async function lockBurn(db: Executor, tenant: TenantId): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`status-burn\n${tenant}`}, 32))`.execute(db);
}

async function oweBurn(db: Executor, tenant: TenantId, logSize: number, before: (isOwed: boolean) => Promise<void>): Promise<void> {
  // INVARIANT: the log is looked at under the lock. Looked at before, a burn that is done meanwhile would be owed a second time.
  await lockBurn(db, tenant);
  const head = await db.selectFrom('audit_head').select('size').where('tenant', '=', tenant).executeTakeFirst();
  const isOwed = (head?.size ?? 0) < logSize;
  await before(isOwed);
  if (!isOwed) return;
  await db
    .insertInto('status_burn_owed')
    .values({ tenant })
    .onConflict((conflict) => conflict.column('tenant').doNothing())
    .execute();
}

/** Whether a burn was owed; it is no more once the transaction, which is to do it, is through. */
async function takeOwed(db: Executor, tenant: TenantId): Promise<boolean> {
  await lockBurn(db, tenant);
  const taken = await db.deleteFrom('status_burn_owed').where('tenant', '=', tenant).executeTakeFirst();
  return taken.numDeletedRows > 0n;
}

async function burnLists(db: Executor, tenant: TenantId, burn: Parameters<StatusRepository['burnLists']>[1]): Promise<void> {
  const ids = await db.selectFrom('status_list').select('list_id').where('tenant', '=', tenant).orderBy('list_id').execute();
  // One list at a time, in the order of locking of all callers: a list can have millions of entries.
  for (const { list_id: listId } of ids) {
    const row = await db
      .selectFrom('status_list')
      .select(['list_id', 'kind', 'size', 'version', 'bits'])
      .where('tenant', '=', tenant)
      .where('list_id', '=', listId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const known = await db.selectFrom('status_entry').select('idx').where('tenant', '=', tenant).where('list_id', '=', listId).execute();
    const bits = burn(
      toList(row),
      known.map(({ idx }) => idx),
    );
    // More versions than can have been published since any backup; readers take no version back.
    await db
      .updateTable('status_list')
      .set({ bits, open: false, version: sql<number>`version + 1000000` })
      .where('tenant', '=', tenant)
      .where('list_id', '=', listId)
      .execute();
  }
}

async function readList(db: Executor, tenant: TenantId, listId: string): ReturnType<StatusRepository['readList']> {
  const row = await db.selectFrom('status_list').selectAll().where('tenant', '=', tenant).where('list_id', '=', listId).executeTakeFirst();
  return row === undefined ? undefined : { list: toList(row), ...toPublished(row) };
}

async function readPublication(db: Executor, tenant: TenantId, listId: string): ReturnType<StatusRepository['readPublication']> {
  const row = await db
    .selectFrom('status_list')
    .select(['kind', 'version', 'published_version', 'published_at', 'expires_at', 'body'])
    .where('tenant', '=', tenant)
    .where('list_id', '=', listId)
    .executeTakeFirst();
  return row === undefined ? undefined : { kind: toKind(row.kind), version: row.version, ...toPublished(row) };
}

async function storePublication(db: Executor, query: Parameters<StatusRepository['storePublication']>[0]): Promise<boolean> {
  const { tenant, listId, previous, next } = query;
  const done = await db
    .updateTable('status_list')
    .set({ published_version: next.version, published_at: next.at, expires_at: next.expiresAt, body: next.body })
    .where('tenant', '=', tenant)
    .where('list_id', '=', listId)
    .where('published_version', 'is not distinct from', previous?.version ?? null)
    .where('expires_at', 'is not distinct from', previous?.expiresAt ?? null)
    .executeTakeFirst();
  return done.numUpdatedRows === 1n;
}

function toKind(text: string): StatusListKind {
  const kind = KINDS.find((known) => known === text);
  if (kind === undefined) throw new Fault('INTERNAL', 'a status list of no known kind');
  return kind;
}

function toList(row: {
  readonly list_id: string;
  readonly kind: string;
  readonly size: number;
  readonly version: number;
  readonly bits: Uint8Array;
}): StatusList {
  return { listId: row.list_id, kind: toKind(row.kind), size: row.size, version: row.version, bits: row.bits };
}

function toPublished(row: {
  readonly published_version: number | null;
  readonly published_at: number | null;
  readonly expires_at: number | null;
  readonly body: string | null;
}): { readonly published?: StatusPublication } {
  const { published_version: version, published_at: at, expires_at: expiresAt, body } = row;
  if (version === null || at === null || expiresAt === null || body === null) return {};
  return { published: { version, at: instant(at), expiresAt: instant(expiresAt), body } };
}
