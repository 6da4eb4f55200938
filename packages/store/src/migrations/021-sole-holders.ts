import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Rules that an officer set aside, and the metering point that claims name: what one alone may hold is found by it. */
export const soleHoldersMigration: Migration = {
  async up(db) {
    await sql`
      alter table issue_application
        add column overrules text not null default '[]',
        add column metering_hash text,
        add column metering_code text`.execute(db);
    // Claims of what is over are erased; nothing of it stands, so that nothing has to be found.
    await sql`
      update issue_application set
        metering_hash = claims::jsonb ->> 'meteringPointHash',
        metering_code = (claims::jsonb -> 'meteringPoint' ->> 'scheme') || ':' || (claims::jsonb -> 'meteringPoint' ->> 'value')
      where type in ('MeteringPointEntitlement', 'DeviceCommissioning')`.execute(db);
    await sql`create index issue_application_metering_hash on issue_application (tenant, metering_hash) where metering_hash is not null`.execute(
      db,
    );
    await sql`create index issue_application_metering_code on issue_application (tenant, metering_code) where metering_code is not null`.execute(
      db,
    );
  },
  async down(db) {
    await sql`
      alter table issue_application drop column overrules, drop column metering_hash, drop column metering_code`.execute(db);
  },
};
