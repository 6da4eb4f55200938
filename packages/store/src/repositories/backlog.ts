import { instant, type BacklogRepository, type Instant, type OutboxName, type Waiting } from '@gridpass/core';
import { sql, type RawBuilder } from 'kysely';
import type { Store } from '../open.js';

/** The age of an act is that of its record: when it is due is written anew by each who takes it. */
const OLDEST_ACT = sql`(body::json ->> 'at')::bigint`;

/**
 * One statement for each: how many wait, and since when the oldest does. Of what is tried again and again, a time that each try writes anew is
 * no age. A task of a renewal that names its application is a memory; one that is due, names none and never failed was left by who died over it.
 */
const outboxes = (at: Instant): Readonly<Record<OutboxName, RawBuilder<Row>>> => ({
  acts: sql`select count(*) as entries, (select ${OLDEST_ACT} from issue_outbox where kind = 'act' order by position limit 1) as oldest
    from issue_outbox where kind = 'act'`,
  news: sql`select count(*) as entries, min(due_at) as oldest from issue_outbox where kind = 'news' and due_at <= ${at}`,
  relay: sql`select count(*) as entries, min(created_at) as oldest from relay_request where state in ('queued', 'submitted')`,
  transfers: sql`select count(*) as entries, min(changed_at) as oldest from did_transfer where state in ('accepted', 'moved')`,
  renewals: sql`select count(*) as entries, min(coalesce(failing_since, due_at)) as oldest from accreditation_task
    where failing_since is not null or (due_at <= ${at} and application = '')`,
  prerequisites: sql`select count(*) as entries, min(failing_since) as oldest from watched_prerequisite where failing_since is not null`,
  receiving: sql`select count(*) as entries, min(unproven_since) as oldest from wallet_application where unproven is not null`,
});

interface Row {
  readonly entries: number;
  readonly oldest: number | null;
}

/** Counts over the tables of all topics; nothing is locked or written. */
export function createBacklogRepository({ db }: Pick<Store, 'db'>): BacklogRepository {
  const one = async (statement: RawBuilder<Row>): Promise<Row> => {
    const { rows } = await statement.execute(db);
    const [row = { entries: 0, oldest: null }] = rows;
    return { entries: Number(row.entries), oldest: row.oldest === null ? null : Number(row.oldest) };
  };
  return {
    async readOutboxes(at) {
      const waiting = {} as Record<OutboxName, Waiting>;
      for (const [name, statement] of Object.entries(outboxes(at)) as [OutboxName, RawBuilder<Row>][]) {
        const { entries, oldest } = await one(statement);
        waiting[name] = { entries, ...(oldest === null ? {} : { oldestAt: instant(oldest) }) };
      }
      return waiting;
    },
    async readLogs() {
      const { entries, oldest } = await one(sql`select coalesce(sum(size), 0)::bigint as entries, count(*) as oldest from audit_head`);
      return { logs: oldest ?? 0, entries };
    },
    async readPublishedLists(at) {
      const { entries, oldest } = await one(
        sql`select count(*) as entries, min(published_at) as oldest from status_list where published_at is not null and expires_at > ${at}`,
      );
      return { lists: entries, ...(oldest === null ? {} : { oldestAt: instant(oldest) }) };
    },
    async countOpenChallenges(at) {
      return (await one(sql`select count(*) as entries, null as oldest from challenge where expires_at > ${at}`)).entries;
    },
  };
}
