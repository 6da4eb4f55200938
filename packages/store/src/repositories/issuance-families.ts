import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { CREDENTIAL_TYPES, assertNever, isHeldBySubject } from '@gridpass/core';
import type { CredentialHandle, Digest, Instant, IssuanceRepository, MadeOfferRecord, TenantId } from '@gridpass/core';
import { executorOf } from '../open.js';
import type { Store } from '../open.js';
import type { ExchangeTables } from '../tables/exchange.js';
import { toApplication, toIssued, toOutboxEntry } from './issuance-rows.js';
import { whereHandle } from './issuance-handle.js';
import { cursorAt, readCursor } from './paging.js';

type Part = Pick<
  IssuanceRepository,
  | 'findNamed'
  | 'findDependantApplications'
  | 'lockFamilies'
  | 'lockIssuedOf'
  | 'findIssuedToHolder'
  | 'listChangedSince'
  | 'readOffer'
  | 'shareOffer'
  | 'withdrawOffers'
  | 'listOffers'
  | 'listPendingNews'
>;

/** What belongs together: the applications of one wish, what came of them, and their offers. */
export function createFamilyPart(store: Pick<Store, 'db'>): Part {
  return {
    findNamed: async (tenant, handle, tx) => {
      const db = executorOf(store, tx);
      const issued = await whereHandle(db.selectFrom('issued_credential').selectAll().where('tenant', '=', tenant), handle).execute();
      const asked = whereNamed(handle);
      const { rows } = await sql<{ application_id: string }>`
        select application_id from issue_application where tenant = ${tenant} and ${asked}`.execute(db);
      return [...new Set([...issued, ...rows].map((row) => row.application_id))];
    },
    findDependantApplications: async (tenant, dependsOn, tx) => {
      const rows = await executorOf(store, tx)
        .selectFrom('issued_dependency as d')
        .innerJoin('issued_credential as c', (join) => join.onRef('c.tenant', '=', 'd.tenant').onRef('c.digest', '=', 'd.digest'))
        .select('c.application_id')
        .distinct()
        .where('d.tenant', '=', tenant)
        .where('d.depends_on', '=', dependsOn)
        .execute();
      return rows.map((row) => row.application_id);
    },
    lockFamilies: async (tenant, applicationIds, tx) => {
      if (applicationIds.length === 0) return [];
      const ids = [...applicationIds];
      const rows = await executorOf(store, tx)
        .selectFrom('issue_application')
        .selectAll()
        .where('tenant', '=', tenant)
        .where((eb) =>
          eb.or([
            eb('application_id', 'in', ids),
            eb('application_id', 'in', ofSameHolders(tenant, ids)),
            eb('application_id', 'in', ofRenewals(tenant, ids)),
            eb(
              'application_id',
              'in',
              eb
                .selectFrom('issue_application as a')
                .innerJoin('issue_application as b', (join) =>
                  join.onRef('b.tenant', '=', 'a.tenant').onRef('b.type', '=', 'a.type').onRef('b.claims_digest', '=', 'a.claims_digest'),
                )
                .select('b.application_id')
                .where('a.tenant', '=', tenant)
                .where('a.application_id', 'in', ids)
                .where('a.claims_digest', '<>', '')
                .where(sql<boolean>`(a.applicant = b.applicant or a.subject is not null or a.holder_thumbprint is not null)`),
            ),
          ]),
        )
        .orderBy('application_id')
        .forUpdate()
        .execute();
      return rows.map(toApplication);
    },
    findIssuedToHolder: async (tenant, { applicationId, thumbprints, subjects }, tx) => {
      const { rows } = await sql<{ application_id: string }>`
        select distinct b.application_id from issue_application a
        join issued_credential c on c.tenant = a.tenant and c.type = a.type
        join issue_application b on b.tenant = c.tenant and b.application_id = c.application_id
        where a.tenant = ${tenant} and a.application_id = ${applicationId} and (b.claims = a.claims or b.claims_digest = '')
          and (c.holder_thumbprint = any(${[...thumbprints]}::text[])
            or (c.subject = any(${[...subjects]}::text[]) and ${whereHeldBySubject(sql`c.type`)}))`.execute(executorOf(store, tx));
      return rows.map((row) => row.application_id);
    },
    listChangedSince: async (tenant, { applicationId, digests }, tx) => {
      if (digests.length === 0) return [];
      // Numbers of the sequence are unique. Those of older rows are seconds: of two alike, nobody can tell that the approval was the later.
      const { rows } = await sql<{ digest: string }>`
        select c.digest from issued_credential c
        join issue_application a on a.tenant = c.tenant and a.application_id = ${applicationId}
        join issue_application source on source.tenant = c.tenant and source.application_id = c.application_id
        where c.tenant = ${tenant} and c.digest = any(${[...digests]}::text[])
          and greatest(c.state_order, source.closed_order) >= a.decided_order
        order by c.digest`.execute(executorOf(store, tx));
      return rows.map((row) => row.digest as Digest);
    },
    lockIssuedOf: async (tenant, applicationIds, tx) => {
      if (applicationIds.length === 0) return [];
      const rows = await executorOf(store, tx)
        .selectFrom('issued_credential')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('application_id', 'in', [...applicationIds])
        .orderBy('digest')
        .forUpdate()
        .execute();
      return rows.map(toIssued);
    },
    readOffer: async (tenant, offerId) => {
      const row = await store.db
        .selectFrom('exchange_offer')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('offer_id', '=', offerId)
        .executeTakeFirst();
      return row === undefined ? undefined : toOffer(row);
    },
    shareOffer: async (tenant, offerId, tx) => {
      const row = await executorOf(store, tx)
        .selectFrom('exchange_offer')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('offer_id', '=', offerId)
        .forShare()
        .executeTakeFirst();
      return row === undefined ? undefined : toOffer(row);
    },
    withdrawOffers: async (tenant, { offerId, applicationIds, unusedOwn = false, by, reason, at }, tx) => {
      if (offerId === undefined && (applicationIds ?? []).length === 0) return [];
      let query = executorOf(store, tx)
        .updateTable('exchange_offer')
        .set({ withdrawn_at: at, withdrawn_by: by, withdrawn_reason: reason })
        .where('tenant', '=', tenant)
        .where('withdrawn_at', 'is', null);
      if (offerId !== undefined) query = query.where('offer_id', '=', offerId);
      if (applicationIds !== undefined) query = query.where('reference', 'in', [...applicationIds]);
      if (unusedOwn)
        query = query
          .where('own', '=', true)
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('issued_credential as c')
                  .select('c.digest')
                  .where('c.tenant', '=', tenant)
                  .whereRef('c.offer_id', '=', 'exchange_offer.offer_id'),
              ),
            ),
          );
      return (await query.returning('offer_id').execute()).map((row) => row.offer_id).sort();
    },
    listOffers: async (tenant, applicationId, page) => {
      let query = store.db.selectFrom('exchange_offer').selectAll().where('tenant', '=', tenant);
      if (applicationId !== undefined) query = query.where('reference', '=', applicationId);
      if (page.after !== undefined) {
        const { number, id } = readCursor(page.after);
        query = query.where(sql<boolean>`(expires_at, offer_id) > (${number}::bigint, ${id}::text)`);
      }
      const rows = await query
        .orderBy('expires_at')
        .orderBy('offer_id')
        .limit(page.limit + 1)
        .execute();
      const shown = rows.slice(0, page.limit);
      const last = rows.length > page.limit ? shown.at(-1) : undefined;
      return { rows: shown.map(toOffer), ...(last === undefined ? {} : { next: cursorAt(last.expires_at, last.offer_id) }) };
    },
    listPendingNews: async (tenant, limit) => {
      const rows = await store.db
        .selectFrom('issue_outbox')
        .select(['tenant', 'entry_id', 'kind', 'body', 'due_at'])
        .where('tenant', '=', tenant)
        .where('kind', '=', 'news')
        .orderBy('position')
        .limit(limit)
        .execute();
      return rows.map(toOutboxEntry);
    },
  };
}

const NAMED_KEY_TYPES = CREDENTIAL_TYPES.filter((type) => !isHeldBySubject(type));

/** The rows of a type whose holder is the subject ({@link isHeldBySubject}). */
const whereHeldBySubject = (type: RawBuilder<unknown>): RawBuilder<boolean> => sql<boolean>`${type} <> all(${NAMED_KEY_TYPES}::text[])`;

/** What renews a credential of these applications, and what these renew: also where claims were erased, which join no more. */
function ofRenewals(tenant: TenantId, ids: readonly string[]): RawBuilder<string> {
  const ours = [...ids];
  return sql<string>`(
    select r.application_id from issued_credential c
    join issue_application r on r.tenant = c.tenant and r.renews = c.digest
    where c.tenant = ${tenant} and c.application_id = any(${ours}::text[])
    union all
    select c.application_id from issue_application r
    join issued_credential c on c.tenant = r.tenant and c.digest = r.renews
    where r.tenant = ${tenant} and r.application_id = any(${ours}::text[]) and r.renews is not null)`;
}

/** Applications of the same type and claims that name, or were issued to, a key or subject that these name or were issued to. */
function ofSameHolders(tenant: TenantId, ids: readonly string[]): RawBuilder<string> {
  return sql<string>`(
    with named as (
      select type, claims, subject, holder_thumbprint from issue_application
      where tenant = ${tenant} and application_id = any(${ids}::text[]) and claims_digest <> ''
      union
      select a.type, a.claims, c.subject, c.holder_thumbprint from issue_application a
      join issued_credential c on c.tenant = a.tenant and c.application_id = a.application_id
      where a.tenant = ${tenant} and a.application_id = any(${ids}::text[]) and a.claims_digest <> ''
    )
    select b.application_id from named n
    join issue_application b on b.tenant = ${tenant} and b.type = n.type and b.claims = n.claims and b.claims_digest <> ''
      and (b.holder_thumbprint = n.holder_thumbprint or (b.subject = n.subject and ${whereHeldBySubject(sql`n.type`)}))
    union
    select b.application_id from named n
    join issued_credential c on c.tenant = ${tenant} and c.type = n.type
      and (c.holder_thumbprint = n.holder_thumbprint or (c.subject = n.subject and ${whereHeldBySubject(sql`n.type`)}))
    join issue_application b on b.tenant = c.tenant and b.application_id = c.application_id and b.claims = n.claims and b.claims_digest <> ''
  )`;
}

/** The applications a handle names by themselves, whether anything was issued from them or not. */
function whereNamed(handle: CredentialHandle) {
  switch (handle.kind) {
    case 'digest':
      return sql<boolean>`false`;
    case 'subject':
      return sql<boolean>`subject = ${handle.subject}`;
    case 'party':
      return sql<boolean>`party_scheme = ${handle.party.scheme} and party_value = ${handle.party.value}`;
    case 'application':
      return sql<boolean>`application_id = ${handle.applicationId}`;
    case 'device':
      return sql<boolean>`device = ${handle.device}`;
    case 'meteringPoint': {
      const { hash, code } = handle.point;
      return code === undefined
        ? sql<boolean>`metering_hash = ${hash}`
        : sql<boolean>`(metering_hash = ${hash} or metering_code = ${code})`;
    }
    default:
      return assertNever(handle);
  }
}

// A row of ours: what is read back as an instant was one when it was written.
function toOffer(row: ExchangeTables['exchange_offer']): MadeOfferRecord {
  return {
    offerId: row.offer_id,
    applicationId: row.reference,
    expiresAt: row.expires_at as Instant,
    ...(row.redeemed_at === null ? {} : { redeemedAt: row.redeemed_at as Instant }),
    ...(row.withdrawn_at === null
      ? {}
      : { withdrawn: { at: row.withdrawn_at as Instant, by: row.withdrawn_by, reason: row.withdrawn_reason } }),
  };
}
