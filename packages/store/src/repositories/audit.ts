import { sql } from 'kysely';
import type { AuditExtension, AuditHead, AuditNodePosition, AuditRepository, TenantId } from '@gridpass/core';
import type { Executor } from '../database.js';
import type { Store } from '../open.js';

const HASH = 32;

/** The Merkle log in the store. The head row is locked for each append, so that replicas write one log and never two. */
export function createAuditRepository(store: Pick<Store, 'db' | 'transaction'>): AuditRepository {
  const { db } = store;
  return {
    appendEntries: (tenant, extend) =>
      store.transaction(async (tx) => {
        const empty = { tenant, size: 0, root: new Uint8Array(), range: new Uint8Array() };
        let row = await lockHead(tx, tenant);
        if (row === undefined) {
          await tx
            .insertInto('audit_head')
            .values(empty)
            .onConflict((conflict) => conflict.column('tenant').doNothing())
            .execute();
          row = await lockHead(tx, tenant);
        }
        const extension = extend(row === undefined || row.size === 0 ? undefined : toHead(row));
        await writeExtension(tx, tenant, extension);
        return extension;
      }),
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

/** All of an append in one statement with one array for each column: on an embedded store statements are what costs. */
async function writeExtension(tx: Executor, tenant: TenantId, { entries, nodes, head }: AuditExtension): Promise<void> {
  await sql`
    with entry as (
      insert into audit_entry (tenant, idx, leaf, entry)
      select ${tenant}::text, * from unnest(
        ${entries.map(({ index }) => index)}::bigint[], ${entries.map(({ leaf }) => leaf)}::bytea[], ${entries.map(({ entry }) => entry)}::text[])
    ), node as (
      insert into audit_node (tenant, level, idx, hash)
      select ${tenant}::text, * from unnest(
        ${nodes.map(({ level }) => level)}::bigint[], ${nodes.map(({ index }) => index)}::bigint[], ${nodes.map(({ hash }) => hash)}::bytea[])
    )
    update audit_head set size = ${head.size}, root = ${head.root}, range = ${joined(head.range)} where tenant = ${tenant}`.execute(tx);
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
