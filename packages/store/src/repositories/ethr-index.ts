import { ETHR_EVENT_KINDS, Fault } from '@gridpass/core';
import type { EthrBlock, EthrEvent, EthrEventRepository, EthrIndexName, TenantId } from '@gridpass/core';
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import type { Executor } from '../database.js';
import { asciiArray, bytesArray, numberArray } from '../dialect/binary-array.js';
import type { Store } from '../open.js';
import type { EthrIndexTables } from '../tables/ethr-index.js';

type IndexRow = Selectable<EthrIndexTables['ethr_index']>;
type EventRow = Selectable<EthrIndexTables['ethr_index_event']>;
type Batch = Parameters<EthrEventRepository['append']>[2];

/** Beyond any block. */
const MOST = Number.MAX_SAFE_INTEGER;
const EVENT_COLUMNS = ['identity', 'block', 'log_index', 'time', 'kind', 'previous', 'data'] as const;

/** ERC-1056 events in SQL. The row of the index is locked by whoever moves its head. */
export function createEthrEventRepository(store: Pick<Store, 'db' | 'transaction'>): EthrEventRepository {
  const { db } = store;
  /** Runs `work` with the source of the index, or returns `otherwise` where there is no index yet. */
  const within = async <T>(tenant: TenantId, name: EthrIndexName, otherwise: T, work: (source: number) => Promise<T>): Promise<T> => {
    const row = await indexRow(db, tenant, name).executeTakeFirst();
    return row === undefined ? otherwise : work(row.source);
  };
  return {
    async readState(tenant, name) {
      const row = await indexRow(db, tenant, name).executeTakeFirst();
      if (row === undefined) return undefined;
      const recent = await db
        .selectFrom('ethr_index_block')
        .select(['number', 'hash'])
        .where('tenant', '=', tenant)
        .where('source', '=', row.source)
        .where('number', '<=', row.head_number)
        .orderBy('number')
        .execute();
      return { head: { number: row.head_number, hash: row.head_hash }, recent, genesis: row.genesis, witnessed: row.witnessed };
    },
    append: (tenant, name, batch) =>
      store.transaction(async (tx) => {
        const source = await moveHead(tx, tenant, name, batch);
        if (source === undefined) return false;
        await insertEvents(tx, tenant, source, batch.events);
        await sql`insert into ethr_index_block (tenant, source, number, hash)
        select ${tenant}, ${source}::int, number, hash from unnest(${batch.blocks.map((block) => block.number)}::bigint[], ${batch.blocks.map((block) => block.hash)}::text[]) as block (number, hash)`.execute(
          tx,
        );
        await tx
          .deleteFrom('ethr_index_block')
          .where('tenant', '=', tenant)
          .where('source', '=', source)
          .where('number', '<', batch.keepFrom)
          .execute();
        return true;
      }),
    rewind: (tenant, name, { expected, to }) =>
      store.transaction(async (tx) => {
        const row = await indexRow(tx, tenant, name).forUpdate().executeTakeFirst();
        if (row === undefined || !isHead(row, expected)) return false;
        await tx
          .deleteFrom('ethr_index_event')
          .where('tenant', '=', tenant)
          .where('source', '=', row.source)
          .where('block', '>', to.number)
          .execute();
        await tx
          .deleteFrom('ethr_index_block')
          .where('tenant', '=', tenant)
          .where('source', '=', row.source)
          .where('number', '>=', to.number)
          .execute();
        await tx
          .insertInto('ethr_index_block')
          .values({ tenant, source: row.source, ...to })
          .execute();
        await tx
          .updateTable('ethr_index')
          .set({ head_number: to.number, head_hash: to.hash, witnessed: Math.min(row.witnessed, to.number) })
          .where('tenant', '=', tenant)
          .where('source', '=', row.source)
          .execute();
        return true;
      }),
    async setWitnessed(tenant, { chainId, registry }, block) {
      await db
        .updateTable('ethr_index')
        .set({ witnessed: block })
        .where('tenant', '=', tenant)
        .where('chain_id', '=', chainId)
        .where('registry', '=', registry)
        .where('witnessed', '<', block)
        .where('head_number', '>=', block)
        .execute();
    },
    lastChanges: (tenant, name, identities) =>
      within(tenant, name, new Map<string, number>(), async (source) => {
        // One step down the primary key for each identity. The comparison is of whole rows, since with `identity = ...` the planner,
        // which on PGlite never has statistics, may walk the index by block instead, and a batch takes minutes.
        const { rows } = await sql<{ readonly identity: string; readonly block: number }>`
          select asked.identity, last.block from unnest(cast(${asciiArray(identities)} as text[])) as asked (identity), lateral (
            select identity, block from ethr_index_event
            where (tenant, source, identity, block) >= (${tenant}, ${source}::int, asked.identity, 0::bigint)
              and (tenant, source, identity, block) <= (${tenant}, ${source}::int, asked.identity, ${MOST}::bigint)
            order by tenant desc, source desc, identity desc, block desc, log_index desc limit 1
          ) as last`.execute(db);
        return new Map(rows.map((row) => [row.identity, row.block]));
      }),
    readEvents: (tenant, name, identity) =>
      within<readonly EthrEvent[]>(tenant, name, [], async (source) => {
        const rows = await db
          .selectFrom('ethr_index_event')
          .select(EVENT_COLUMNS)
          .where('tenant', '=', tenant)
          .where('source', '=', source)
          .where('identity', '=', identity)
          .orderBy('block')
          .orderBy('log_index')
          .execute();
        return rows.map(toEvent);
      }),
    readRange: (tenant, name, { from, to }) =>
      within<readonly EthrEvent[]>(tenant, name, [], async (source) => {
        const rows = await db
          .selectFrom('ethr_index_event')
          .select(EVENT_COLUMNS)
          .where('tenant', '=', tenant)
          .where('source', '=', source)
          .where('block', '>=', from)
          .where('block', '<=', to)
          .orderBy('block')
          .orderBy('log_index')
          .execute();
        return rows.map(toEvent);
      }),
    countEvents: (tenant, name) =>
      within(tenant, name, 0, async (source) => {
        const { count } = await db
          .selectFrom('ethr_index_event')
          .select(sql<number>`count(*)`.as('count'))
          .where('tenant', '=', tenant)
          .where('source', '=', source)
          .executeTakeFirstOrThrow();
        return count;
      }),
    drop: (tenant, name) =>
      store.transaction(async (tx) => {
        const row = await indexRow(tx, tenant, name).forUpdate().executeTakeFirst();
        if (row === undefined) return;
        for (const table of ['ethr_index_event', 'ethr_index_block', 'ethr_index'] as const) {
          await tx.deleteFrom(table).where('tenant', '=', tenant).where('source', '=', row.source).execute();
        }
      }),
  };
}

function indexRow(db: Executor, tenant: TenantId, { chainId, registry }: EthrIndexName) {
  return db
    .selectFrom('ethr_index')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('chain_id', '=', chainId)
    .where('registry', '=', registry);
}

function isHead(row: IndexRow, expected: EthrBlock | undefined): boolean {
  return row.head_number === expected?.number && row.head_hash === expected.hash;
}

/** Locks the index, or makes it, and moves its head; undefined when the head is not the expected one. */
async function moveHead(
  db: Executor,
  tenant: TenantId,
  name: EthrIndexName,
  { expected, blocks, genesis }: Batch,
): Promise<number | undefined> {
  const head = blocks.at(-1);
  if (head === undefined) throw new Fault('INTERNAL', 'a batch without a block');
  // Two first writers take turns.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${tenant} ethr-index`}, 11))`.execute(db);
  const row = await indexRow(db, tenant, name).forUpdate().executeTakeFirst();
  if (row === undefined) {
    if (expected !== undefined) return undefined;
    const { source } = await db
      .selectFrom('ethr_index')
      .select(sql<number>`coalesce(max(source), 0) + 1`.as('source'))
      .where('tenant', '=', tenant)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('ethr_index')
      .values({
        tenant,
        chain_id: name.chainId,
        registry: name.registry,
        source,
        head_number: head.number,
        head_hash: head.hash,
        genesis,
        witnessed: -1,
      })
      .execute();
    return source;
  }
  if (!isHead(row, expected)) return undefined;
  await db
    .updateTable('ethr_index')
    .set({ head_number: head.number, head_hash: head.hash })
    .where('tenant', '=', tenant)
    .where('source', '=', row.source)
    .execute();
  return row.source;
}

/** All events in one statement, each column an array in binary: to spell them as text costs more than to store them. */
async function insertEvents(db: Executor, tenant: TenantId, source: number, events: readonly EthrEvent[]): Promise<void> {
  if (events.length === 0) return;
  const numbers = (type: 'bigint' | 'integer' | 'smallint', of: (event: EthrEvent) => number) => numberArray(type, events.map(of));
  await sql`
    insert into ethr_index_event (tenant, source, identity, block, log_index, time, kind, previous, data)
    select ${tenant}, ${source}::int, identity, block, log_index, time, kind, previous, data
    from unnest(
      ${asciiArray(events.map((event) => event.identity))}::text[],
      ${numbers('bigint', (event) => event.block)}::bigint[], ${numbers('integer', (event) => event.logIndex)}::int[],
      ${numbers('bigint', (event) => event.time)}::bigint[], ${numbers('smallint', (event) => ETHR_EVENT_KINDS.indexOf(event.kind))}::smallint[],
      ${numbers('bigint', (event) => event.previous)}::bigint[], ${bytesArray(events.map((event) => event.data))}::bytea[]
    ) as event (identity, block, log_index, time, kind, previous, data)`.execute(db);
}

function toEvent(row: Pick<EventRow, (typeof EVENT_COLUMNS)[number]>): EthrEvent {
  const kind = ETHR_EVENT_KINDS[row.kind];
  if (kind === undefined) throw new Fault('INTERNAL', 'a stored event of no known kind');
  return {
    block: row.block,
    logIndex: row.log_index,
    time: row.time,
    identity: row.identity,
    kind,
    previous: row.previous,
    data: row.data,
  };
}
