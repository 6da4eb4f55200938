import type { Application, IssuedRecord } from '@gridpass/core';
import { createIssuanceRepository } from '@gridpass/store';
import { WISHES } from './model.js';
import type { WishName } from './model.js';
import { TENANTS } from './wishes.js';
import type { LifeCycleWorld } from './world.js';

/** What the store says. */
export interface Snapshot {
  readonly applications: readonly (Application & { readonly wish: WishName })[];
  readonly records: readonly (IssuedRecord & { readonly wish: WishName })[];
  readonly withdrawn: readonly string[];
}

export async function readSnapshot(world: LifeCycleWorld): Promise<Snapshot> {
  const repository = createIssuanceRepository(world.stores[1]);
  const applications: Snapshot['applications'][number][] = [];
  const records: Snapshot['records'][number][] = [];
  for (const tenant of Object.values(TENANTS)) {
    const { rows } = await repository.listApplications(tenant, undefined, { limit: 200 });
    for (const row of rows) {
      const wish = row.applicationId === world.idOf('a0') ? 'role' : wishNamed(row.applicant);
      if (wish === undefined) continue;
      applications.push({ ...row, wish });
      const issued = await repository.findIssued(tenant, { kind: 'application', applicationId: row.applicationId });
      records.push(...issued.map((record) => ({ ...record, wish })));
    }
  }
  const offers = await world.stores[1].db.selectFrom('exchange_offer').select('offer_id').where('withdrawn_at', 'is not', null).execute();
  return { applications, records, withdrawn: offers.map(({ offer_id }) => offer_id).sort() };
}

const wishNamed = (applicant: string): WishName | undefined =>
  (Object.keys(WISHES) as WishName[]).find((name) => applicant === `life ${name}`);
