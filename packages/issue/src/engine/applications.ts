import { CATALOGUE, instant, ok, refuse } from '@gridpass/core';
import type {
  Application,
  CredentialType,
  Did,
  Digest,
  HeldEvidence,
  Identifier,
  Instant,
  JsonObject,
  JsonValue,
  Outcome,
  Overrule,
  OverrulableRule,
  RequestId,
  TenantId,
  Thumbprint,
} from '@gridpass/core';
import { canonicalDid, canonicalJson, digestOf, memberOf, randomToken } from '@gridpass/codec';
import { parseDid } from '@gridpass/did';
import { toOrderedClaims } from '../rules/claims.js';
import { checkEvidenceBinding, holderOf } from '../rules/evidence.js';
import { checkParty, parseParty } from '../rules/party.js';
import { checkOverrules, isOverruled } from '../rules/overrule.js';
import type { OverruleRequest } from '../rules/overrule.js';
import { checkPointClaims } from '../rules/point.js';
import { checkPrerequisites } from '../rules/prerequisites.js';
import { checkReason } from '../rules/reason.js';
import { checkRoleRules } from '../rules/role.js';
import { checkSole } from '../rules/sole.js';
import type { Acts } from './acts.js';
import { checkDuty } from './duty.js';
import type { ActContext, EngineParts } from './parts.js';
import { readerOf } from './sole-reader.js';
import { checkWilling, issuerOf } from './willing.js';

/** What someone asks for. The caller has proven the evidence: signature, status and trust of each piece. */
export interface ApplicationInput {
  readonly applicant: string;
  /**
   * The key that the applicant proved, where it applies by itself. What it is given goes to this key, but for what others than its subject
   * may hold. Whoever shows no evidence then is a stranger.
   */
  readonly applicantKey?: Thumbprint;
  readonly type: CredentialType;
  readonly claims: JsonValue;
  readonly subject?: Did;
  readonly evidence: readonly HeldEvidence[];
  readonly validUntil?: Instant;
  readonly requestId: RequestId;
}

export interface Applications {
  /** Idempotent: the same wish of the same applicant is the same application while it is open. */
  submitApplication(tenant: TenantId, input: ApplicationInput): Promise<Outcome<Application>>;
  /**
   * Approves if the tenant would issue now; approving again changes nothing. Each rule that is set aside is named with a reason and
   * stands in the application and in the log; one that holds anyway is not set aside (CONFLICT), for it would count later.
   */
  approve(
    tenant: TenantId,
    applicationId: string,
    reason: string,
    context: ActContext,
    overrules?: readonly OverruleRequest[],
  ): Promise<Outcome<Application>>;
  /** Refuses what waits or is approved, with its offers; what was issued from is closed instead (CONFLICT). */
  reject(tenant: TenantId, applicationId: string, reason: string, context: ActContext): Promise<Outcome<Application>>;
  /**
   * Stops what was approved: its offers are withdrawn and nothing more is issued or renewed from it. What was issued stands
   * until it is revoked; revoking closes by itself. Closing again changes nothing.
   */
  close(tenant: TenantId, applicationId: string, reason: string, context: ActContext): Promise<Outcome<Application>>;
}

/** Stands in for the subject while nobody has proven a key yet; no issuer has this DID. */
const NOBODY_YET = 'did:example:applicant' as Did;
const MAX_APPLICANT = 500;
const VERBS = { approved: 'approve', rejected: 'reject', closed: 'close' } as const;

type Decision = { readonly state: keyof typeof VERBS; readonly reason: string } & Partial<Pick<Application, 'overrules'>>;

/** What had been approved keeps who did that and why; who ended it stands beside. */
function toDecided(
  application: Application,
  { reason, ...change }: Decision,
  { by, at }: { readonly by: string; readonly at: Instant },
): Application {
  return application.state === 'pending'
    ? { ...application, ...change, reason, decidedBy: by, decidedAt: at }
    : { ...application, ...change, closed: { by, at, reason } };
}

/** Applications and their decisions. */
export function createApplications(parts: EngineParts, acts: Acts): Applications {
  const { repository, clock } = parts;

  async function decide(
    tenant: TenantId,
    applicationId: string,
    context: ActContext,
    change: Decision,
    from: readonly Application['state'][],
  ): Promise<Outcome<Application>> {
    return acts.perform(tenant, async (tx, after) => {
      const application = await repository.lockApplication(tenant, applicationId, tx);
      if (application === undefined) return refuse('NOT_FOUND', 'application', 'no such application');
      if (application.purgedAt !== undefined) return refuse('CONFLICT', 'application', 'the application is over and its claims are erased');
      if (application.state === change.state) return ok(application);
      if (!from.includes(application.state)) return refuse('CONFLICT', 'application', `the application is ${application.state}`);
      const by = context.operator.name;
      const decided = toDecided(application, change, { by, at: clock.now() });
      await repository.saveApplicationState(decided, tx);
      const offers =
        change.state === 'approved'
          ? []
          : await repository.withdrawOffers(tenant, { applicationIds: [applicationId], by, reason: change.reason, at: clock.now() }, tx);
      after.act({
        action: VERBS[change.state],
        actor: by,
        requestId: context.requestId,
        evidence: {
          applicationId,
          type: application.type,
          reasonDigest: digestOf(change.reason),
          ...(change.overrules === undefined || change.overrules.length === 0 ? {} : { overrules: toOverruleEvidence(change.overrules) }),
          ...(offers.length === 0 ? {} : { offers: [...offers] }),
        },
      });
      return ok(decided);
    });
  }

  return {
    submitApplication: async (tenant, input) => {
      const parsed = await parseApplication(parts, tenant, input);
      if (!parsed.ok) return parsed;
      return acts.perform<Outcome<Application>>(tenant, async (tx, after) => {
        const { maxOpenApplications: ofApplicant, maxStrangersApplications: ofStrangers } = parts.settings;
        const result = await repository.submitApplication(parsed.value, { ofApplicant, ofStrangers }, tx);
        if (result.kind === 'tooManyStrangers') return refuse('RATE_LIMITED', 'application', 'too many applications without evidence wait');
        if (result.kind === 'tooMany') return refuse('RATE_LIMITED', 'application', 'too many open applications of this applicant');
        if (result.kind === 'written') {
          const { applicationId, type, claimsDigest } = result.application;
          // The actor is left out: an applicant may be a person.
          after.act({ action: 'apply', actor: 'applicant', requestId: input.requestId, evidence: { applicationId, type, claimsDigest } });
        }
        return ok(result.application);
      });
    },
    approve: async (tenant, applicationId, reason, context, asked = []) => {
      const allowed = checkDecision(context, reason);
      if (!allowed.ok) return allowed;
      const fit = checkOverrules(asked);
      if (!fit.ok) return fit;
      const application = await repository.readApplication(tenant, applicationId);
      if (application === undefined) return refuse('NOT_FOUND', 'application', 'no such application');
      if (application.purgedAt !== undefined) return refuse('CONFLICT', 'application', 'the application is over and its claims are erased');
      if (application.state === 'approved' || application.state === 'issued')
        return asked.every(({ rule }) => isOverruled(application, rule))
          ? ok(application)
          : refuse('CONFLICT', 'application', 'overrules: approved already without them; reject it and apply anew');
      const overrules = await toOverrules(parts, application, asked, context);
      const willing = await askWilling(parts, tenant, { ...application, overrules });
      if (!willing.ok) {
        await acts.record(
          tenant,
          {
            action: 'approve',
            actor: context.operator.name,
            requestId: context.requestId,
            evidence: { applicationId, type: application.type },
          },
          willing.refusal.code,
        );
        return willing;
      }
      return decide(tenant, applicationId, context, { state: 'approved', reason, overrules }, ['pending']);
    },
    reject: async (tenant, applicationId, reason, context) => {
      const allowed = checkDecision(context, reason);
      return allowed.ok ? decide(tenant, applicationId, context, { state: 'rejected', reason }, ['pending', 'approved']) : allowed;
    },
    close: async (tenant, applicationId, reason, context) => {
      const allowed = checkDecision(context, reason);
      return allowed.ok ? decide(tenant, applicationId, context, { state: 'closed', reason }, ['approved', 'issued']) : allowed;
    },
  };
}

/** Everything that is asked at issuance, as far as it can be told before a key is proven. */
async function askWilling(parts: EngineParts, tenant: TenantId, application: Application): Promise<Outcome<unknown>> {
  const issuer = issuerOf(parts, tenant);
  if (!issuer.ok) return issuer;
  const at = parts.clock.now();
  const subject = application.subject ?? NOBODY_YET;
  const willing = await checkWilling(parts, issuer.value, { application, format: 'dc+sd-jwt', subject, at });
  if (!willing.ok) return willing;
  const sole = await askSole(parts, application, at);
  if (!sole.ok) return sole;
  for (const { rule } of application.overrules) {
    if (await isNeeded(parts, application, rule)) continue;
    return refuse('CONFLICT', 'application', `overrules/${rule}: nothing to set aside, the rule holds`);
  }
  return willing;
}

/** Whether the application would be turned down if this one rule were not set aside. */
async function isNeeded(parts: EngineParts, application: Application, rule: OverrulableRule): Promise<boolean> {
  const without = { ...application, overrules: application.overrules.filter((one) => one.rule !== rule) };
  const at = parts.clock.now();
  const outcome =
    rule === 'take-over' ? await askSole(parts, without, at) : await checkRoleRules(parts, without, application.subject ?? NOBODY_YET, at);
  return !outcome.ok;
}

function askSole({ repository, calendar }: EngineParts, application: Application, at: Instant): ReturnType<typeof checkSole> {
  const { tenant, subject } = application;
  const subjects = subject === undefined ? [] : [subject];
  return checkSole(readerOf(repository, tenant), { application, subjects, thumbprints: 'not-yet-proven', at, calendar });
}

async function toOverrules(
  { repository, clock }: EngineParts,
  application: Application,
  asked: readonly OverruleRequest[],
  context: ActContext,
): Promise<readonly Overrule[]> {
  const { tenant, party } = application;
  const records = party === undefined ? [] : await repository.findIssued(tenant, { kind: 'party', party });
  const holders = [...new Set(records.map(({ subject }) => subject))].filter((did) => did !== application.subject);
  return asked.map(({ rule, reason }) => ({
    rule,
    reason,
    by: context.operator.name,
    at: clock.now(),
    ...(rule === 'take-over' ? { holders } : {}),
  }));
}

function toOverruleEvidence(overrules: readonly Overrule[]): JsonObject[] {
  return overrules.map(({ rule, reason }) => ({ rule, reasonDigest: digestOf(reason) }));
}

function checkDecision(context: ActContext, reason: string): Outcome<true> {
  const told = checkReason('application', reason);
  return told.ok ? checkDuty(context.operator, 'decide') : told;
}

/** What an application turns out to be about. */
interface Wish {
  readonly claims: JsonObject;
  readonly subject: Did | undefined;
  readonly party: Identifier | undefined;
  readonly holder: Thumbprint | undefined;
}

/** Everything that can be told from the application itself, before an operator spends time on it. */
async function parseApplication(parts: EngineParts, tenant: TenantId, input: ApplicationInput): Promise<Outcome<Application>> {
  const isStranger = input.applicantKey !== undefined && input.evidence.length === 0;
  if (isStranger && parts.settings.maxStrangersApplications === 0)
    return refuse('PREREQUISITE_MISSING', 'application', 'evidence: nothing shown');
  const wish = parseWish(parts, tenant, input);
  if (!wish.ok) return wish;
  const { claims, subject, party, holder } = wish.value;
  const known = await checkParty(parts.register, tenant, party);
  if (!known.ok) return known;
  const at = parts.clock.now();
  const longest = at + CATALOGUE[input.type].maxLifeSeconds;
  if (input.validUntil !== undefined && input.validUntil <= at) return refuse('EXPIRED', 'application', 'validUntil: in the past');
  return ok({
    tenant,
    applicationId: randomToken(16),
    applicant: input.applicant,
    type: input.type,
    claims,
    claimsDigest: toWishDigest(claims, subject, holder),
    ...(subject === undefined ? {} : { subject }),
    ...(holder === undefined ? {} : { holderThumbprint: holder }),
    ...(party === undefined ? {} : { party }),
    evidence: input.evidence,
    ...(isStranger ? { stranger: true } : {}),
    validUntil: instant(Math.min(longest, input.validUntil ?? longest)),
    state: 'pending',
    reason: '',
    decidedBy: '',
    overrules: [],
    submittedAt: at,
  });
}

function parseWish(parts: EngineParts, tenant: TenantId, input: ApplicationInput): Outcome<Wish> {
  const issuer = issuerOf(parts, tenant);
  if (!issuer.ok) return issuer;
  if (input.applicant === '' || input.applicant.length > MAX_APPLICANT)
    return refuse('REQUEST_MALFORMED', 'application', `applicant: 1 to ${MAX_APPLICANT} characters`);
  if (!issuer.value.mayIssue.includes(input.type))
    return refuse('CREDENTIAL_CONFIGURATION_UNKNOWN', 'application', `${input.type}: not offered by this tenant`);
  const parsed = parts.schemas.parseClaims(input.type, input.claims);
  const claims = parsed.ok ? ok(toOrderedClaims(parsed.value)) : parsed;
  if (!claims.ok) return claims;
  const subject = parseSubject(input, claims.value);
  if (!subject.ok) return subject;
  const party = parseParty(claims.value);
  if (!party.ok) return party;
  const point = checkPointClaims({ type: input.type, claims: claims.value });
  if (!point.ok) return point;
  const prerequisites = checkPrerequisites(
    input.type,
    claims.value,
    input.evidence.map((held) => held.type),
  );
  if (!prerequisites.ok) return prerequisites;
  const holder = holderOf(input.type, { evidence: input.evidence, claims: claims.value, ...applicantKeyOf(input) });
  if (!holder.ok) return holder;
  const bound = checkEvidenceBinding(
    { ...input, claims: claims.value, ...(holder.value === undefined ? {} : { holderThumbprint: holder.value }) },
    subject.value,
  );
  return bound.ok ? ok({ claims: claims.value, subject: subject.value, party: party.value, holder: holder.value }) : bound;
}

const applicantKeyOf = ({ applicantKey }: ApplicationInput): Pick<ApplicationInput, 'applicantKey'> =>
  applicantKey === undefined ? {} : { applicantKey };

/** What makes two wishes the same: claims, subject and holder; not the time they were made at. */
function toWishDigest(claims: JsonObject, subject: Did | undefined, holder: Thumbprint | undefined): Digest {
  return digestOf(canonicalJson({ claims, subject: subject ?? '', holder: holder ?? '' }));
}

/** A commissioning is about the device it names, whoever applies for it. */
function parseSubject(input: ApplicationInput, claims: JsonObject): Outcome<Did | undefined> {
  const device = input.type === 'DeviceCommissioning' ? memberOf(claims, 'deviceDid') : undefined;
  if (typeof device === 'string') {
    if (input.subject !== undefined && canonicalDid(input.subject) !== device)
      return refuse('SCHEMA_VIOLATION', 'application', 'claims/deviceDid: is not the subject');
    return parseDid(device);
  }
  return input.subject === undefined ? ok(undefined) : parseDid(input.subject);
}
