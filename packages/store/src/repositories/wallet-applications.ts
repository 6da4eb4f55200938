import { instant } from '@gridpass/core';
import type { CredentialType, HeldApplication, UnprovenCredential, TenantId, WalletApplicationRepository } from '@gridpass/core';
import { sql } from 'kysely';
import type { Store } from '../open.js';
import type { WalletTables } from '../tables/wallet.js';

/** What wallets applied for, in SQL. */
export function createWalletApplicationPart({ db }: Pick<Store, 'db'>): WalletApplicationRepository {
  return {
    async keepApplication(tenant, application) {
      await db
        .insertInto('wallet_application')
        .values({
          ...toRow(tenant, application),
          unproven_since: application.unproven === undefined ? null : application.checkedAt,
          turn_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const row = await db
        .selectFrom('wallet_application')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('endpoint', '=', application.endpoint)
        .where('application_id', '=', application.applicationId)
        .executeTakeFirst();
      // Removed again in between: it was kept all the same.
      return row === undefined ? application : toApplication(row);
    },
    async applications(tenant) {
      const rows = await db
        .selectFrom('wallet_application')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('submitted_at', 'desc')
        .orderBy('id')
        .execute();
      return rows.map(toApplication);
    },
    async saveApplication(tenant, application, turn) {
      const { state, reason, checked_at, received_at, problem, because, unproven } = toRow(tenant, application);
      const rows = await db
        .updateTable('wallet_application')
        .set({ state, reason, checked_at, received_at, problem, because, unproven, turn_at: null })
        .set({ unproven_since: unproven === null ? null : sql`coalesce(unproven_since, ${checked_at}::bigint)` })
        .where('tenant', '=', tenant)
        .where('id', '=', application.id)
        .where('turn_at', '=', turn)
        .returning('id')
        .execute();
      return rows.length === 1;
    },
    async takeApplicationTurn(tenant, { id, at, staleBefore }) {
      const row = await db
        .updateTable('wallet_application')
        .set({ turn_at: at })
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('received_at', 'is', null)
        .where((eb) => eb.or([eb('turn_at', 'is', null), eb('turn_at', '<', staleBefore)]))
        .returningAll()
        .executeTakeFirst();
      return row && toApplication(row);
    },
    async renewApplicationTurn(tenant, { id, turn, at }) {
      const rows = await db
        .updateTable('wallet_application')
        .set({ turn_at: at })
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('turn_at', '=', turn)
        .returning('id')
        .execute();
      return rows.length === 1;
    },
    async saveUnproven(tenant, { id, at }, unproven) {
      await db
        .updateTable('wallet_application')
        .set({ unproven: JSON.stringify(unproven), unproven_since: sql`coalesce(unproven_since, ${at}::bigint)`, turn_at: at })
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .execute();
    },
    async closeApplication(tenant, id) {
      await db
        .updateTable('wallet_application')
        .set({ state: 'closed' })
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('received_at', 'is not', null)
        .execute();
    },
    async noteReceivedChecked(tenant, { id, at }) {
      await db
        .updateTable('wallet_application')
        .set({ checked_at: at })
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('received_at', 'is not', null)
        .execute();
    },
    async removeApplication(tenant, id) {
      const rows = await db.deleteFrom('wallet_application').where('tenant', '=', tenant).where('id', '=', id).returning('id').execute();
      return rows.length === 1;
    },
  };
}

const toRow = (tenant: TenantId, application: HeldApplication) => ({
  tenant,
  id: application.id,
  relation_id: application.relationId,
  issuer: application.issuer,
  endpoint: application.endpoint,
  application_id: application.applicationId,
  type: application.type,
  state: application.state,
  reason: application.reason,
  submitted_at: application.submittedAt,
  checked_at: application.checkedAt,
  received_at: application.receivedAt ?? null,
  problem: application.problem,
  because: application.because ?? null,
  unproven: application.unproven === undefined ? null : JSON.stringify(application.unproven),
});

// Rows of ours: what is read back as a union was of that union when it was written.
const toApplication = (row: WalletTables['wallet_application']): HeldApplication => ({
  id: row.id,
  relationId: row.relation_id,
  issuer: row.issuer,
  endpoint: row.endpoint,
  applicationId: row.application_id,
  type: row.type as CredentialType,
  state: row.state as HeldApplication['state'],
  reason: row.reason,
  submittedAt: instant(row.submitted_at),
  checkedAt: instant(row.checked_at),
  ...(row.received_at === null ? {} : { receivedAt: instant(row.received_at) }),
  ...(row.unproven === null ? {} : { unproven: JSON.parse(row.unproven) as readonly UnprovenCredential[] }),
  problem: row.problem,
  ...(row.because === null ? {} : { because: row.because }),
});
