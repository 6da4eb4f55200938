import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What of its offer an access token was asked for; null where it is for the whole of it. */
export const authorizedConfigurationsMigration: Migration = {
  async up(db) {
    await sql`alter table exchange_token add column authorized_ids text`.execute(db);
  },
  async down(db) {
    await sql`alter table exchange_token drop column authorized_ids`.execute(db);
  },
};
