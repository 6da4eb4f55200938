import { formatsOf, isOrganisations, ok, refuse } from '@gridpass/core';
import type {
  Application,
  CredentialFormat,
  CredentialType,
  Did,
  DidSigner,
  Instant,
  IssuedRecord,
  JsonObject,
  Outcome,
  RequestId,
  TenantId,
  TransactionHandle,
} from '@gridpass/core';
import { issueCredential } from '@gridpass/suite';
import type { IssuedCredential } from '@gridpass/suite';
import type { Entitlement } from '../rules/entitlement.js';
import { resolveSubject } from '../rules/holder.js';
import type { HolderKey } from '../rules/holder.js';
import { overruleOf } from '../rules/overrule.js';
import { checkSole, soleNames } from '../rules/sole.js';
import type { Acts, Aftermath } from './acts.js';
import { closeApplications, lockFamily, toClosedEvidence } from './family.js';
import { checkHeldBack, findIssuedToHolder, holderNames } from './held-back.js';
import { holdGrounds } from './parents.js';
import type { Grounded } from './parents.js';
import type { EngineParts } from './parts.js';
import { SUPERSEDED, revokeRecord } from './record-state.js';
import { readerOf } from './sole-reader.js';
import { checkWilling, issuerOf } from './willing.js';

/** A credential request whose offer, token, nonce and holder keys the exchange has proven. */
export interface IssueRequest {
  readonly offerId: string;
  readonly applicationId: string;
  readonly type: CredentialType;
  readonly format: CredentialFormat;
  readonly holderKeys: readonly HolderKey[];
  readonly requestId: RequestId;
}

export interface Issuance {
  /**
   * Issues one credential for each key. Records, status entries and the change of the application are one transaction:
   * a crash leaves all of it or nothing. From one offer each format is issued to one set of keys, over all replicas
   * (CONFLICT for other keys). When an answer was lost the same keys may ask again, a few times: a new set is issued and
   * the lost one revoked. Issuing to a household or device from a newer offer takes the place of the older credential.
   */
  issueTo(tenant: TenantId, request: IssueRequest): Promise<Outcome<readonly IssuedCredential[]>>;
}

/** How many sets may be issued from one offer to the same keys. */
const MAX_SETS = 3;
/** Why the role of a party ended that another DID took over. */
const TAKEN_OVER = 'taken over';

/** What was found out before the transaction: the time-consuming and the foreign part. */
interface Prepared {
  readonly signer: DidSigner;
  readonly at: Instant;
  readonly targets: readonly { readonly key: HolderKey; readonly subject: Did; readonly entitlement: Entitlement }[];
}

/** The issuing half of the engine. */
export function createIssuance(parts: EngineParts, acts: Acts): Issuance {
  const { repository } = parts;
  return {
    issueTo: async (tenant, request) => {
      const application = await repository.readApplication(tenant, request.applicationId);
      const fit = checkFit(application, request);
      if (!fit.ok) return refused(tenant, request, fit);
      const prepared = await prepare(parts, tenant, fit.value, request);
      if (!prepared.ok) return refused(tenant, request, prepared);
      const outcome = await acts.perform<Outcome<readonly IssuedCredential[]>>(tenant, async (tx, after) => {
        const subjects = prepared.value.targets.map(({ subject }) => subject);
        const holder = { application: fit.value, thumbprints: request.holderKeys.map(({ thumbprint }) => thumbprint), subjects };
        for (const name of [...soleNames(fit.value), ...holderNames(holder)].sort()) await repository.lockName(tenant, name, tx);
        const ids = [request.applicationId, ...(await findIssuedToHolder(parts, holder, tx))];
        await lockTakenOver(parts, fit.value, ids, tx);
        const family = await lockFamily(parts, tenant, ids, tx);
        const current = checkFit(
          family.applications.find(({ applicationId }) => applicationId === request.applicationId),
          request,
        );
        if (!current.ok) return current;
        const held = await checkHeldBack(parts, { family, ...holder }, tx);
        if (!held.ok) return held;
        const offer = await repository.shareOffer(tenant, request.offerId, tx);
        if (offer?.withdrawn !== undefined) return refuse('OFFER_UNKNOWN', 'issue', 'the offer was withdrawn');
        const earlier = family.records.filter(({ applicationId }) => applicationId === request.applicationId);
        const before = checkRepetition(request, earlier);
        if (!before.ok) return before;
        const asked = { ...holder, application: current.value, at: prepared.value.at, calendar: parts.calendar };
        const sole = await checkSole(readerOf(repository, tenant, tx), asked);
        if (!sole.ok) return sole;
        const grounds = await holdGrounds(
          parts,
          { tenant, at: prepared.value.at, targets: prepared.value.targets, evidence: current.value.evidence, ended: sole.value },
          tx,
        );
        if (!grounds.ok) return grounds;
        // INVARIANT: nothing is refused from here on. A refusal is returned and so commits what was written before it.
        await takeOver(parts, current.value, { request, ended: sole.value }, tx, after);
        const issued = await signAll(parts, current.value, request, { ...prepared.value, grounds: grounds.value }, tx);
        await supersede(parts, current.value, request, { earlier, repeated: before.value }, tx, after);
        await repository.saveApplicationState({ ...current.value, state: 'issued' }, tx);
        for (const { digest } of issued) after.issued(digest);
        after.act({
          action: 'issue',
          actor: tenant,
          requestId: request.requestId,
          evidence: {
            applicationId: request.applicationId,
            type: request.type,
            format: request.format,
            credentials: issued.map(({ digest }) => digest),
            chain: [...(prepared.value.targets[0]?.entitlement.chain ?? [])],
          },
        });
        return ok(issued);
      });
      // What is decided under the lock is a refusal like those before it, and is told like them.
      return outcome.ok ? outcome : refused(tenant, request, outcome);
    },
  };

  async function refused(
    tenant: TenantId,
    request: IssueRequest,
    outcome: Outcome<unknown> & { readonly ok: false },
  ): Promise<Outcome<never>> {
    const evidence: JsonObject = { applicationId: request.applicationId, type: request.type, format: request.format };
    const act = { action: 'issue', actor: tenant, requestId: request.requestId, evidence };
    await acts.recordRefusal(tenant, request.applicationId, act, outcome.refusal.code);
    return outcome;
  }
}

/** What was issued from this offer before: nothing, or sets for the very same keys. */
function checkRepetition(request: IssueRequest, earlier: readonly IssuedRecord[]): Outcome<readonly IssuedRecord[]> {
  const repeated = earlier.filter((record) => record.offerId === request.offerId && record.format === request.format);
  const keys = new Set(request.holderKeys.map(({ thumbprint }) => thumbprint));
  const same =
    repeated.every((record) => keys.has(record.holderThumbprint)) &&
    [...keys].every((key) => repeated.length === 0 || repeated.some((record) => record.holderThumbprint === key));
  if (!same) return refuse('CONFLICT', 'issue', 'issued from this offer to other keys');
  // What was revoked or suspended meanwhile is not to be had again by asking for the answer once more.
  if (repeated.some(({ state, reason }) => state === 'suspended' || (state === 'revoked' && reason !== SUPERSEDED)))
    return refuse('STATUS_FINAL', 'issue', 'what was issued from this offer no longer stands');
  if (repeated.length >= keys.size * MAX_SETS) return refuse('CONFLICT', 'issue', 'issued from this offer often enough');
  return ok(repeated);
}

function checkFit(application: Application | undefined, request: IssueRequest): Outcome<Application> {
  if (application === undefined || application.type !== request.type || request.holderKeys.length === 0) {
    return refuse('OFFER_UNKNOWN', 'issue', 'the offer is for nothing that is asked here');
  }
  if (application.state === 'closed') return refuse('STATUS_FINAL', 'issue', 'the application is closed, or what came of it was revoked');
  if (application.purgedAt !== undefined) return refuse('OFFER_UNKNOWN', 'issue', 'the application is over and its claims are erased');
  if (application.state !== 'approved' && application.state !== 'issued')
    return refuse('OFFER_UNKNOWN', 'issue', `the application is ${application.state}`);
  if (!formatsOf(request.type).includes(request.format)) {
    return refuse('CREDENTIAL_CONFIGURATION_UNKNOWN', 'issue', 'vc+jwt is for organisations');
  }
  return ok(application);
}

async function prepare(parts: EngineParts, tenant: TenantId, application: Application, request: IssueRequest): Promise<Outcome<Prepared>> {
  const issuer = issuerOf(parts, tenant);
  if (!issuer.ok) return issuer;
  const at = parts.clock.now();
  const targets: Prepared['targets'][number][] = [];
  for (const key of request.holderKeys) {
    const subject = await resolveSubject(parts.resolver, application, key, at);
    if (!subject.ok) return subject;
    const entitlement = await checkWilling(parts, issuer.value, { application, format: request.format, subject: subject.value, at });
    if (!entitlement.ok) return entitlement;
    targets.push({ key, subject: subject.value, entitlement: entitlement.value });
  }
  return ok({ signer: await parts.signerOf(tenant), at, targets });
}

/** Applications are locked before records, those of whom is taken over with one's own. */
async function lockTakenOver(parts: EngineParts, application: Application, own: readonly string[], tx: TransactionHandle): Promise<void> {
  const { tenant, party } = application;
  if (party === undefined || overruleOf(application, 'take-over') === undefined) return;
  const named = await parts.repository.findNamed(tenant, { kind: 'party', party }, tx);
  await lockFamily(parts, tenant, [...own, ...named], tx);
}

/**
 * Ends the roles that others hold of a party, by the word of the officer who approved, and what was approved for them: whoever
 * was taken over does not come back by an older offer once the party is free again.
 */
async function takeOver(
  parts: EngineParts,
  application: Application,
  { request, ended }: { readonly request: IssueRequest; readonly ended: readonly IssuedRecord[] },
  tx: TransactionHandle,
  after: Aftermath,
): Promise<void> {
  if (ended.length === 0) return;
  for (const record of ended) await revokeRecord(parts, record, TAKEN_OVER, tx, after);
  const { applicationId, tenant, type, decidedBy } = application;
  const by = overruleOf(application, 'take-over')?.by ?? decidedBy;
  const held = ended.map((record) => record.applicationId);
  const { applications } = await lockFamily(parts, tenant, held, tx);
  // Where no subject was stated, the one that takes over may be for the very same.
  const others = applications.filter((other) => other.applicationId !== applicationId);
  const closed = await closeApplications(parts, others, { by, reason: TAKEN_OVER }, tx);
  after.act({
    action: 'take-over',
    actor: by,
    requestId: request.requestId,
    evidence: { applicationId, type, credentials: ended.map(({ digest }) => digest), ...toClosedEvidence(closed) },
  });
}

async function signAll(
  parts: EngineParts,
  application: Application,
  request: IssueRequest,
  prepared: Prepared & { readonly grounds: readonly Grounded[] },
  tx: TransactionHandle,
): Promise<readonly IssuedCredential[]> {
  const issued: IssuedCredential[] = [];
  const { tenant } = application;
  for (const [position, target] of prepared.targets.entries()) {
    const status = await parts.statusIssuer.allocateStatus(tenant, request.format, { tx });
    const { authority, validUntil } = target.entitlement;
    const credential = await issueCredential(request.format, {
      type: request.type,
      issuer: prepared.signer,
      subject: target.subject,
      claims: application.claims,
      issuedAt: prepared.at,
      validFrom: prepared.at,
      validUntil,
      status,
      ...(request.format === 'dc+sd-jwt' ? { holderKey: target.key.publicJwk } : {}),
      ...(authority === undefined ? {} : { authority }),
    });
    const record: IssuedRecord = {
      tenant,
      digest: credential.digest,
      applicationId: application.applicationId,
      offerId: request.offerId,
      type: request.type,
      format: request.format,
      issuer: prepared.signer.did,
      subject: target.subject,
      ...(application.party === undefined ? {} : { party: application.party }),
      holderThumbprint: target.key.thumbprint,
      issuedAt: prepared.at,
      validFrom: prepared.at,
      validUntil,
      status,
      state: 'active',
      stateAt: prepared.at,
      reason: '',
      causes: [],
      // An organisation's vc+jwt is read by everyone who checks what the organisation issues.
      ...(request.format === 'vc+jwt' ? { document: credential.compact } : {}),
    };
    const dependencies = (prepared.grounds[position] ?? []).map((ground) => ({ ...ground, digest: record.digest }));
    await parts.repository.insertIssued(record, dependencies, tx);
    issued.push(credential);
  }
  return issued;
}

/**
 * Ends what the new credential takes the place of. The older role of an organisation runs on to its own end: what the
 * organisation issued under it names it by digest and would fall with it.
 */
async function supersede(
  parts: EngineParts,
  application: Application,
  request: IssueRequest,
  before: { readonly earlier: readonly IssuedRecord[]; readonly repeated: readonly IssuedRecord[] },
  tx: TransactionHandle,
  after: Aftermath,
): Promise<void> {
  const isOrganisation = isOrganisations(request.type);
  const replaced = [...(isOrganisation ? before.repeated : before.earlier)];
  if (application.renews !== undefined && !isOrganisation) {
    const [renewed] = await parts.repository.lockIssued(application.tenant, { kind: 'digest', digest: application.renews }, tx);
    if (renewed !== undefined)
      replaced.push(
        ...(await parts.repository.lockIssued(application.tenant, { kind: 'application', applicationId: renewed.applicationId }, tx)),
      );
  }
  for (const record of replaced) {
    if (record.format === request.format && record.state !== 'revoked') await revokeRecord(parts, record, SUPERSEDED, tx, after);
  }
}
