import { sql } from 'kysely';
import type { RawBuilder, SelectQueryBuilder, Selectable } from 'kysely';
import { assertNever } from '@gridpass/core';
import type { CredentialHandle } from '@gridpass/core';
import type { Database } from '../database.js';

export type IssuedQuery = SelectQueryBuilder<Database, 'issued_credential', Selectable<Database['issued_credential']>>;

/** Of issued records those that a handle names. */
export function whereHandle(query: IssuedQuery, handle: CredentialHandle): IssuedQuery {
  switch (handle.kind) {
    case 'digest':
      return query.where((eb) => eb.or([eb('digest', '=', handle.digest), eb('handle', '=', handle.digest)]));
    case 'subject':
      return query.where('subject', '=', handle.subject);
    case 'party':
      return query.where('party_scheme', '=', handle.party.scheme).where('party_value', '=', handle.party.value);
    case 'application':
      return query.where('application_id', '=', handle.applicationId);
    case 'device':
      return whereApplication(query, sql`a.device = ${handle.device}`);
    case 'meteringPoint': {
      const { hash, code } = handle.point;
      return whereApplication(
        query,
        code === undefined ? sql`a.metering_hash = ${hash}` : sql`(a.metering_hash = ${hash} or a.metering_code = ${code})`,
      );
    }
    default:
      return assertNever(handle);
  }
}

/** Records whose application fulfils the condition on `a`. */
function whereApplication(query: IssuedQuery, condition: RawBuilder<unknown>): IssuedQuery {
  return query.where(sql<boolean>`exists (
    select 1 from issue_application a
    where a.tenant = issued_credential.tenant and a.application_id = issued_credential.application_id and ${condition})`);
}
