import { Fault, instant, isOrganisations, ok } from '@gridpass/core';
import type { Application, CredentialFilter, Instant, IssuedRecord, Outcome, RefusalCode, RequestId, TenantId } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import { parseParty } from '../rules/party.js';
import { areasChangedAt } from '../rules/register.js';
import { checkRoleRules } from '../rules/role.js';
import type { Acts } from './acts.js';
import { orFault } from './attempt.js';
import { checkDuty } from './duty.js';
import type { Lifecycle } from './lifecycle.js';
import type { EngineParts, Operator } from './parts.js';

/** A credential that stands although it would not be issued today: an operator decides, or the deadline does. */
export interface Consequence {
  readonly record: IssuedRecord;
  readonly code: RefusalCode;
  readonly detail: string;
  /** When the register last changed what it says of the party or its areas; absent where it says nothing of them. */
  readonly since?: Instant;
  /** From then on it is suspended until what it rests on is restored. Absent where the register was like this when it was issued. */
  readonly deadline?: Instant;
}

export interface Consequences {
  /** What stands without what its role must rest on, soonest deadline first, those without one last. */
  listConsequences(tenant: TenantId, operator: Operator): Promise<Outcome<readonly Consequence[]>>;
  /**
   * Suspends what is past its deadline, for all tenants, and takes back such a suspension once its ground is gone; tells how
   * many changed. What is refused is recorded; a fault holds up its credential alone and is thrown when all others are done.
   */
  applyDeadlines(): Promise<number>;
}

/** The cause of a suspension by the deadline; no operator's `resume` takes it back. */
const CAUSE = 'register';
const PAGE = 200;
const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * What an import, a deadline or another one's end means for roles that stand. Nothing is kept of it: it is asked anew each time,
 * by the rules that issue. A list in a table would be a second truth, wrong after the next import.
 */
export function createConsequences(
  parts: EngineParts,
  acts: Pick<Acts, 'recordRefusal'>,
  lifecycle: Pick<Lifecycle, 'hold' | 'release'>,
): Consequences {
  const { repository, register, clock, settings } = parts;

  async function judge(record: IssuedRecord, at: Instant): Promise<Consequence | undefined> {
    const application = await repository.readApplication(record.tenant, record.applicationId);
    if (application === undefined || application.purgedAt !== undefined) return undefined;
    const rests = await checkRoleRules(parts, application, record.subject, at);
    if (rests.ok) return undefined;
    const since = await changedAt(application);
    const { code, detail } = rests.refusal;
    if (since === undefined) return { record, code, detail };
    // Nothing that was issued with open eyes, or under an older rule, is taken away by the clock alone.
    const isNews = since > record.issuedAt;
    return { record, code, detail, since, ...(isNews ? { deadline: instant(since + settings.registerDeadlineSeconds) } : {}) };
  }

  async function changedAt(application: Application): Promise<Instant | undefined> {
    const party = parseParty(application.claims);
    const entry = party.ok && party.value !== undefined ? await register.readEntry(application.tenant, party.value) : undefined;
    const areas = await areasChangedAt(register, application);
    const times = [entry?.changedAt, areas].filter((time) => time !== undefined);
    return times.sort((a, b) => b - a)[0];
  }

  async function* standing(tenant: TenantId, at: Instant): AsyncIterable<IssuedRecord> {
    const filters: readonly CredentialFilter[] = [{ kind: 'active', at }, { kind: 'suspended' }];
    for (const filter of filters) {
      let after: string | undefined;
      do {
        const page = await repository.listIssued(tenant, filter, { limit: PAGE, ...(after === undefined ? {} : { after }) });
        for (const record of page.rows) if (isOrganisations(record.type) && record.validUntil > at) yield record;
        after = page.next;
      } while (after !== undefined);
    }
  }

  async function find(tenant: TenantId): Promise<readonly Consequence[]> {
    const at = clock.now();
    const found: Consequence[] = [];
    for await (const record of standing(tenant, at)) {
      const consequence = await judge(record, at);
      if (consequence !== undefined) found.push(consequence);
    }
    return found.sort((a, b) => (a.deadline ?? NEVER) - (b.deadline ?? NEVER));
  }

  async function applyTo(record: IssuedRecord, at: Instant): Promise<number> {
    const { tenant, digest } = record;
    const consequence = await judge(record, at);
    const held = record.causes.includes(CAUSE);
    const due = (consequence?.deadline ?? NEVER) <= at;
    if (due === held || (held && consequence !== undefined)) return 0;
    const requestId = randomToken(12) as RequestId;
    const context = { operator: { name: tenant, duties: ['status'] as const }, requestId };
    const change = due ? lifecycle.hold : lifecycle.release;
    const outcome = await change(tenant, { kind: 'digest', digest }, CAUSE, context);
    if (outcome.ok) return outcome.value.changed;
    const act = { action: due ? 'suspend' : 'resume', actor: tenant, requestId, evidence: { credentials: [digest], cause: CAUSE } };
    await acts.recordRefusal(tenant, digest, act, outcome.refusal.code);
    return 0;
  }

  async function applyAll(): Promise<number> {
    const at = clock.now();
    const faults: Fault[] = [];
    let changed = 0;
    for (const { tenant } of parts.tenants) {
      const walked = await orFault(async () => {
        for await (const record of standing(tenant, at)) {
          const done = await orFault(() => applyTo(record, at));
          if (done instanceof Fault) faults.push(done);
          else changed += done;
        }
      });
      if (walked instanceof Fault) faults.push(walked);
    }
    const [first] = faults;
    if (first !== undefined) throw first;
    return changed;
  }

  return {
    listConsequences: async (tenant, operator) => {
      const allowed = checkDuty(operator, 'read');
      return allowed.ok ? ok(await find(tenant)) : allowed;
    },
    applyDeadlines: applyAll,
  };
}
