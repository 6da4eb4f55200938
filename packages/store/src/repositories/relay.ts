import { Fault, ok, refuse } from '@gridpass/core';
import type {
  Did,
  Digest,
  Instant,
  Outcome,
  RelayRepository,
  RelayRequest,
  RelayState,
  RelayedTransaction,
  TenantId,
} from '@gridpass/core';
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import { isUniqueViolation } from '../faults.js';
import type { Store } from '../open.js';
import type { LifeCycleTables } from '../tables/did-life-cycle.js';

type Row = Selectable<LifeCycleTables['relay_request']>;
const OPEN: readonly RelayState[] = ['queued', 'submitted'];

/** The relayer's queue in SQL. Unique indexes keep one open call to a registry nonce and one open transaction to an account nonce. */
export function createRelayRepository(store: Pick<Store, 'db' | 'transaction'>): RelayRepository {
  const { db } = store;
  return {
    addCalls: (tenant, calls, at, mostOpen) =>
      orConflict(() =>
        store.transaction(async (tx) => {
          // Calls of one tenant take turns, so that the count below is right and an all-or-nothing batch is one.
          await sql`select pg_advisory_xact_lock(hashtextextended(${tenant}, 12))`.execute(tx);
          const known = await tx
            .selectFrom('relay_request')
            .select(['id', 'state'])
            .where('tenant', '=', tenant)
            .where((eb) =>
              eb.or([
                eb('state', 'in', OPEN),
                eb(
                  'id',
                  'in',
                  calls.map(({ id }) => id),
                ),
              ]),
            )
            .execute();
          const states = new Map(known.map(({ id, state }) => [id, state]));
          const fresh = calls.filter(({ id }) => states.get(id) === undefined || states.get(id) === 'failed');
          if (known.filter(({ state }) => OPEN.includes(state)).length + fresh.length > mostOpen)
            return refuse('RATE_LIMITED', 'relay', 'too many open calls');
          for (const { id, ...call } of fresh) {
            const row: Row = {
              tenant,
              id,
              chain_id: call.chainId,
              registry: call.registry,
              did: call.did,
              owner: call.owner,
              nonce: call.nonce,
              data: call.data,
              state: 'queued',
              version: 0,
              account: '',
              account_nonce: null,
              transactions: '[]',
              mined_hash: '',
              mined_block: 0,
              reason: '',
              created_at: at,
              changed_at: at,
            };
            await tx
              .insertInto('relay_request')
              .values(row)
              .onConflict((conflict) =>
                conflict.columns(['tenant', 'id']).doUpdateSet((eb) => ({
                  state: 'queued',
                  version: eb('relay_request.version', '+', 1),
                  account_nonce: null,
                  reason: '',
                  changed_at: at,
                })),
              )
              .execute();
          }
          return ok(true as const);
        }),
      ),
    async readRequest(tenant, id) {
      const row = await db.selectFrom('relay_request').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
      return row && toRequest(row);
    },
    async nextNonce(tenant, { chainId, registry, owner }) {
      const row = await db
        .selectFrom('relay_request')
        .select(({ fn }) => fn.max('nonce').as('last'))
        .where('tenant', '=', tenant)
        .where('chain_id', '=', chainId)
        .where('registry', '=', registry)
        .where('owner', '=', owner)
        .where('state', 'in', OPEN)
        .executeTakeFirst();
      return toNext(row?.last);
    },
    async listOpen({ chainId, registry }, limit) {
      const rows = await db
        .selectFrom('relay_request')
        .selectAll()
        .where('chain_id', '=', chainId)
        .where('registry', '=', registry)
        .where('state', 'in', OPEN)
        .orderBy('owner')
        .orderBy('nonce')
        .limit(limit)
        .execute();
      return rows.map(toRequest);
    },
    async countStates(tenant, { chainId, registry }) {
      const rows = await db
        .selectFrom('relay_request')
        .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
        .where('tenant', '=', tenant)
        .where('chain_id', '=', chainId)
        .where('registry', '=', registry)
        .groupBy('state')
        .execute();
      const counts = { queued: 0, submitted: 0, mined: 0, failed: 0 };
      for (const { state, count } of rows) counts[state] = Number(count);
      return counts;
    },
    async nextAccountNonce({ chainId, account }, atLeast) {
      const row = await db
        .selectFrom('relay_request')
        .select(({ fn }) => fn.max('account_nonce').as('last'))
        .where('chain_id', '=', chainId)
        .where('account', '=', account)
        .where('state', '=', 'submitted')
        .executeTakeFirst();
      return Math.max(atLeast, toNext(row?.last));
    },
    async changeRequest({ tenant, id, version }, { state, account, transactions, minedHash, minedBlock, reason, changedAt }) {
      const accountNonce = state === 'submitted' ? (transactions.at(-1)?.accountNonce ?? null) : null;
      const changed = await orConflict(async () => {
        const result = await db
          .updateTable('relay_request')
          .set({
            state,
            account,
            account_nonce: accountNonce,
            transactions: JSON.stringify(transactions),
            mined_hash: minedHash,
            mined_block: minedBlock,
            reason,
            changed_at: changedAt,
            version: version + 1,
          })
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('version', '=', version)
          .executeTakeFirst();
        return ok(result.numUpdatedRows > 0n);
      });
      return changed.ok && changed.value;
    },
  };
}

async function orConflict<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (error) {
    if (isUniqueViolation(error)) return refuse('CONFLICT', 'relay', 'nonce: taken by another open call');
    throw error;
  }
}

const toNext = (last: number | string | null | undefined): number => (last === null || last === undefined ? 0 : Number(last) + 1);

function toRequest(row: Row): RelayRequest {
  return Object.freeze({
    tenant: row.tenant as TenantId,
    id: row.id as Digest,
    chainId: row.chain_id,
    registry: row.registry,
    did: row.did as Did,
    owner: row.owner,
    nonce: row.nonce,
    data: row.data,
    state: row.state,
    version: row.version,
    account: row.account,
    transactions: toTransactions(row.transactions),
    minedHash: row.mined_hash,
    minedBlock: row.mined_block,
    reason: row.reason,
    createdAt: row.created_at as Instant,
    changedAt: row.changed_at as Instant,
  });
}

function toTransactions(text: string): readonly RelayedTransaction[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Fault('STORE_UNAVAILABLE', 'a row of the relayer cannot be read');
  // Our own rows, written above.
  return list as readonly RelayedTransaction[];
}
