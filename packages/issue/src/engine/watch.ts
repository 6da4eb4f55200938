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

/** What a round met at one tenant. */
interface Met {
  /** Lists that were not to be had, and why. */
  readonly failing: Map<string, string>;
  readonly codes: Set<string>;
}

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

  async function watchBatch(tenant: TenantId, met: Met): Promise<{ readonly asked: number; readonly changed: number }> {
    const at = clock.now();
    const due = await repository.takeDueWatched(tenant, { at, until: instant(at + TURN_SECONDS), limit: BATCH });
    const unchanged: WatchedPrerequisite[] = [];
    let changed = 0;
    // At once: a list is fetched once for all that ask for it, and one that is not to be had keeps nobody waiting behind it.
    const answers = await Promise.all(due.map(async (watched) => ({ watched, told: await ask(parts, watched, met, at) })));
    for (const { watched, told } of answers) {
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
        const met: Met = { failing: new Map(), codes: new Set() };
        for (let batch = 0; batch < BATCHES; batch += 1) {
          const done = await watchBatch(tenant, met);
          asked += done.asked;
          changed += done.changed;
          if (done.asked < BATCH) break;
        }
        for (const code of met.codes) untold.push({ tenant, code });
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
  { failing, codes }: Met,
  at: Instant,
): Promise<Told> {
  const [list, ...others] = new Set(references.map(({ uri }) => `${issuer} ${uri}`));
  // Of several lists one may have told that it is revoked; so nothing is taken over from those who asked for them before.
  const sole = others.length === 0 ? list : undefined;
  const known = sole === undefined ? undefined : failing.get(sole);
  if (known !== undefined) return { problem: known };
  const answer = await orFault(() => askStatus(status, { references, issuer, at }));
  if (!(answer instanceof Fault)) {
    if (answer.ok) return { state: 'valid' };
    if (answer.refusal.code === 'REVOKED') return { state: 'revoked' };
    if (answer.refusal.code === 'SUSPENDED') return { state: 'suspended' };
  }
  if (!(answer instanceof Fault)) {
    // It may be about this one entry: others of the list are asked about all the same.
    codes.add(answer.refusal.code);
    return { problem: answer.refusal.code };
  }
  codes.add(answer.code);
  if (sole !== undefined) failing.set(sole, answer.code);
  return { problem: answer.code };
}
