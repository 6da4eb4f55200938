import { sql } from 'kysely';
import type { Application, ApplicationState, IssuanceRepository, Page, Paged } from '@gridpass/core';
import { executorOf } from '../open.js';
import type { Store } from '../open.js';
import { NEXT_ORDER } from './issuance-order.js';
import { toApplication, toApplicationRow } from './issuance-rows.js';
import { cursorAt, readCursor } from './paging.js';

type Part = Pick<
  IssuanceRepository,
  | 'submitApplication'
  | 'lockApplication'
  | 'readApplication'
  | 'readRenewal'
  | 'saveApplicationState'
  | 'lockWaitingStrangers'
  | 'purgeApplications'
  | 'listApplications'
>;

/** Applications and their states. */
export function createApplicationPart(store: Pick<Store, 'db'>): Part {
  return {
    submitApplication: async (application, most, tx) => {
      const db = executorOf(store, tx);
      // Counting and writing must not interleave with another submission of the same applicant.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${application.tenant}\n${application.applicant}`}, 6))`.execute(db);
      const open = await db
        .selectFrom('issue_application')
        .selectAll()
        .where('tenant', '=', application.tenant)
        .where('applicant', '=', application.applicant)
        .where('state', 'in', ['pending', 'approved'])
        .orderBy('submitted_at')
        .execute();
      const existing = open.find((row) => row.type === application.type && row.claims_digest === application.claimsDigest);
      if (existing !== undefined) return { kind: 'existing', application: toApplication(existing) };
      if (open.length >= most.ofApplicant) return { kind: 'tooMany' };
      if (application.stranger === true && (await countWaitingStrangers(db, application.tenant)) >= most.ofStrangers)
        return { kind: 'tooManyStrangers' };
      await db.insertInto('issue_application').values(toApplicationRow(application)).execute();
      return { kind: 'written', application };
    },
    lockApplication: async (tenant, applicationId, tx) => {
      const row = await executorOf(store, tx)
        .selectFrom('issue_application')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('application_id', '=', applicationId)
        .forUpdate()
        .executeTakeFirst();
      return row === undefined ? undefined : toApplication(row);
    },
    readApplication: async (tenant, applicationId, tx) => {
      const row = await executorOf(store, tx)
        .selectFrom('issue_application')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('application_id', '=', applicationId)
        .executeTakeFirst();
      return row === undefined ? undefined : toApplication(row);
    },
    readRenewal: async (tenant, applicationId) => {
      const row = await store.db
        .selectFrom('issue_application')
        .selectAll('issue_application')
        .innerJoin('issued_credential', (join) =>
          join
            .onRef('issued_credential.tenant', '=', 'issue_application.tenant')
            .onRef('issued_credential.digest', '=', 'issue_application.renews'),
        )
        .where('issue_application.tenant', '=', tenant)
        .where('issued_credential.application_id', '=', applicationId)
        .where('issue_application.state', 'in', ['approved', 'issued'])
        .orderBy('issue_application.submitted_at', 'desc')
        .orderBy('issue_application.application_id')
        .executeTakeFirst();
      return row === undefined ? undefined : toApplication(row);
    },
    saveApplicationState: async (application, tx) => {
      const { state, reason, decided_by, decided_at, overrules, closed_at, closed_by, closed_reason } = toApplicationRow(application);
      // The order of an approval is that of its decision; being issued from and closed leave it. Closing has an order of its own.
      const decided = state === 'approved' ? { decided_order: NEXT_ORDER } : {};
      const closed = state === 'closed' ? { closed_order: NEXT_ORDER } : {};
      await executorOf(store, tx)
        .updateTable('issue_application')
        .set({ state, reason, decided_by, decided_at, overrules, closed_at, closed_by, closed_reason, ...decided, ...closed })
        .where('tenant', '=', application.tenant)
        .where('application_id', '=', application.applicationId)
        .execute();
    },
    lockWaitingStrangers: async (tenant, { submittedUntil, limit }, tx) => {
      const rows = await executorOf(store, tx)
        .selectFrom('issue_application')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('stranger', '=', true)
        .where('state', '=', 'pending')
        .where('submitted_at', '<=', submittedUntil)
        .orderBy('submitted_at')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute();
      return rows.map(toApplication);
    },
    purgeApplications: (tenant, query) => purgeApplications(store, tenant, query),
    listApplications: (tenant, state, page) => listApplications(store, tenant, state, page),
  };
}

/** Of strangers together no more may wait than are counted here, so that no two submissions count at the same time. */
async function countWaitingStrangers(db: ReturnType<typeof executorOf>, tenant: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`strangers\n${tenant}`}, 36))`.execute(db);
  const { waiting } = await db
    .selectFrom('issue_application')
    .select(({ fn }) => fn.countAll<string | number>().as('waiting'))
    .where('tenant', '=', tenant)
    .where('stranger', '=', true)
    .where('state', '=', 'pending')
    .executeTakeFirstOrThrow();
  return Number(waiting);
}

async function listApplications(
  store: Pick<Store, 'db'>,
  tenant: string,
  state: ApplicationState | undefined,
  page: Page,
): Promise<Paged<Application>> {
  let query = store.db.selectFrom('issue_application').selectAll().where('tenant', '=', tenant);
  if (state !== undefined) query = query.where('state', '=', state);
  if (page.after !== undefined) {
    const { number, id } = readCursor(page.after);
    query = query.where(sql<boolean>`(submitted_at, application_id) > (${number}::bigint, ${id}::text)`);
  }
  const rows = await query
    .orderBy('submitted_at')
    .orderBy('application_id')
    .limit(page.limit + 1)
    .execute();
  const shown = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? shown.at(-1) : undefined;
  return { rows: shown.map(toApplication), ...(last === undefined ? {} : { next: cursorAt(last.submitted_at, last.application_id) }) };
}

/** An application is over when it was rejected, when nothing that came of it stands, or when what was asked for has ended. */
async function purgeApplications(
  store: Pick<Store, 'db'>,
  tenant: string,
  { endedBefore, at, limit }: { readonly endedBefore: number; readonly at: number; readonly limit: number },
): Promise<number> {
  const { rows } = await sql`
    update issue_application set claims = '{}', claims_digest = '', evidence = '[]', applicant = '', reason = '', closed_reason = '', overrules = '[]',
      metering_hash = null, metering_code = null, purged_at = ${at}
    where tenant = ${tenant} and application_id in (
      select a.application_id from issue_application a
      where a.tenant = ${tenant} and a.purged_at is null and a.submitted_at < ${endedBefore} and (
        (a.state = 'rejected' and coalesce(a.closed_at, a.decided_at, a.submitted_at) < ${endedBefore})
        or (a.state in ('pending', 'approved') and a.valid_until < ${endedBefore})
        or ((a.state = 'issued' or (a.state = 'closed' and coalesce(a.closed_at, a.decided_at, a.submitted_at) < ${endedBefore})) and not exists (
          select 1 from issued_credential c
          where c.tenant = a.tenant and c.application_id = a.application_id
            and case when c.state = 'revoked' then c.state_at >= ${endedBefore} else c.valid_until >= ${endedBefore} end
        ))
      )
      order by a.submitted_at limit ${limit} for update skip locked
    )
    returning application_id`.execute(store.db);
  return rows.length;
}
