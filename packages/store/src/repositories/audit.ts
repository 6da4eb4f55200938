import { sql } from 'kysely';
import { Fault } from '@gridpass/core';
import type { AuditExtension, AuditHead, AuditNodePosition, AuditRepository, TenantId } from '@gridpass/core';
import type { Executor } from '../database.js';
import { bytesArray } from '../dialect/binary-array.js';
import type { Store } from '../open.js';

const HASH = 32;

/**
 * The Merkle log in the store. An append moves the head from the state it builds on, so that replicas write one log and never
 * two: at first from the head this process wrote last, in one statement; where somebody else has moved it, under a lock on the row.
 */
export function createAuditRepository(store: Pick<Store, 'db' | 'transaction'>): AuditRepository {
  const { db } = store;
  // What this process wrote last, by tenant. A head that is wrong here costs a second try and nothing else.
  const written = new Map<TenantId, AuditHead>();
  return {
    appendEntries: async (tenant, extend) => {
      const before = written.get(tenant);
      // Taken out while it is used: should the answer be lost, the next append looks for itself.
      written.delete(tenant);
      const quick = before === undefined ? undefined : extend(before);
      const extension =
        before !== undefined && quick !== undefined && (await writeExtension(db, tenant, quick, before))
          ? quick
          : await appendLocked(store, tenant, extend);
      written.set(tenant, extension.head);
      return extension;
    },

    readHead: async (tenant) => {
      const row = await db.selectFrom('audit_head').select(['size', 'root', 'range']).where('tenant', '=', tenant).executeTakeFirst();
      return row === undefined || row.size === 0 ? undefined : toHead(row);
    },
    readNodes: (tenant, positions) => readNodes(db, tenant, positions),
    readEntries: async (tenant, from, count) =>
      (
        await db
          .selectFrom('audit_entry')
          .select(['idx', 'leaf', 'entry'])
          .where('tenant', '=', tenant)
          .where('idx', '>=', from)
          .where('idx', '<', from + count)
          .orderBy('idx')
          .execute()
      ).map(({ idx, leaf, entry }) => ({ index: idx, leaf, entry })),
    countNodes: async (tenant) => {
      const { n } = await db
        .selectFrom('audit_node')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('tenant', '=', tenant)
        .executeTakeFirstOrThrow();
      return n;
    },
    storeCheckpoint: async (tenant, size, note) => {
      await db
        .insertInto('audit_checkpoint')
        .values({ tenant, size, note })
        .onConflict((conflict) => conflict.columns(['tenant', 'size']).doNothing())
        .execute();
      return (await readCheckpoint(db, tenant, size)) ?? note;
    },
    readCheckpoint: (tenant, size) => readCheckpoint(db, tenant, size),
    listCheckpoints: (tenant, upTo) =>
      db
        .selectFrom('audit_checkpoint')
        .select(['size', 'note'])
        .where('tenant', '=', tenant)
        .where('size', '<=', upTo)
        .orderBy('size')
        .execute(),
    keepSalt: async (tenant, subjectRef, fresh) => {
      await db
        .insertInto('audit_salt')
        .values({ tenant, subject_ref: subjectRef, salt: fresh })
        .onConflict((conflict) => conflict.columns(['tenant', 'subject_ref']).doNothing())
        .execute();
      const row = await db
        .selectFrom('audit_salt')
        .select('salt')
        .where('tenant', '=', tenant)
        .where('subject_ref', '=', subjectRef)
        .executeTakeFirst();
      return row?.salt ?? fresh;
    },
    eraseSalt: async (tenant, subjectRef) => {
      const done = await db.deleteFrom('audit_salt').where('tenant', '=', tenant).where('subject_ref', '=', subjectRef).executeTakeFirst();
      return done.numDeletedRows > 0n;
    },
  };
}

const EMPTY: AuditHead = { size: 0, root: new Uint8Array(), range: [] };

async function appendLocked(
  store: Pick<Store, 'transaction'>,
  tenant: TenantId,
  extend: Parameters<AuditRepository['appendEntries']>[1],
): Promise<AuditExtension> {
  return store.transaction(async (tx) => {
    let row = await lockHead(tx, tenant);
    if (row === undefined) {
      await tx
        .insertInto('audit_head')
        .values({ tenant, size: 0, root: EMPTY.root, range: joined(EMPTY.range) })
        .onConflict((conflict) => conflict.column('tenant').doNothing())
        .execute();
      row = await lockHead(tx, tenant);
    }
    const head = row === undefined ? EMPTY : toHead(row);
    const extension = extend(head.size === 0 ? undefined : head);
    if (!(await writeExtension(tx, tenant, extension, head)))
      throw new Fault('STORE_UNAVAILABLE', 'the head of the log moved under its lock');
    return extension;
  });
}

const lockHead = (
  tx: Executor,
  tenant: TenantId,
): Promise<{ readonly size: number; readonly root: Uint8Array; readonly range: Uint8Array } | undefined> =>
  tx.selectFrom('audit_head').select(['size', 'root', 'range']).where('tenant', '=', tenant).forUpdate().executeTakeFirst();

async function readNodes(
  db: Executor,
  tenant: TenantId,
  positions: readonly AuditNodePosition[],
): Promise<readonly (Uint8Array | undefined)[]> {
  const found = new Map<string, Uint8Array>();
  const leaves = positions.filter(({ level }) => level === 0).map(({ index }) => index);
  if (leaves.length > 0) {
    const rows = await db
      .selectFrom('audit_entry')
      .select(['idx', 'leaf'])
      .where('tenant', '=', tenant)
      .where('idx', 'in', leaves)
      .execute();
    for (const { idx, leaf } of rows) found.set(`0/${idx}`, leaf);
  }
  const inner = positions.filter(({ level }) => level > 0);
  if (inner.length > 0) {
    const rows = await db
      .selectFrom('audit_node')
      .select(['level', 'idx', 'hash'])
      .where('tenant', '=', tenant)
      .where((eb) => eb.or(inner.map(({ level, index }) => eb.and({ level, idx: index }))))
      .execute();
    for (const { level, idx, hash } of rows) found.set(`${level}/${idx}`, hash);
  }
  return positions.map(({ level, index }) => found.get(`${level}/${index}`));
}

async function readCheckpoint(db: Executor, tenant: TenantId, size: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('audit_checkpoint')
    .select('note')
    .where('tenant', '=', tenant)
    .where('size', '=', size)
    .executeTakeFirst();
  return row?.note;
}

/**
 * All of an append in one statement with one array for each column: on an embedded store statements are what costs. False, and
 * nothing is written, where the head is not `before`: one statement is one transaction, and who waited for the row looks at it again.
 */
async function writeExtension(
  tx: Executor,
  tenant: TenantId,
  { entries, nodes, head }: AuditExtension,
  before: AuditHead,
): Promise<boolean> {
  const { rows } = await sql`
    with moved as (
      update audit_head set size = ${head.size}, root = ${head.root}, range = ${joined(head.range)}
      where tenant = ${tenant} and size = ${before.size} and root = ${before.root}
      returning tenant
    ), entry as (
      insert into audit_entry (tenant, idx, leaf, entry)
      select moved.tenant, added.* from moved, unnest(
        ${entries.map(({ index }) => index)}::bigint[], ${bytesArray(entries.map(({ leaf }) => leaf))}::bytea[], ${entries.map(({ entry }) => entry)}::text[]) as added
    ), node as (
      insert into audit_node (tenant, level, idx, hash)
      select moved.tenant, added.* from moved, unnest(
        ${nodes.map(({ level }) => level)}::bigint[], ${nodes.map(({ index }) => index)}::bigint[], ${bytesArray(nodes.map(({ hash }) => hash))}::bytea[]) as added
    )
    select tenant from moved`.execute(tx);
  return rows.length === 1;
}

function toHead(row: { readonly size: number; readonly root: Uint8Array; readonly range: Uint8Array }): AuditHead {
  const range = Array.from({ length: row.range.length / HASH }, (_, i) => row.range.slice(i * HASH, (i + 1) * HASH));
  return { size: row.size, root: row.root, range };
}

function joined(range: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(range.length * HASH);
  range.forEach((hash, i) => bytes.set(hash, i * HASH));
  return bytes;
}
