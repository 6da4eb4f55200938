import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Since when something fails, which no try writes anew: work on own accreditations, and what a wallet received and could not prove. What
 * fails already is taken to fail since its last try; work that is done leaves nothing behind from now on.
 */
export const failingSinceMigration: Migration = {
  async up(db) {
    await sql`alter table accreditation_task add column failing_since bigint`.execute(db);
    await sql`update accreditation_task set failing_since = due_at where problem <> ''`.execute(db);
    await sql`delete from accreditation_task where problem = '' and application = ''`.execute(db);
    await sql`alter table wallet_application add column unproven_since bigint`.execute(db);
    await sql`update wallet_application set unproven_since = checked_at where unproven is not null`.execute(db);
  },
  async down(db) {
    await sql`alter table wallet_application drop column unproven_since`.execute(db);
    await sql`alter table accreditation_task drop column failing_since`.execute(db);
  },
};
