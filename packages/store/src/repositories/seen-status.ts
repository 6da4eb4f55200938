import { instant } from '@gridpass/core';
import type { SeenStatusLists, TenantId } from '@gridpass/core';
import type { Store } from '../open.js';

/** The newest publications seen, in the store: they outlive the process, and replicas share them. */
export function createSeenStatusLists(store: Pick<Store, 'db'>, tenant: TenantId): SeenStatusLists {
  const { db } = store;
  return {
    noteSeen: async ({ kind, issuer, uri, age, forgetBefore }) => {
      const read = () =>
        db
          .selectFrom('status_seen')
          .select(['issued_at', 'version'])
          .where('tenant', '=', tenant)
          .where('kind', '=', kind)
          .where('issuer', '=', issuer)
          .where('uri', '=', uri)
          .executeTakeFirst();
      const before = await read();
      if (before !== undefined && (before.issued_at > age.issuedAt || before.version > age.version)) return toAge(before);
      if (before?.issued_at === age.issuedAt && before.version === age.version) return age;
      if (before === undefined)
        await db.deleteFrom('status_seen').where('tenant', '=', tenant).where('issued_at', '<', forgetBefore).execute();
      await db
        .insertInto('status_seen')
        .values({ tenant, kind, issuer, uri, issued_at: age.issuedAt, version: age.version })
        .onConflict((conflict) =>
          conflict
            .columns(['tenant', 'kind', 'issuer', 'uri'])
            .doUpdateSet({ issued_at: age.issuedAt, version: age.version })
            // Another replica may have been first with a newer one.
            .where('status_seen.issued_at', '<=', age.issuedAt)
            .where('status_seen.version', '<=', age.version),
        )
        .execute();
      const after = await read();
      return after === undefined ? age : toAge(after);
    },
  };
}

const toAge = (row: { readonly issued_at: number; readonly version: number }) => ({
  issuedAt: instant(row.issued_at),
  version: row.version,
});
