import type { SelectQueryBuilder } from 'kysely';
import { assertNever } from '@gridpass/core';
import type { CredentialHandle } from '@gridpass/core';
import type { Database } from '../database.js';

export type IssuedQuery = SelectQueryBuilder<Database, 'issued_credential', Database['issued_credential']>;

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
      return query.where((eb) =>
        eb.exists(
          eb
            .selectFrom('issue_application')
            .select('issue_application.application_id')
            .whereRef('issue_application.tenant', '=', 'issued_credential.tenant')
            .whereRef('issue_application.application_id', '=', 'issued_credential.application_id')
            .where('issue_application.device', '=', handle.device),
        ),
      );
    default:
      return assertNever(handle);
  }
}
