import { ROLE_CODES } from '@gridpass/core';
import type { Instant, KeptEntry, RegisterCounts, RegisterEntry, RegisterRepository, Retired, RoleCode, TenantId } from '@gridpass/core';
import { sql } from 'kysely';
import { canonicalJson } from '@gridpass/codec';
import type { Executor } from '../database.js';
import type { Store } from '../open.js';
import type { IssuanceTables } from '../tables/issuance.js';

type Row = IssuanceTables['register_entry'];

/** Keeps the party register in table `register_entry`. */
export function createRegisterRepository(store: Pick<Store, 'db' | 'transaction'>): RegisterRepository {
  return {
    beginImport: async () => nextOrder(store.db),
    saveEntries: (tenant, entries, { begun, at }) =>
      store.transaction(async (tx) => {
        if (entries.length === 0) return { added: 0, updated: 0, unchanged: 0 };
        await lockRegister(tx, tenant);
        const present = await tx
          .selectFrom('register_entry')
          .select(['code', 'digest', 'seen_order'])
          .where('tenant', '=', tenant)
          .where(
            'code',
            'in',
            entries.map(({ entry }) => entry.code.value),
          )
          .execute();
        const digests = new Map(present.map((row) => [row.code, row.digest]));
        const overtaken = new Set(present.filter((row) => Number(row.seen_order) > begun).map((row) => row.code));
        const settled = await kindsSettledAfter(tx, tenant, begun);
        const believed = entries.filter(({ entry }) => !overtaken.has(entry.code.value) && !settled.has(entry.kind));
        const changed = believed.filter(({ entry, digest }) => digests.get(entry.code.value) !== digest);
        const updated = changed.filter(({ entry }) => digests.has(entry.code.value)).length;
        const counts: RegisterCounts = { added: changed.length - updated, updated, unchanged: entries.length - changed.length };
        if (changed.length > 0) {
          await tx
            .insertInto('register_entry')
            .values(changed.map(({ entry, digest }) => toRow(tenant, entry, digest, { at, begun })))
            .onConflict((conflict) =>
              conflict.columns(['tenant', 'code']).doUpdateSet((eb) => ({
                kind: eb.ref('excluded.kind'),
                display_name: eb.ref('excluded.display_name'),
                long_name: eb.ref('excluded.long_name'),
                status: eb.ref('excluded.status'),
                country: eb.ref('excluded.country'),
                responsible_party: eb.ref('excluded.responsible_party'),
                functions: eb.ref('excluded.functions'),
                role_codes: eb.ref('excluded.role_codes'),
                digest: eb.ref('excluded.digest'),
                imported_at: eb.ref('excluded.imported_at'),
                vanished_at: eb.ref('excluded.vanished_at'),
                vanish_confirmed: eb.ref('excluded.vanish_confirmed'),
              })),
            )
            .execute();
        }
        const seen = believed.map(({ entry }) => entry.code.value);
        if (seen.length > 0)
          await tx
            .updateTable('register_entry')
            .set({ seen_order: begun })
            .where('tenant', '=', tenant)
            .where('code', 'in', seen)
            .execute();
        return counts;
      }),
    retireUnseen: (tenant, query) => retireUnseen(store, tenant, query),
    readEntry: async (tenant, code) => {
      if (code.scheme !== 'eic') return undefined;
      const row = await store.db
        .selectFrom('register_entry')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('code', '=', code.value)
        .executeTakeFirst();
      return row === undefined ? undefined : toEntry(row);
    },
    countEntries: async (tenant) => {
      const row = await store.db
        .selectFrom('register_entry')
        .select((eb) => eb.fn.countAll<string | number>().as('count'))
        .where('tenant', '=', tenant)
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
  };
}

async function retireUnseen(
  store: Pick<Store, 'transaction'>,
  tenant: TenantId,
  { kinds, begun, at, mostPpm, confirmed }: Parameters<RegisterRepository['retireUnseen']>[1],
): Promise<Retired> {
  if (kinds.length === 0) return { kind: 'retired', vanished: 0 };
  return store.transaction(async (tx) => {
    await lockRegister(tx, tenant);
    const known = await tx
      .selectFrom('register_entry')
      .select([
        'kind',
        sql<number>`count(*)::int`.as('entries'),
        sql<number>`(count(*) filter (where seen_order < ${begun}))::int`.as('missing'),
      ])
      .where('tenant', '=', tenant)
      .where('kind', 'in', kinds)
      .where(isUnconfirmed)
      .groupBy('kind')
      .execute();
    const missing = known.reduce((sum, row) => sum + row.missing, 0);
    const isBound = known.every((row) => row.missing <= Math.max(1, Math.floor((row.entries * mostPpm) / 1_000_000)));
    if (confirmed === undefined ? !isBound : missing > confirmed) return { kind: 'too-many', missing };
    const unseen = (update: ReturnType<typeof updateEntries>) =>
      update.where('tenant', '=', tenant).where('kind', 'in', kinds).where('seen_order', '<', begun).where(isUnconfirmed);
    const gone = await unseen(updateEntries(tx))
      // Without a digest, so that the entry counts as changed when it comes back.
      .set({ status: 'inactive', digest: '', imported_at: at, vanished_at: at })
      .where('vanished_at', 'is', null)
      .returning('code')
      .execute();
    await settleKinds(tx, tenant, kinds, begun);
    if (confirmed !== undefined) await unseen(updateEntries(tx)).set({ vanish_confirmed: true }).execute();
    return { kind: 'retired', vanished: gone.length };
  });
}

/** From here on imports that began before say nothing about these kinds: a whole register that came later did. */
async function settleKinds(tx: Executor, tenant: TenantId, kinds: readonly RegisterEntry['kind'][], begun: number): Promise<void> {
  await tx
    .insertInto('register_whole')
    .values([...new Set(kinds)].map((kind) => ({ tenant, kind, begun })))
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'kind']).doUpdateSet({ begun: sql<number>`greatest(register_whole.begun, excluded.begun)` }),
    )
    .execute();
}

async function kindsSettledAfter(tx: Executor, tenant: TenantId, begun: number): Promise<ReadonlySet<string>> {
  const rows = await tx.selectFrom('register_whole').select('kind').where('tenant', '=', tenant).where('begun', '>', begun).execute();
  return new Set(rows.map((row) => row.kind));
}

const updateEntries = (tx: Executor) => tx.updateTable('register_entry');

/** What stands, and what vanished without anybody confirming it. */
const isUnconfirmed = sql<boolean>`(vanished_at is null or not vanish_confirmed)`;

/** Imports of one tenant write one after the other, so that what is counted is what is changed. */
async function lockRegister(tx: Executor, tenant: TenantId): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`register\n${tenant}`}, 31))`.execute(tx);
}

async function nextOrder(db: Executor): Promise<number> {
  const { rows } = await sql<{ next: string | number }>`select nextval('register_order') as next`.execute(db);
  return Number(rows[0]?.next);
}

function toRow(tenant: TenantId, entry: RegisterEntry, digest: string, seen: { readonly at: number; readonly begun: number }): Row {
  return {
    tenant,
    code: entry.code.value,
    kind: entry.kind,
    display_name: entry.displayName,
    long_name: entry.longName,
    status: entry.status,
    country: entry.country,
    responsible_party: entry.responsibleParty,
    functions: canonicalJson(entry.functions),
    role_codes: entry.roleCodes.join(','),
    digest,
    imported_at: seen.at,
    seen_order: seen.begun,
    vanished_at: null,
    vanish_confirmed: false,
  };
}

function toEntry(row: Row): KeptEntry {
  return {
    code: { scheme: 'eic', value: row.code },
    kind: row.kind === 'area' ? 'area' : 'party',
    displayName: row.display_name,
    longName: row.long_name,
    status: row.status === 'active' ? 'active' : 'inactive',
    country: row.country,
    responsibleParty: row.responsible_party,
    // Written by toRow above and by nothing else.
    functions: JSON.parse(row.functions) as readonly string[],
    roleCodes: row.role_codes.split(',').filter(isRoleCode),
    changedAt: row.imported_at as Instant,
    ...(row.vanished_at === null ? {} : { vanished: true as const }),
  };
}

const isRoleCode = (text: string): text is RoleCode => Object.hasOwn(ROLE_CODES, text);
