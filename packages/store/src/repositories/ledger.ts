import { canonicalJson, isJsonObject } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import type { AdmissionName, DesiredAdmission, Did, Digest, Instant, JsonValue, LedgerRepository } from '@gridpass/core';
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import type { Store } from '../open.js';
import type { LedgerTables } from '../tables/ledger.js';

type Row = Selectable<LedgerTables['ledger_admission']>;

/** Admissions as they should stand, in SQL. An ended one stays as a row without evidence until the chain has followed. */
export function createLedgerRepository(store: Pick<Store, 'db' | 'transaction'>): LedgerRepository {
  const { db } = store;
  return {
    keepAdmission: (tenant, admission, most) =>
      store.transaction(async (tx) => {
        // Two requests of one holder take turns, so that the count below is right.
        await sql`select pg_advisory_xact_lock(hashtextextended(${`${tenant} ${admission.chainId} ${admission.channel}`}, 8))`.execute(tx);
        const standing = await tx
          .selectFrom('ledger_admission')
          .select(['account', 'holder_did'])
          .where('tenant', '=', tenant)
          .where('chain_id', '=', admission.chainId)
          .where('channel', '=', admission.channel)
          .where('ended_at', 'is', null)
          .where((eb) => eb.or([eb('account', '=', admission.account), eb('holder_did', '=', admission.holderDid)]))
          .execute();
        if (standing.some((row) => row.account === admission.account && row.holder_did !== admission.holderDid)) return false;
        if (standing.filter((row) => row.account !== admission.account).length >= most) return false;
        const row = toRow(admission);
        await tx
          .insertInto('ledger_admission')
          .values({ tenant, chain_id: admission.chainId, channel: admission.channel, account: admission.account, ...row })
          .onConflict((conflict) => conflict.columns(['tenant', 'chain_id', 'channel', 'account']).doUpdateSet(row))
          .execute();
        return true;
      }),
    async renewAdmission(tenant, { receipt, until, checkedAt, ...name }) {
      const result = await db
        .updateTable('ledger_admission')
        .set({ until_at: until, checked_at: checkedAt })
        .where('tenant', '=', tenant)
        .where('chain_id', '=', name.chainId)
        .where('channel', '=', name.channel)
        .where('account', '=', name.account)
        .where('receipt', '=', receipt)
        .where('ended_at', 'is', null)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async endAdmission(tenant, { receipt, reason, endedAt, ...name }) {
      const result = await db
        .updateTable('ledger_admission')
        .set({ ended_at: endedAt, end_reason: reason, evidence: null })
        .where('tenant', '=', tenant)
        .where('chain_id', '=', name.chainId)
        .where('channel', '=', name.channel)
        .where('account', '=', name.account)
        .where('receipt', '=', receipt)
        .where('ended_at', 'is', null)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async dropEnded(tenant, { receipt, ...name }) {
      await db
        .deleteFrom('ledger_admission')
        .where('tenant', '=', tenant)
        .where('chain_id', '=', name.chainId)
        .where('channel', '=', name.channel)
        .where('account', '=', name.account)
        .where('receipt', '=', receipt)
        .where('ended_at', 'is not', null)
        .execute();
    },
    async readAdmission(tenant, name) {
      const row = await db
        .selectFrom('ledger_admission')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('chain_id', '=', name.chainId)
        .where('channel', '=', name.channel)
        .where('account', '=', name.account)
        .where('ended_at', 'is', null)
        .executeTakeFirst();
      return row === undefined ? undefined : toAdmission(row);
    },
    async listAdmissions(tenant, { chainId, after, limit }) {
      let query = db
        .selectFrom('ledger_admission')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('chain_id', '=', chainId)
        .where('ended_at', 'is', null);
      if (after !== undefined) query = query.where(sql<boolean>`(channel, account) > (${after.channel}, ${after.account})`);
      return (await query.orderBy('channel').orderBy('account').limit(limit).execute()).map(toAdmission);
    },
    async listEnded(tenant, { chainId, limit }) {
      const rows = await db
        .selectFrom('ledger_admission')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('chain_id', '=', chainId)
        .where('ended_at', 'is not', null)
        .orderBy('ended_at')
        .orderBy('channel')
        .orderBy('account')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        ...toName(row),
        receipt: row.receipt as Digest,
        reason: row.end_reason ?? '',
        endedAt: (row.ended_at ?? 0) as Instant,
      }));
    },
    async readContracts(tenant, chainId) {
      const rows = await db
        .selectFrom('ledger_contract')
        .select(['name', 'address'])
        .where('tenant', '=', tenant)
        .where('chain_id', '=', chainId)
        .execute();
      return Object.fromEntries(rows.map(({ name, address }) => [name, address]));
    },
    async keepContracts(tenant, chainId, contracts) {
      const rows = Object.entries(contracts).map(([name, address]) => ({ tenant, chain_id: chainId, name, address }));
      if (rows.length === 0) return;
      await db
        .insertInto('ledger_contract')
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(['tenant', 'chain_id', 'name']).doUpdateSet((eb) => ({ address: eb.ref('excluded.address') })),
        )
        .execute();
    },
  };
}

function toRow(admission: DesiredAdmission): Omit<Row, 'tenant' | 'chain_id' | 'channel' | 'account'> {
  // Every member is JSON by construction.
  const evidence = canonicalJson({ credentials: admission.credentials, status: admission.status } as unknown as JsonValue);
  return {
    holder_did: admission.holderDid,
    receipt: admission.receipt,
    until_at: admission.until,
    not_after: admission.notAfter,
    checked_at: admission.checkedAt,
    evidence,
    ended_at: null,
    end_reason: null,
  };
}

const toName = (row: Row): AdmissionName => ({ chainId: row.chain_id, channel: row.channel, account: row.account });

function toAdmission(row: Row): DesiredAdmission {
  const evidence: unknown = JSON.parse(row.evidence ?? 'null');
  if (!isEvidence(evidence)) throw new Fault('STORE_UNAVAILABLE', 'a row of the ledger cannot be read');
  return Object.freeze({
    ...toName(row),
    holderDid: row.holder_did as Did,
    receipt: row.receipt as Digest,
    until: row.until_at as Instant,
    notAfter: row.not_after as Instant,
    checkedAt: row.checked_at as Instant,
    credentials: evidence.credentials,
    status: evidence.status,
  });
}

/** Our own row, written by {@link toRow}; anything else is a broken store. */
function isEvidence(json: unknown): json is Pick<DesiredAdmission, 'credentials' | 'status'> {
  return isJsonObject(json) && Array.isArray(json['credentials']) && Array.isArray(json['status']);
}
