import { instant, ok, refuse } from '@gridpass/core';
import type { Challenge, ChallengePort, Instant, Nonce, Outcome, TenantId } from '@gridpass/core';
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import type { Store } from '../open.js';
import type { ChallengeTables } from '../tables/challenges.js';

type Row = Selectable<ChallengeTables['challenge']>;

const STAGE = 'prove';

/** Challenges in SQL, and the sweep that removes those nobody answered. */
export type ChallengeRepository = ChallengePort & {
  /** Removes what expired before `at`, at most `limit` rows; returns how many went. */
  dropExpiredChallenges(tenant: TenantId, query: { readonly at: Instant; readonly limit: number }): Promise<number>;
};

/**
 * Challenges in SQL. Consuming is one `delete ... returning`: over all replicas, and across restarts, one caller gets the row.
 */
export function createChallengeRepository(store: Pick<Store, 'db'>): ChallengeRepository {
  const { db } = store;
  return {
    async issueChallenge(challenge) {
      await db
        .insertInto('challenge')
        .values({
          tenant: challenge.tenant,
          state: challenge.state,
          nonce: challenge.nonce,
          audience: challenge.audience,
          channel: challenge.channel,
          session_thumbprint: challenge.sessionThumbprint,
          expires_at: challenge.expiresAt,
        })
        .execute();
    },
    async readChallenge({ tenant, state, at }) {
      const row = await db
        .selectFrom('challenge')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('state', '=', state)
        .where('expires_at', '>', at)
        .executeTakeFirst();
      return toOutcome(tenant, row);
    },
    async consumeChallenge({ tenant, state, nonce, at }) {
      const row = await db
        .deleteFrom('challenge')
        .where('tenant', '=', tenant)
        .where('state', '=', state)
        .where('nonce', '=', nonce)
        .where('expires_at', '>', at)
        .returningAll()
        .executeTakeFirst();
      return toOutcome(tenant, row);
    },
    async dropExpiredChallenges(tenant, { at, limit }) {
      const result = await db
        .deleteFrom('challenge')
        .where('tenant', '=', tenant)
        .where('state', 'in', (select) =>
          select.selectFrom('challenge').select('state').where('tenant', '=', tenant).where('expires_at', '<=', at).limit(sql.lit(limit)),
        )
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}

function toOutcome(tenant: TenantId, row: Row | undefined): Outcome<Challenge> {
  if (row === undefined) return refuse('CHALLENGE_UNKNOWN', STAGE, 'no open challenge of this tenant has this state and nonce');
  return ok(
    Object.freeze({
      tenant,
      state: row.state,
      nonce: row.nonce as Nonce,
      audience: row.audience,
      channel: row.channel,
      sessionThumbprint: row.session_thumbprint,
      expiresAt: instant(row.expires_at),
    }),
  );
}
