import type { Digest, IssuedRecord, JsonObject, RequestId, TenantId, TransactionHandle } from '@gridpass/core';
import { memberOf, randomToken } from '@gridpass/codec';
import type { Acts, Aftermath } from './acts.js';
import type { EngineParts } from './parts.js';
import { resumeRecord, revokeRecord, suspendRecord } from './record-state.js';
import type { CredentialNews } from './record-state.js';

/** Carries news about credentials to what stands on them. */
export interface Cascade {
  /** Acts upon all news that is due, for every tenant of this program; tells how many. Safe beside other replicas. */
  deliverNews(): Promise<number>;
}

const PER_CALL = 10_000;

/**
 * The rules of the domain catalogue: what stands on a revoked authority is suspended (it may be put under a new one),
 * what stands on a revoked prerequisite is revoked, and suspension and resumption pass on. A dependant's own change is
 * news again, so that the whole tree follows. News and change are one transaction: none is lost or acted upon twice.
 */
export function createCascade(parts: EngineParts, acts: Acts): Cascade {
  const { repository } = parts;

  async function deliverOne(tenant: TenantId): Promise<boolean> {
    return acts.perform(tenant, async (tx, after) => {
      const entry = await repository.lockDueEntry(tenant, 'news', parts.clock.now(), tx);
      if (entry === undefined) return false;
      const news = toNews(entry.body);
      const changed: Digest[] = [];
      for (const { record, kind } of await repository.lockDependants(tenant, news.digest, tx)) {
        if ((news.kind === 'both' || news.kind === kind) && (await follow(record, kind, news, tx, after))) changed.push(record.digest);
      }
      if (changed.length > 0) {
        after.act({
          action: 'cascade',
          actor: tenant,
          requestId: randomToken(12) as RequestId,
          evidence: { what: news.what, of: news.digest, credentials: changed },
        });
      }
      await repository.removeEntries(tenant, [entry.entryId], tx);
      return true;
    });
  }

  async function follow(
    record: IssuedRecord,
    kind: 'authority' | 'prerequisite',
    news: CredentialNews,
    tx: TransactionHandle,
    after: Aftermath,
  ): Promise<boolean> {
    if (record.state === 'revoked') return false;
    if (news.what === 'revoked' && kind === 'prerequisite') {
      await revokeRecord(parts, record, 'prerequisite-revoked', tx, after);
      return true;
    }
    const cause = `${kind}:${news.digest}`;
    const change = news.what === 'resumed' ? resumeRecord : suspendRecord;
    const outcome = await change(parts, record, cause, `${kind}-${news.what}`, tx, after);
    return outcome.ok && outcome.value;
  }

  return {
    deliverNews: async () => {
      let delivered = 0;
      for (let moved = true; moved && delivered < PER_CALL;) {
        moved = false;
        for (const { tenant } of parts.tenants) {
          // Looked at without a lock first: most of the time there is nothing to carry.
          const due = await repository.listDueEntries(tenant, 'news', parts.clock.now(), 1);
          while (due.length > 0 && delivered < PER_CALL && (await deliverOne(tenant))) {
            delivered += 1;
            moved = true;
          }
        }
      }
      return delivered;
    },
  };
}

function toNews(body: JsonObject): CredentialNews {
  // Written by record-state.ts into our own store.
  return { what: memberOf(body, 'what'), digest: memberOf(body, 'digest'), kind: memberOf(body, 'kind') } as CredentialNews;
}
