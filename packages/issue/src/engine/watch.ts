import { Fault, askStatus, instant, ok } from '@gridpass/core';
import type { Instant, Outcome, RequestId, TenantId, WatchedPrerequisite } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import type { Acts } from './acts.js';
import { orFault } from './attempt.js';
import { checkDuty } from './duty.js';
import type { EngineParts, Operator } from './parts.js';
import type { CredentialNews } from './record-state.js';

/** What a round found out. */
export interface WatchReport {
  readonly asked: number;
  readonly changed: number;
  /** Of each tenant why something could not be told, once for each code. */
  readonly untold: readonly { readonly tenant: TenantId; readonly code: string }[];
}

/** Watches credentials of other programs that something issued here rests on. */
export interface PrerequisiteWatch {
  /**
   * Asks the status of all that are due and carries on what changed, as a change of a credential of this program is. What cannot be told is shown,
   * and changes nothing. Safe beside other replicas.
   */
  watchPrerequisites(): Promise<WatchReport>;
  /** Those that do not stand or cannot be told; duty `read`. */
  listPrerequisites(tenant: TenantId, operator: Operator): Promise<Outcome<readonly WatchedPrerequisite[]>>;
}

const BATCH = 100;
const BATCHES = 100;
/** How long one batch is a replica's that died over it. */
const TURN_SECONDS = 120;
const SHOWN = 1_000;

type Told = { readonly state: WatchedPrerequisite['state'] } | { readonly problem: string };

/** `carryOn` carries the news of a job on to what stands on the credentials. */
export function createPrerequisiteWatch(parts: EngineParts, acts: Acts, carryOn: (job: string) => Promise<number>): PrerequisiteWatch {
  const { repository, clock, tenants, settings } = parts;
  const nextAt = (at: Instant): Instant => instant(at + settings.prerequisiteRecheckSeconds);

  /** Writes down what was told, with its news where it is new; true where it is. */
  async function note(watched: WatchedPrerequisite, told: Told, at: Instant): Promise<boolean> {
    const job = randomToken(12);
    const { tenant, digest } = watched;
    const changed = await acts.perform(
      tenant,
      async (tx, after) => {
        const now = await repository.lockWatched(tenant, digest, tx);
        // Another replica was told later: an older answer takes nothing back.
        if (now === undefined || now.state === 'revoked' || now.checkedAt > at) return false;
        if ('problem' in told) {
          const { failingSince = at } = now;
          await repository.saveWatched({ ...now, dueAt: nextAt(at), failingSince, problem: told.problem }, tx);
          return false;
        }
        const { failingSince: _over, ...known } = now;
        await repository.saveWatched({ ...known, state: told.state, checkedAt: at, dueAt: nextAt(at), problem: '' }, tx);
        if (now.state === told.state) return false;
        const what: CredentialNews['what'] = told.state === 'valid' ? 'resumed' : told.state;
        const requestId = randomToken(12) as RequestId;
        after.act({ action: 'prerequisite', actor: tenant, requestId, evidence: { what, of: digest, issuer: now.issuer } });
        after.news(tenant, { what, digest, kind: 'prerequisite' });
        return true;
      },
      job,
    );
    if (changed) await carryOn(job);
    return changed;
  }

  async function watchBatch(tenant: TenantId, failing: Map<string, string>): Promise<{ readonly asked: number; readonly changed: number }> {
    const at = clock.now();
    const due = await repository.takeDueWatched(tenant, { at, until: instant(at + TURN_SECONDS), limit: BATCH });
    const unchanged: WatchedPrerequisite[] = [];
    let changed = 0;
    for (const watched of due) {
      const told = await ask(parts, watched, failing, at);
      if ('state' in told && told.state === watched.state && watched.problem === '') unchanged.push(watched);
      else if (await note(watched, told, at)) changed += 1;
    }
    const digests = unchanged.map(({ digest }) => digest);
    await repository.noteUnchanged(tenant, digests, { checkedAt: at, dueAt: nextAt(at) });
    return { asked: due.length, changed };
  }

  return {
    async watchPrerequisites() {
      let [asked, changed] = [0, 0];
      const untold: { readonly tenant: TenantId; readonly code: string }[] = [];
      for (const { tenant } of tenants) {
        // A list that was not to be had for one is not waited for again for the next.
        const failing = new Map<string, string>();
        for (let batch = 0; batch < BATCHES; batch += 1) {
          const done = await watchBatch(tenant, failing);
          asked += done.asked;
          changed += done.changed;
          if (done.asked < BATCH) break;
        }
        for (const code of new Set(failing.values())) untold.push({ tenant, code });
      }
      return { asked, changed, untold };
    },
    async listPrerequisites(tenant, operator) {
      const allowed = checkDuty(operator, 'read');
      if (!allowed.ok) return allowed;
      const at = clock.now();
      // Twice the pause: a round takes its time.
      const toldBefore = instant(Math.max(0, at - 2 * settings.prerequisiteRecheckSeconds));
      return ok(await repository.listTroubled(tenant, { at, toldBefore, limit: SHOWN }));
    },
  };
}

/** Anything but "stands", "suspended" and "revoked" is no answer about the credential: nobody loses it for that. */
async function ask(
  { status }: Pick<EngineParts, 'status'>,
  { issuer, status: references }: WatchedPrerequisite,
  failing: Map<string, string>,
  at: Instant,
): Promise<Told> {
  const lists = references.map(({ uri }) => `${issuer} ${uri}`);
  const known = lists.map((list) => failing.get(list)).find((code) => code !== undefined);
  if (known !== undefined) return { problem: known };
  const answer = await orFault(() => askStatus(status, { references, issuer, at }));
  if (!(answer instanceof Fault)) {
    if (answer.ok) return { state: 'valid' };
    if (answer.refusal.code === 'REVOKED') return { state: 'revoked' };
    if (answer.refusal.code === 'SUSPENDED') return { state: 'suspended' };
  }
  const problem = answer instanceof Fault ? answer.code : answer.refusal.code;
  for (const list of lists) failing.set(list, problem);
  return { problem };
}
