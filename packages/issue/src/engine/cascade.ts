import { Fault, ok } from '@gridpass/core';
import type {
  Application,
  Digest,
  Instant,
  IssuedRecord,
  JsonObject,
  OutboxEntry,
  Outcome,
  RequestId,
  TenantId,
  TransactionHandle,
} from '@gridpass/core';
import { memberOf, randomToken } from '@gridpass/codec';
import type { Acts, Aftermath } from './acts.js';
import { orFault } from './attempt.js';
import { checkDuty } from './duty.js';
import { closeApplications, lockFamily, toClosedEvidence } from './family.js';
import type { Closed, Family } from './family.js';
import type { EngineParts, Operator } from './parts.js';
import { resumeRecord, revokeRecord, suspendRecord } from './record-state.js';
import type { CredentialNews } from './record-state.js';

/** A step of what follows from an act, still to be done. */
export interface PendingStep {
  /** The tenant whose credentials the step is about. */
  readonly tenant: TenantId;
  /** The act it follows from; all that follows from one act, however far down, has one job. */
  readonly job: string;
  readonly what: CredentialNews['what'];
  /** The credential that the news is about. */
  readonly of: Digest;
  /** Not before; later than now where a grace is set. */
  readonly dueAt: Instant;
}

/** Carries news about credentials to what stands on them. */
export interface Cascade {
  /**
   * Acts upon all news that is due, for every tenant of this program; tells how many. Safe beside other replicas. A step
   * that hits a fault holds up what is about the same credential alone, and takes its turn after the others from then on; the fault is
   * thrown at the end.
   */
  deliverNews(): Promise<number>;
  /** The oldest steps that are still to be done for a tenant's credentials; duty `read`. */
  listPending(tenant: TenantId, operator: Operator): Promise<Outcome<readonly PendingStep[]>>;
}

/** The cascade with what the engine's own parts ask of it. */
export interface Cascading extends Cascade {
  /** Delivers what is due, and tells how many steps of a job remain. A fault is not thrown, not even of the store: the act that was asked for is done. */
  carryOn(job: string): Promise<number>;
}

const PER_CALL = 10_000;
const BATCH = 100;
/** Of each tenant: what fails for one holds up no other. */
const FAILING_PER_CALL = 100;
const PENDING = 1_000;
const NOTHING: Closed = { applications: [], offers: [] };

/**
 * The rules of the domain catalogue: what stands on a revoked authority is suspended (it may be put under a new one),
 * what stands on a revoked prerequisite is revoked, and suspension and resumption pass on. A dependant's own change is
 * news again, so that the whole tree follows. News and change are one transaction: none is lost or acted upon twice.
 */
export function createCascade(parts: EngineParts, acts: Acts): Cascading {
  const { repository, tenants } = parts;

  /** False where another replica was faster. */
  async function deliverOne({ tenant, entryId, body }: OutboxEntry): Promise<boolean> {
    const work = async (tx: TransactionHandle, after: Aftermath): Promise<boolean> => {
      if (!(await repository.lockEntry(tenant, entryId, 'news', tx))) return false;
      const news = toNews(body);
      const ends = news.what === 'revoked' && news.kind !== 'authority';
      const family = ends
        ? await lockFamily(parts, tenant, await repository.findDependantApplications(tenant, news.digest, tx), tx)
        : undefined;
      const changed: IssuedRecord[] = [];
      for (const { record, kind } of await repository.lockDependants(tenant, news.digest, tx)) {
        if ((news.kind === 'both' || news.kind === kind) && (await follow(record, kind, news, tx, after))) changed.push(record);
      }
      // What fell with its prerequisite is not to be had again from the approval that rested on it.
      const closed = family === undefined ? NOTHING : await closeFallen(family, changed, tenant, tx);
      if (changed.length > 0) {
        after.act({
          action: 'cascade',
          actor: tenant,
          requestId: randomToken(12) as RequestId,
          evidence: { what: news.what, of: news.digest, credentials: changed.map(({ digest }) => digest), ...toClosedEvidence(closed) },
        });
      }
      await repository.removeEntries(tenant, [entryId], tx);
      return true;
    };
    return acts.perform(tenant, work, jobOf(body));
  }

  function closeFallen(family: Family, fallen: readonly IssuedRecord[], by: TenantId, tx: TransactionHandle): Promise<Closed> {
    const names = new Set(fallen.map(({ applicationId }) => applicationId));
    const wishes = new Set(family.applications.filter(({ applicationId }) => names.has(applicationId)).map(wishOf));
    const concerned = family.applications.filter((one) => names.has(one.applicationId) || wishes.has(wishOf(one)));
    return closeApplications(parts, concerned, { by, reason: 'prerequisite-revoked' }, tx);
  }

  async function follow(
    record: IssuedRecord,
    kind: 'authority' | 'prerequisite',
    news: CredentialNews,
    tx: TransactionHandle,
    after: Aftermath,
  ): Promise<boolean> {
    if (record.state === 'revoked') return false;
    if (news.what === 'revoked' && kind === 'prerequisite') {
      await revokeRecord(parts, record, 'prerequisite-revoked', tx, after);
      return true;
    }
    const cause = `${kind}:${news.digest}`;
    const change = news.what === 'resumed' ? resumeRecord : suspendRecord;
    const outcome = await change(parts, record, cause, `${kind}-${news.what}`, tx, after);
    return outcome.ok && outcome.value;
  }

  async function deliverDue(): Promise<{ readonly delivered: number; readonly fault?: Fault }> {
    let delivered = 0;
    let fault: Fault | undefined;
    // News about a credential keeps its order, so what is behind a step that failed waits; the rest goes on. A step that failed takes its turn
    // after those that failed less often, and no call tries more failing ones of a tenant than this: who asks is not kept waiting by them.
    const heldOf = new Map(tenants.map(({ tenant }) => [tenant, new Set<Digest>()]));
    for (let moved = true; moved && delivered < PER_CALL;) {
      moved = false;
      for (const [tenant, held] of heldOf) {
        if (held.size >= FAILING_PER_CALL) continue;
        const due = await orFault(() => repository.listDueEntries(tenant, 'news', parts.clock.now(), BATCH));
        if (due instanceof Fault) {
          fault ??= due;
          continue;
        }
        for (const entry of due) {
          const about = toNews(entry.body).digest;
          if (held.has(about) || held.size >= FAILING_PER_CALL) continue;
          const done = await orFault(() => deliverOne(entry));
          if (done instanceof Fault) {
            held.add(about);
            moved = true;
            fault ??= done;
            const counted = await orFault(() => repository.countFailure(tenant, entry.entryId));
            if (counted instanceof Fault) fault ??= counted;
          } else if (done) {
            delivered += 1;
            moved = true;
          }
        }
      }
    }
    return { delivered, ...(fault === undefined ? {} : { fault }) };
  }

  async function pendingOf(tenant: TenantId): Promise<readonly PendingStep[]> {
    const entries = await repository.listPendingNews(tenant, PENDING);
    return entries.map(({ body, dueAt }) => ({ tenant, job: jobOf(body), what: toNews(body).what, of: toNews(body).digest, dueAt }));
  }

  return {
    deliverNews: async () => {
      const { delivered, fault } = await deliverDue();
      if (fault !== undefined) throw fault;
      return delivered;
    },
    listPending: async (tenant, operator) => {
      const allowed = checkDuty(operator, 'read');
      return allowed.ok ? ok(await pendingOf(tenant)) : allowed;
    },
    carryOn: async (job) => {
      await deliverDue();
      let pending = 0;
      for (const { tenant } of tenants) {
        const steps = await orFault(() => pendingOf(tenant));
        // What cannot be asked is not told as done: one step, at least, may be left.
        pending += steps instanceof Fault ? 1 : steps.filter((step) => step.job === job).length;
      }
      return pending;
    },
  };
}

const wishOf = ({ type, claimsDigest, applicationId }: Application): string =>
  claimsDigest === '' ? applicationId : `${type} ${claimsDigest}`;

function jobOf(body: JsonObject): string {
  const job = memberOf(body, 'job');
  return typeof job === 'string' ? job : '';
}

function toNews(body: JsonObject): CredentialNews {
  // Written by record-state.ts into our own store.
  return { what: memberOf(body, 'what'), digest: memberOf(body, 'digest'), kind: memberOf(body, 'kind') } as CredentialNews;
}
