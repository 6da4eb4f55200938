import { ok } from '@gridpass/core';
import type { Application, Did, Instant, Outcome, RegisterRepository } from '@gridpass/core';
import { checkBalanceResponsible } from './balance.js';
import type { RolePorts } from './balance.js';
import { checkParty, parseParty } from './party.js';
import { checkAreas, checkFunctions, checkShown } from './register.js';

interface RoleRulePorts extends RolePorts {
  readonly register: Pick<RegisterRepository, 'readEntry'>;
}

/**
 * What a role rests on outside its own claims: a party that is active, with a function that gives the role, areas in the jurisdiction,
 * and someone who is balance responsible. The same is asked at approval, at issuance, at renewal, and of what stands already.
 */
export async function checkRoleRules(
  ports: RoleRulePorts,
  application: Pick<Application, 'tenant' | 'type' | 'claims' | 'overrules'>,
  subject: Did,
  at: Instant,
): Promise<Outcome<true>> {
  const shown = checkShown(application);
  if (!shown.ok) return shown;
  const party = parseParty(application.claims);
  if (!party.ok) return party;
  const entry = await checkParty(ports.register, application.tenant, party.value);
  if (!entry.ok) return entry;
  const functions = checkFunctions(application, entry.value);
  if (!functions.ok) return functions;
  const areas = await checkAreas(ports.register, application);
  if (!areas.ok) return areas;
  const balance = await checkBalanceResponsible(ports, application, subject, at);
  return balance.ok ? ok(true) : balance;
}
