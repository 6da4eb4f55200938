import { sql } from 'kysely';
import { Fault, instant, ok, refuse } from '@gridpass/core';
import type { ExchangeSessionRepository, OpenedSession, Outcome, Thumbprint } from '@gridpass/core';
import { executorOf } from '../open.js';
import type { Store } from '../open.js';

const STAGE = 'exchange-session';

/** Sessions of OpenID4VCI in SQL; whatever may happen once is a single statement. */
export function createExchangeSessionRepository(store: Pick<Store, 'db' | 'transaction'>): ExchangeSessionRepository {
  const { db } = store;
  return {
    async keepOffer(tenant, offer, tx) {
      await executorOf(store, tx)
        .insertInto('exchange_offer')
        .values({
          tenant,
          code_digest: offer.codeDigest,
          offer_id: offer.offerId,
          tx_code_digest: offer.txCodeDigest ?? null,
          configuration_ids: JSON.stringify(offer.configurationIds),
          reference: offer.reference,
          attempts_left: offer.attempts,
          expires_at: offer.expiresAt,
          redeemed_at: null,
          withdrawn_at: null,
          withdrawn_by: '',
          withdrawn_reason: '',
          own: offer.own ?? false,
        })
        .execute();
    },
    async readOffer(tenant, { codeDigest, at }) {
      const row = await db
        .selectFrom('exchange_offer')
        .select('configuration_ids')
        .where('tenant', '=', tenant)
        .where('code_digest', '=', codeDigest)
        .where('redeemed_at', 'is', null)
        .where('withdrawn_at', 'is', null)
        .where('expires_at', '>', at)
        .where('attempts_left', '>', 0)
        .executeTakeFirst();
      return row === undefined ? refuse('OFFER_UNKNOWN', STAGE, 'no open offer has this code') : ok(readIds(row.configuration_ids));
    },
    redeemOffer: (tenant, attempt) =>
      store.transaction(async (tx) => {
        const given = attempt.txCodeDigest ?? null;
        // INVARIANT: comparing and counting are one statement, so that parallel guesses cannot outrun the bound.
        const row = await tx
          .updateTable('exchange_offer')
          .set({
            attempts_left: sql<number>`attempts_left - 1`,
            redeemed_at: sql<
              number | null
            >`case when tx_code_digest is not distinct from ${given}::text then ${attempt.at}::bigint else null end`,
          })
          .where('tenant', '=', tenant)
          .where('code_digest', '=', attempt.codeDigest)
          .where('redeemed_at', 'is', null)
          .where('withdrawn_at', 'is', null)
          .where('expires_at', '>', attempt.at)
          .where('attempts_left', '>', 0)
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return refuse('OFFER_UNKNOWN', STAGE, 'no open offer has this code');
        if (row.redeemed_at === null) {
          // OpenID4VCI 1.0 6.3: what is not there, or was not asked for, is a request in another form and no guess.
          if (given === null) return refuse('REQUEST_MALFORMED', STAGE, 'tx_code: missing');
          if (row.tx_code_digest === null) return refuse('REQUEST_MALFORMED', STAGE, 'tx_code: none was asked for');
          return refuse('TX_CODE_WRONG', STAGE, `${row.attempts_left} attempts left`);
        }
        const { authorizedIds } = attempt.token;
        const authorized = authorizedIds === undefined ? null : JSON.stringify(authorizedIds);
        await tx
          .insertInto('exchange_token')
          .values({
            tenant,
            token_digest: attempt.token.tokenDigest,
            offer_id: row.offer_id,
            thumbprint: attempt.token.thumbprint ?? null,
            authorized_ids: authorized,
            expires_at: attempt.token.expiresAt,
          })
          .execute();
        return ok(
          toOpenedSession({
            ...row,
            thumbprint: attempt.token.thumbprint ?? null,
            authorized_ids: authorized,
            expires_at: attempt.token.expiresAt,
          }),
        );
      }),
    async readToken(tenant, query): Promise<Outcome<OpenedSession>> {
      const row = await db
        .selectFrom('exchange_token as t')
        .innerJoin('exchange_offer as o', (join) => join.onRef('o.tenant', '=', 't.tenant').onRef('o.offer_id', '=', 't.offer_id'))
        .select(['o.offer_id', 'o.configuration_ids', 'o.reference', 't.thumbprint', 't.authorized_ids', 't.expires_at'])
        .where('t.tenant', '=', tenant)
        .where('t.token_digest', '=', query.tokenDigest)
        .where('o.withdrawn_at', 'is', null)
        .executeTakeFirst();
      if (row === undefined) return refuse('TOKEN_INVALID', STAGE, 'no such access token');
      if (row.expires_at <= query.at) return refuse('TOKEN_EXPIRED', STAGE, 'the access token has expired');
      return ok(toOpenedSession(row));
    },
    async claimIssuance(tenant, claim) {
      const rows = await db
        .insertInto('exchange_issuance')
        .values({ tenant, offer_id: claim.offerId, configuration_id: claim.configurationId, claimed_at: claim.at })
        // Of two that find it stale the second waits for the first, and finds it fresh.
        .onConflict((conflict) =>
          conflict
            .columns(['tenant', 'offer_id', 'configuration_id'])
            .doUpdateSet({ claimed_at: claim.at })
            .where('exchange_issuance.claimed_at', '<', claim.staleBefore),
        )
        .returning('offer_id')
        .execute();
      return rows.length === 1;
    },
    async releaseIssuance(tenant, claim) {
      await db
        .deleteFrom('exchange_issuance')
        .where('tenant', '=', tenant)
        .where('offer_id', '=', claim.offerId)
        .where('configuration_id', '=', claim.configurationId)
        // One second has one owner: a right is taken over only when it is stale, so never in the second in which it was taken.
        .where('claimed_at', '=', claim.at)
        .execute();
    },
    async keepNonce(tenant, nonce) {
      await db.insertInto('exchange_nonce').values({ tenant, kind: 'nonce', digest: nonce.digest, expires_at: nonce.expiresAt }).execute();
    },
    async consumeNonce(tenant, query) {
      const row = await db
        .deleteFrom('exchange_nonce')
        .where('tenant', '=', tenant)
        .where('kind', '=', 'nonce')
        .where('digest', '=', query.digest)
        .returning('expires_at')
        .executeTakeFirst();
      if (row === undefined || row.expires_at <= query.at) return refuse('NONCE_INVALID', STAGE, 'the nonce is not an open one of ours');
      return ok(true);
    },
    async markSeen(tenant, mark) {
      const rows = await db
        .insertInto('exchange_nonce')
        .values({ tenant, kind: 'seen', digest: mark.digest, expires_at: mark.expiresAt })
        .onConflict((conflict) => conflict.doNothing())
        .returning('digest')
        .execute();
      return rows.length === 1;
    },
    async dropExpired(tenant, at) {
      const nonces = await db.deleteFrom('exchange_nonce').where('tenant', '=', tenant).where('expires_at', '<=', at).executeTakeFirst();
      const tokens = await db.deleteFrom('exchange_token').where('tenant', '=', tenant).where('expires_at', '<=', at).executeTakeFirst();
      const offers = await db
        .deleteFrom('exchange_offer')
        .where('tenant', '=', tenant)
        .where('expires_at', '<=', at)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('exchange_token as t')
                .select('t.offer_id')
                .whereRef('t.offer_id', '=', 'exchange_offer.offer_id')
                .where('t.tenant', '=', tenant),
            ),
          ),
        )
        .executeTakeFirst();
      return Number(nonces.numDeletedRows + tokens.numDeletedRows + offers.numDeletedRows);
    },
  };
}

function toOpenedSession(row: {
  readonly offer_id: string;
  readonly configuration_ids: string;
  readonly reference: string;
  readonly thumbprint: string | null;
  readonly authorized_ids: string | null;
  readonly expires_at: number;
}): OpenedSession {
  return {
    offerId: row.offer_id,
    configurationIds: readIds(row.configuration_ids),
    reference: row.reference,
    expiresAt: instant(row.expires_at),
    // Our own row: it was a thumbprint when it was written.
    ...(row.thumbprint === null ? {} : { thumbprint: row.thumbprint as Thumbprint }),
    ...(row.authorized_ids === null ? {} : { authorizedIds: readIds(row.authorized_ids) }),
  };
}

function readIds(text: string): readonly string[] {
  const ids: unknown = JSON.parse(text);
  if (!isTextArray(ids)) throw new Fault('STORE_UNAVAILABLE', 'an offer or token row cannot be read');
  return ids;
}

const isTextArray = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');
