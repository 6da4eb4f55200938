import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** News that failed takes its turn after what failed less often; news about one credential keeps its order by `about`. */
export const outboxTurnsMigration: Migration = {
  async up(db) {
    await sql`
      alter table issue_outbox
        add column about text not null default '',
        add column failures integer not null default 0`.execute(db);
    await sql`update issue_outbox set about = coalesce(body::jsonb ->> 'digest', '') where kind = 'news'`.execute(db);
    await sql`create index issue_outbox_about on issue_outbox (tenant, kind, about, position) where about <> ''`.execute(db);
    await sql`create index issue_outbox_turns on issue_outbox (tenant, kind, failures, position)`.execute(db);
  },
  async down(db) {
    await sql`drop index issue_outbox_turns`.execute(db);
    await sql`drop index issue_outbox_about`.execute(db);
    await sql`alter table issue_outbox drop column about, drop column failures`.execute(db);
  },
};
