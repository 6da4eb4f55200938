import { CATALOGUE, instant, ok, refuse } from '@gridpass/core';
import type { Application, CredentialHandle, Digest, Instant, IssuedRecord, Outcome, TenantId, TransactionHandle } from '@gridpass/core';
import { digestOf, randomToken } from '@gridpass/codec';
import { checkReason } from '../rules/reason.js';
import { checkRoleRules } from '../rules/role.js';
import type { Acts, Aftermath } from './acts.js';
import { checkDuty } from './duty.js';
import { closeApplications, lockFamily, lockNamed, toClosedEvidence } from './family.js';
import type { Family } from './family.js';
import type { ActContext, EngineParts } from './parts.js';
import { resumeRecord, revokeRecord, suspendRecord } from './record-state.js';

/** What a change of state did: how many records changed, and how all that it is about stand now. */
export interface StateChange {
  readonly changed: number;
  readonly records: readonly IssuedRecord[];
  /** The applications from which nothing can be had any more because of it. */
  readonly closed: readonly string[];
  /** How many steps of what follows from it are still to be done; they are done without being asked for again. */
  readonly pending: number;
}

/**
 * Changes of state by an operator. Each is idempotent; the handle names one credential or all of a subject, party or
 * application. A state is of the approval and not of a copy: whatever came of the same wish, in another format, to another
 * key, by another offer or renewal, changes with what is named.
 */
export interface Lifecycle {
  /** Closes what was approved too, also where nothing was issued yet; what still waits for a decision is left to it. */
  revoke(tenant: TenantId, handle: CredentialHandle, reason: string, context: ActContext): Promise<Outcome<StateChange>>;
  /** STATUS_FINAL when everything that is named is revoked. */
  suspend(tenant: TenantId, handle: CredentialHandle, reason: string, context: ActContext): Promise<Outcome<StateChange>>;
  /** Takes back what an operator suspended; what is suspended for another cause stays so. */
  resume(tenant: TenantId, handle: CredentialHandle, reason: string, context: ActContext): Promise<Outcome<StateChange>>;
  /**
   * Suspends for a cause of its own, which no operator's `resume` takes back: only {@link Lifecycle.release} with the same cause does.
   * The caller says who asks; a rule of the program asks in the name of the tenant.
   */
  hold(tenant: TenantId, handle: CredentialHandle, cause: string, context: ActContext): Promise<Outcome<StateChange>>;
  release(tenant: TenantId, handle: CredentialHandle, cause: string, context: ActContext): Promise<Outcome<StateChange>>;
  /** Revokes exactly what is named and leaves the approval and other copies: for a rule of the program that tells copies apart. */
  revokeCopy(tenant: TenantId, handle: CredentialHandle, reason: string, context: ActContext): Promise<Outcome<StateChange>>;
  /** An approved application for a successor with the same claims, to be offered to the holder; refuses what is revoked, or rests no more on what its role must. */
  renew(tenant: TenantId, handle: CredentialHandle, context: ActContext, validUntil?: Instant): Promise<Outcome<Application>>;
}

const OPERATOR = 'operator';

type Verb = 'revoke' | 'suspend' | 'resume';

interface Wish {
  readonly reason: string;
  /** What a suspension is for; an operator's own unless told. */
  readonly cause?: string;
  /** Only the records named, and no approval. */
  readonly exact?: boolean;
}

/** Revocation, suspension, resumption and renewal. `carryOn` carries the news of a job on to what stands on the credentials. */
export function createLifecycle(parts: EngineParts, acts: Acts, carryOn: (job: string) => Promise<number>): Lifecycle {
  const { repository } = parts;

  async function change(
    verb: Verb,
    tenant: TenantId,
    handle: CredentialHandle,
    wish: Wish,
    context: ActContext,
  ): Promise<Outcome<StateChange>> {
    const { reason, cause = OPERATOR, exact = false } = wish;
    const allowed = checkChange(reason, context);
    if (!allowed.ok) return allowed;
    const job = randomToken(12);
    const outcome = await acts.perform<Outcome<Omit<StateChange, 'pending'>>>(
      tenant,
      async (tx, after) => {
        const family = await lockNamed(parts, tenant, handle, tx);
        const records = exact ? await repository.lockIssued(tenant, handle, tx) : family.records;
        const closing = verb === 'revoke' && !exact;
        const closed = closing
          ? await closeApplications(parts, family.applications, { by: context.operator.name, reason }, tx)
          : { applications: [], offers: [] };
        const known = closing && family.applications.some(({ state }) => state !== 'pending' && state !== 'rejected');
        if (records.length === 0 && !known) return refuse('NOT_FOUND', verb, 'nothing of this tenant goes by that handle');
        if (verb !== 'revoke' && records.every((record) => record.state === 'revoked')) return refuse('STATUS_FINAL', verb, 'revoked');
        const changed: IssuedRecord[] = [];
        for (const record of records) {
          if (record.state !== 'revoked' && (await changeOne(verb, record, { reason, cause }, tx, after))) changed.push(record);
        }
        if (changed.length + closed.applications.length > 0) {
          after.act({
            action: verb,
            actor: context.operator.name,
            requestId: context.requestId,
            evidence: {
              credentials: changed.map(({ digest }) => digest),
              reasonDigest: digestOf(reason),
              // By these a change that a database put back has lost is done again as it was, and nothing else with it.
              ...(verb === 'revoke' ? {} : { cause }),
              ...(exact ? { exact } : {}),
              ...toClosedEvidence(closed),
            },
          });
        }
        const now = await repository.lockIssuedOf(tenant, [...new Set(records.map(({ applicationId }) => applicationId))], tx);
        const names = new Set(records.map(({ digest }) => digest));
        return ok({ changed: changed.length, records: now.filter(({ digest }) => names.has(digest)), closed: closed.applications });
      },
      job,
    );
    return outcome.ok ? ok({ ...outcome.value, pending: await carryOn(job) }) : outcome;
  }

  async function changeOne(
    verb: Verb,
    record: IssuedRecord,
    { reason, cause }: { readonly reason: string; readonly cause: string },
    tx: TransactionHandle,
    after: Aftermath,
  ): Promise<boolean> {
    if (verb === 'revoke') {
      await revokeRecord(parts, record, reason, tx, after);
      return true;
    }
    const outcome = await (verb === 'suspend' ? suspendRecord : resumeRecord)(parts, record, cause, reason, tx, after);
    return outcome.ok && outcome.value;
  }

  return {
    revoke: (tenant, handle, reason, context) => change('revoke', tenant, handle, { reason }, context),
    suspend: (tenant, handle, reason, context) => change('suspend', tenant, handle, { reason }, context),
    resume: (tenant, handle, reason, context) => change('resume', tenant, handle, { reason }, context),
    hold: (tenant, handle, cause, context) => change('suspend', tenant, handle, { reason: cause, cause, exact: true }, context),
    release: (tenant, handle, cause, context) => change('resume', tenant, handle, { reason: cause, cause, exact: true }, context),
    revokeCopy: (tenant, handle, reason, context) => change('revoke', tenant, handle, { reason, exact: true }, context),
    renew: async (tenant, handle, context, validUntil) => {
      const allowed = checkDuty(context.operator, 'status');
      if (!allowed.ok) return allowed;
      const found = await findRenewable(parts, tenant, handle);
      if (!found.ok) return found;
      const rests = await checkRoleRules(parts, found.value.application, found.value.record.subject, parts.clock.now());
      if (!rests.ok) return rests;
      return acts.perform<Outcome<Application>>(tenant, async (tx, after) => {
        const family = await lockFamily(parts, tenant, [found.value.application.applicationId], tx);
        const renewable = checkRenewable(family, found.value.record.digest);
        if (!renewable.ok) return renewable;
        const successor = toSuccessor(parts, renewable.value, found.value.record, context, validUntil);
        const most = { ofApplicant: Number.MAX_SAFE_INTEGER, ofStrangers: Number.MAX_SAFE_INTEGER };
        const result = await repository.submitApplication(successor, most, tx);
        if (result.kind === 'tooMany' || result.kind === 'tooManyStrangers')
          return refuse('RATE_LIMITED', 'renew', 'too many open applications');
        if (result.kind === 'written') {
          after.act({
            action: 'renew',
            actor: context.operator.name,
            requestId: context.requestId,
            evidence: { applicationId: successor.applicationId, type: successor.type, renews: found.value.record.digest },
          });
        }
        return ok(result.application);
      });
    },
  };
}

function checkChange(reason: string, context: ActContext): Outcome<true> {
  const told = checkReason('lifecycle', reason);
  return told.ok ? checkDuty(context.operator, 'status') : told;
}

/** The newest credential that is not revoked, and the application it came from. */
async function findRenewable(
  parts: EngineParts,
  tenant: TenantId,
  handle: CredentialHandle,
): Promise<Outcome<{ readonly record: IssuedRecord; readonly application: Application }>> {
  const records = await parts.repository.findIssued(tenant, handle);
  if (records.length === 0) return refuse('NOT_FOUND', 'renew', 'no credential of this tenant goes by that handle');
  const standing = records.filter((record) => record.state !== 'revoked').sort((a, b) => b.issuedAt - a.issuedAt);
  const [record] = standing;
  if (record === undefined) return refuse('STATUS_FINAL', 'renew', 'revoked: apply anew');
  if (new Set(standing.map(({ applicationId }) => applicationId)).size > 1)
    return refuse('CONFLICT', 'renew', 'the handle names credentials of several applications');
  const application = await parts.repository.readApplication(tenant, record.applicationId);
  if (application === undefined) return refuse('NOT_FOUND', 'renew', 'the application is gone');
  return application.purgedAt === undefined
    ? ok({ record, application })
    : refuse('EXPIRED', 'renew', 'ended long ago, and its claims are erased: apply anew');
}

/** Asked once more under the lock: meanwhile it may have been revoked, or closed. */
function checkRenewable({ applications, records }: Family, digest: Digest): Outcome<Application> {
  const record = records.find((one) => one.digest === digest);
  const application = applications.find(({ applicationId }) => applicationId === record?.applicationId);
  if (record === undefined || application === undefined || record.state === 'revoked')
    return refuse('STATUS_FINAL', 'renew', 'revoked: apply anew');
  if (application.state === 'closed') return refuse('CONFLICT', 'renew', 'the application is closed: apply anew');
  return ok(application);
}

/** Approved by the operator who renews; whether it may be issued is asked at issuance, as always. */
function toSuccessor(
  parts: EngineParts,
  application: Application,
  record: IssuedRecord,
  context: ActContext,
  validUntil: Instant | undefined,
): Application {
  const at = parts.clock.now();
  const longest = at + CATALOGUE[application.type].maxLifeSeconds;
  const { decidedAt: _decidedAt, ...rest } = application;
  return {
    ...rest,
    applicationId: randomToken(16),
    renews: record.digest,
    validUntil: instant(Math.min(longest, validUntil ?? longest)),
    state: 'approved',
    reason: 'renewal',
    decidedBy: context.operator.name,
    // A take-over is done once; what else was set aside holds as long as the role.
    overrules: application.overrules.filter(({ rule }) => rule !== 'take-over'),
    submittedAt: at,
    decidedAt: at,
  };
}
