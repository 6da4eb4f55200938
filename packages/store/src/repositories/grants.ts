import { canonicalJson, isJsonObject } from '@gridpass/codec';
import { Fault, ok, refuse } from '@gridpass/core';
import type { GrantRepository, JsonValue, Outcome, StoredGrant } from '@gridpass/core';
import { sql } from 'kysely';
import type { Store } from '../open.js';

const STAGE = 'session';

/** Grants in SQL. The row's columns say what state it is in; the grant itself is one JSON text that goes when it ends. */
export function createGrantRepository(store: Pick<Store, 'db'>): GrantRepository {
  const { db } = store;
  return {
    async addGrant(tenant, grant) {
      await db
        .insertInto('grant_session')
        .values({
          tenant,
          id: grant.id,
          holder_did: grant.holderDid,
          session_thumbprint: grant.sessionThumbprint,
          response_code_digest: grant.responseCodeDigest,
          redeem_by: grant.redeemBy,
          expires_at: grant.expiresAt,
          redeemed_at: null,
          ended_at: null,
          end_reason: null,
          body: toBody(grant),
        })
        .execute();
    },
    async redeemGrant(tenant, { responseCodeDigest, sessionThumbprint, at }) {
      // The key is part of the condition: a stolen code neither works nor spoils the rightful use.
      const row = await db
        .updateTable('grant_session')
        .set({ redeemed_at: at })
        .where('tenant', '=', tenant)
        .where('response_code_digest', '=', responseCodeDigest)
        .where('session_thumbprint', '=', sessionThumbprint)
        .where('redeemed_at', 'is', null)
        .where('ended_at', 'is', null)
        .where('redeem_by', '>', at)
        .where('expires_at', '>', at)
        .returning('body')
        .executeTakeFirst();
      const body = row?.body ?? null;
      return body === null
        ? refuse('TOKEN_INVALID', STAGE, "the response code is unknown, too old, used or another key's")
        : ok(parseBody(body));
    },
    async readGrant(tenant, { id, at }): Promise<Outcome<StoredGrant>> {
      const row = await db
        .selectFrom('grant_session')
        .select(['body', 'redeemed_at', 'expires_at', 'end_reason'])
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined || row.redeemed_at === null || row.expires_at <= at) return refuse('GRANT_ENDED', STAGE, 'expired');
      if (row.body === null) return refuse('GRANT_ENDED', STAGE, row.end_reason ?? 'ended');
      return ok(parseBody(row.body));
    },
    async endGrant(tenant, { id, reason, at }) {
      const result = await db
        .updateTable('grant_session')
        .set({ ended_at: at, end_reason: reason, body: null })
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async endGrantsOf(tenant, { holderDid, reason, at }) {
      const rows = await db
        .updateTable('grant_session')
        .set({ ended_at: at, end_reason: reason, body: null })
        .where('tenant', '=', tenant)
        .where('holder_did', '=', holderDid)
        .where('ended_at', 'is', null)
        .returning('id')
        .execute();
      return rows.map(({ id }) => id);
    },
    async dropExpiredGrants(tenant, { at, limit }) {
      const result = await db
        .deleteFrom('grant_session')
        .where('tenant', '=', tenant)
        .where('id', 'in', (select) =>
          select.selectFrom('grant_session').select('id').where('tenant', '=', tenant).where('expires_at', '<=', at).limit(sql.lit(limit)),
        )
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}

function toBody(grant: StoredGrant): string {
  // Every member of a grant is JSON by construction.
  return canonicalJson(grant as unknown as JsonValue);
}

/** Reads our own row back; a row that was not written by {@link toBody} is a broken store. */
function parseBody(body: string): StoredGrant {
  const row: unknown = JSON.parse(body);
  // Grants of before 2026-11-27 do not say how the holder was bound. They are held to the stricter way: a key that the DID does not list ends
  // the grant, and its holder presents once more.
  const json: unknown = isJsonObject(row) ? { holderBoundBy: 'did', ...row } : row;
  if (!isStoredGrant(json)) throw new Fault('STORE_UNAVAILABLE', 'a grant row cannot be read');
  return Object.freeze(json);
}

function isStoredGrant(json: unknown): json is StoredGrant {
  if (!isJsonObject(json)) return false;
  const texts = ['id', 'channel', 'holderDid', 'holderThumbprint', 'actor', 'sessionThumbprint', 'policyHash'];
  const times = ['redeemBy', 'createdAt', 'expiresAt'];
  const lists = ['credentials', 'status', 'facts'];
  return (
    texts.every((name) => typeof json[name] === 'string') &&
    times.every((name) => Number.isSafeInteger(json[name])) &&
    lists.every((name) => Array.isArray(json[name])) &&
    (json['holderBoundBy'] === 'key' || json['holderBoundBy'] === 'did') &&
    isJsonObject(json['receipt'])
  );
}
