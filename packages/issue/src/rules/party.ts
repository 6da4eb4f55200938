import { ok, refuse } from '@gridpass/core';
import type { Identifier, JsonObject, KeptEntry, Outcome, RegisterRepository, TenantId } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { parseEic, parseIdentifier } from '@gridpass/identifiers';

/** The party that claims are about, where their type names one; an EIC must be of type X (domain catalogue, O2). */
export function parseParty(claims: JsonObject): Outcome<Identifier | undefined> {
  const party = memberOf(claims, 'party');
  if (party === undefined) return ok(undefined);
  const scheme = isJsonObject(party) ? memberOf(party, 'scheme') : undefined;
  const value = isJsonObject(party) ? memberOf(party, 'value') : undefined;
  if (typeof scheme !== 'string' || typeof value !== 'string')
    return refuse('SCHEMA_VIOLATION', 'party', 'claims/party: not an identifier');
  return scheme === 'eic' ? parseEic(value, 'X') : parseIdentifier(scheme, value);
}

/**
 * Asks the imported register about a party named by EIC: PARTY_UNKNOWN, PARTY_INACTIVE; else its entry. Parties named by another
 * scheme are in no register of ours and pass without one; allocation and functions are what the operator attests when approving.
 */
export async function checkParty(
  register: Pick<RegisterRepository, 'readEntry'>,
  tenant: TenantId,
  party: Identifier | undefined,
): Promise<Outcome<KeptEntry | undefined>> {
  if (party?.scheme !== 'eic') return ok(undefined);
  const entry = await register.readEntry(tenant, party);
  if (entry?.kind !== 'party') return refuse('PARTY_UNKNOWN', 'party', 'claims/party: not in the register of this issuer');
  if (entry.vanished === true) return refuse('PARTY_INACTIVE', 'party', 'claims/party: vanished from the register');
  if (entry.status !== 'active') return refuse('PARTY_INACTIVE', 'party', 'claims/party: inactive in the register');
  return ok(entry);
}
