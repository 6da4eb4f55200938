import { CREDENTIAL_TYPES, SD_JWT_VC_MEMBERS, ok, refuse } from '@gridpass/core';
import type { JsonValue, Outcome } from '@gridpass/core';
import { isJsonObject, memberOf, textsOf } from '@gridpass/codec';
import { vctOf } from './configurations.js';
import type { CredentialsQuery } from './dcql.js';
import { textOf } from './read.js';

/**
 * Whether a query stays within what its verifier is registered to ask for: `requestableClaims` of its MarketOperatorRole, a list of
 * `{type, claims}` (Regulation (EU) No 910/2014 Art. 5b(3)). Members that every presentation shows need no registration. The
 * caller has proven that credential. Refuses REQUEST_NOT_TRUSTED.
 */
export function checkRequestable(query: CredentialsQuery, requestableClaims: JsonValue | undefined): Outcome<true> {
  const allowed = new Map<string, ReadonlySet<string>>();
  for (const entry of Array.isArray(requestableClaims) ? requestableClaims : []) {
    const type = isJsonObject(entry) ? textOf(entry, 'type') : undefined;
    const claims = isJsonObject(entry) ? textsOf(memberOf(entry, 'claims')) : undefined;
    const known = CREDENTIAL_TYPES.find((candidate) => candidate === type);
    if (known !== undefined && claims !== undefined) allowed.set(vctOf(known), new Set([...(allowed.get(vctOf(known)) ?? []), ...claims]));
  }
  for (const credential of query.credentials) {
    if (credential.vctValues.length === 0)
      return refuse('REQUEST_NOT_TRUSTED', 'entitlement', `${credential.id}: asks for no particular type`);
    for (const vct of credential.vctValues) {
      const claims = allowed.get(vct);
      if (claims === undefined)
        return refuse('REQUEST_NOT_TRUSTED', 'entitlement', `${credential.id}: the verifier is not registered to ask for this type`);
      const beyond = credential.claims.find(
        ({ path: [head] }) => typeof head !== 'string' || !(claims.has(head) || SD_JWT_VC_MEMBERS.has(head)),
      );
      if (beyond !== undefined)
        return refuse('REQUEST_NOT_TRUSTED', 'entitlement', `${credential.id}: asks for a claim beyond its registration`);
    }
  }
  return ok(true);
}
