import { ok, refuse } from '@gridpass/core';
import type { Application, Did, Instant, IssuanceRepository, Outcome, TenantId } from '@gridpass/core';
import { textsIn } from '@gridpass/codec';
import { parseDid } from '@gridpass/did';
import { roleCodesOf } from '@gridpass/trust';
import { isOverruled } from './overrule.js';
import { checkTexts } from './shown.js';

/** Where roles that were issued are found: with every tenant of this program, for supplier and responsible party may have two regulators. */
export interface RolePorts {
  readonly tenants: readonly { readonly tenant: TenantId }[];
  readonly repository: Pick<IssuanceRepository, 'findIssued' | 'readApplication'>;
}

const BALANCE_RESPONSIBLE = 'A08';
const SUPPLIER = 'A12';

/**
 * An energy supplier is balance responsible or names who is for it, and whoever is named holds that role now (Directive (EU) 2019/944
 * 15(2)(f) by analogy; domain catalogue, O3): PREREQUISITE_MISSING. A role of another program is not seen from here; then an
 * officer overrules `balance-responsible`. A claim that is no text is refused in any case: SCHEMA_VIOLATION.
 */
export async function checkBalanceResponsible(
  ports: RolePorts,
  application: Pick<Application, 'type' | 'claims' | 'overrules'>,
  subject: Did,
  at: Instant,
): Promise<Outcome<true>> {
  const shown = checkTexts(application.claims, ['brpDid'], 'balance');
  if (!shown.ok) return shown;
  if (isOverruled(application, 'balance-responsible')) return ok(true);
  const asked = roleCodesOf(application) ?? [];
  const [named] = textsIn(application.claims, 'brpDid');
  if (named === undefined && !asked.includes(SUPPLIER)) return ok(true);
  const did = named === undefined ? ok(subject) : parseDid(named);
  if (did.ok && did.value === subject && asked.includes(BALANCE_RESPONSIBLE)) return ok(true);
  // A text that is no DID names nobody.
  if (did.ok && (await holdsRole(ports, did.value, at))) return ok(true);
  const what =
    named === undefined ? 'missing, and the party is not balance responsible (A08) itself' : 'holds no balance responsible role (A08) now';
  return refuse(
    'PREREQUISITE_MISSING',
    'balance',
    `claims/brpDid: ${what}; name a party that holds it, or overrule balance-responsible with a reason`,
  );
}

async function holdsRole({ tenants, repository }: RolePorts, did: Did, at: Instant): Promise<boolean> {
  for (const { tenant } of tenants) {
    for (const record of await repository.findIssued(tenant, { kind: 'subject', subject: did })) {
      if (record.type !== 'MarketPartyRole' || record.state !== 'active' || record.validUntil <= at) continue;
      const application = await repository.readApplication(tenant, record.applicationId);
      if (application !== undefined && roleCodesOf(application)?.includes(BALANCE_RESPONSIBLE) === true) return true;
    }
  }
  return false;
}
