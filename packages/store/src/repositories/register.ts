import { Fault, ROLE_CODES } from '@gridpass/core';
import type { Instant, KeptEntry, RegisterCounts, RegisterEntry, RegisterRepository, Retired, RoleCode, TenantId } from '@gridpass/core';
import { sql } from 'kysely';
import { canonicalJson } from '@gridpass/codec';
import type { Store } from '../open.js';
import type { IssuanceTables } from '../tables/issuance.js';

type Row = IssuanceTables['register_entry'];

/** Keeps the party register in table `register_entry`. */
export function createRegisterRepository(store: Pick<Store, 'db' | 'transaction'>): RegisterRepository {
  return {
    saveEntries: (tenant, entries, at, importId) =>
      store.transaction(async (tx) => {
        if (entries.length === 0) return { added: 0, updated: 0, unchanged: 0 };
        const codes = entries.map(({ entry }) => entry.code.value);
        const present = await tx
          .selectFrom('register_entry')
          .select(['code', 'digest'])
          .where('tenant', '=', tenant)
          .where('code', 'in', codes)
          .execute();
        const digests = new Map(present.map((row) => [row.code, row.digest]));
        const changed = entries.filter(({ entry, digest }) => digests.get(entry.code.value) !== digest);
        const updated = changed.filter(({ entry }) => digests.has(entry.code.value)).length;
        const counts: RegisterCounts = { added: changed.length - updated, updated, unchanged: entries.length - changed.length };
        if (changed.length > 0) {
          await tx
            .insertInto('register_entry')
            .values(changed.map(({ entry, digest }) => toRow(tenant, entry, digest, { at, importId })))
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
              })),
            )
            .execute();
        }
        await tx.updateTable('register_entry').set({ seen_by: importId }).where('tenant', '=', tenant).where('code', 'in', codes).execute();
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
  { kinds, importId, at, mostPpm, confirmed }: Parameters<RegisterRepository['retireUnseen']>[1],
): Promise<Retired> {
  if (kinds.length === 0) return { kind: 'retired', vanished: 0 };
  return store.transaction(async (tx) => {
    const known = await tx
      .selectFrom('register_entry')
      .select([
        'kind',
        sql<number>`count(*)::int`.as('entries'),
        sql<number>`(count(*) filter (where seen_by <> ${importId}))::int`.as('missing'),
      ])
      .where('tenant', '=', tenant)
      .where('kind', 'in', kinds)
      .where('vanished_at', 'is', null)
      .groupBy('kind')
      .execute();
    const missing = known.reduce((sum, row) => sum + row.missing, 0);
    const isBound = known.every((row) => row.missing <= Math.max(1, Math.floor((row.entries * mostPpm) / 1_000_000)));
    if (confirmed === undefined ? !isBound : missing > confirmed) return { kind: 'too-many', missing };
    const gone = await tx
      .updateTable('register_entry')
      // Without a digest, so that the entry counts as changed when it comes back.
      .set({ status: 'inactive', digest: '', imported_at: at, vanished_at: at })
      .where('tenant', '=', tenant)
      .where('kind', 'in', kinds)
      .where('seen_by', '<>', importId)
      .where('vanished_at', 'is', null)
      .returning('code')
      .execute();
    // Another import wrote in between: what was counted, and perhaps confirmed, is not what would vanish. Thrown, so that nothing is kept of it.
    if (gone.length !== missing)
      throw new Fault('STORE_UNAVAILABLE', 'the register was changed by another import at the same time: import it again');
    return { kind: 'retired', vanished: gone.length };
  });
}

function toRow(tenant: TenantId, entry: RegisterEntry, digest: string, seen: { readonly at: number; readonly importId: string }): Row {
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
    seen_by: seen.importId,
    vanished_at: null,
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
