import type Router from '@koa/router';
import { formatsOf, instant, refuse } from '@gridpass/core';
import type {
  Application,
  ApplicationState,
  CredentialFilter,
  HeldEvidence,
  Instant,
  IssuedRecord,
  JsonObject,
  Paged,
  TenantId,
} from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { configurationId } from '@gridpass/exchange';
import { checkDuty, parseOverrulable } from '@gridpass/issue';
import type { Consequence, OverruleRequest } from '@gridpass/issue';
import type { Context } from 'koa';
import { requestIdOf, unwrap } from './answer.js';
import { actContextOf, operatorOf } from './operators.js';
import { proveEvidence, readWish } from './application-routes.js';
import { paramOf, streamOf } from './public-routes.js';
import { APPLICATION_STATES } from './queries.js';
import { flagOf, handleOf, instantOf, pageOf, parseDigest, queryOf, readJson, textOf } from './read.js';
import { answerRegisterImport } from './register-upload.js';
import { createUploads } from './uploads.js';
import type { HttpParts, TenantRuntime } from './tenant-runtime.js';

const DAY = 86_400;

/** What operators do: each route names its tenant, and the token must be of an operator of that very tenant. */
export function addAdminRoutes(router: Router, parts: HttpParts, tenantOf: (ctx: Context) => TenantRuntime): void {
  const { engine, config } = parts;
  const admin = '/t/:tenant/admin';
  const uploads = createUploads(config.maxRegisterBytes);

  router.get(`${admin}/applications`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const operator = operatorOf(ctx, own);
    const name = queryOf(ctx, 'state');
    const state: ApplicationState | undefined = APPLICATION_STATES.find((candidate) => candidate === name);
    ctx.body = toPage(unwrap(await engine.listApplications(tenant, state, pageOf(ctx), operator)), toApplicationView);
  });

  router.post(`${admin}/applications`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const context = actContextOf(ctx, own);
    unwrap(checkDuty(context.operator, 'decide'));
    const body = await readJson(ctx, config.maxBodyBytes);
    const evidence = [...(await proveEvidence(parts, body)), ...(await evidenceOfAnother(engine, tenant, body))];
    const application = unwrap(
      await engine.submitApplication(tenant, {
        ...readWish(body),
        applicant: textOf(body, 'applicant', 'required'),
        evidence,
        requestId: requestIdOf(ctx),
      }),
    );
    ctx.status = 201;
    ctx.body = toApplicationView(application);
  });

  router.get(`${admin}/applications/:applicationId`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const operator = operatorOf(ctx, own);
    unwrap(checkDuty(operator, 'decide'));
    const application = unwrap(await engine.readApplication(tenant, paramOf(ctx, 'applicationId')));
    ctx.body = { ...toApplicationView(application), claims: application.claims };
  });

  router.post(`${admin}/applications/:applicationId/approve`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const context = actContextOf(ctx, own);
    const body = await readJson(ctx, config.maxBodyBytes);
    const reason = textOf(body, 'reason', 'required');
    ctx.body = toApplicationView(unwrap(await engine.approve(tenant, paramOf(ctx, 'applicationId'), reason, context, overrulesOf(body))));
  });

  for (const verb of ['reject', 'close'] as const) {
    router.post(`${admin}/applications/:applicationId/${verb}`, async (ctx) => {
      const { tenant, config: own } = tenantOf(ctx);
      const context = actContextOf(ctx, own);
      const body = await readJson(ctx, config.maxBodyBytes);
      ctx.body = toApplicationView(
        unwrap(await engine[verb](tenant, paramOf(ctx, 'applicationId'), textOf(body, 'reason', 'required'), context)),
      );
    });
  }

  router.post(`${admin}/applications/:applicationId/offers`, async (ctx) => {
    const runtime = tenantOf(ctx);
    const context = actContextOf(ctx, runtime.config);
    unwrap(checkDuty(context.operator, 'decide'));
    const body = await readJson(ctx, config.maxBodyBytes);
    const application = unwrap(await engine.readApplication(runtime.tenant, paramOf(ctx, 'applicationId')));
    if (application.purgedAt !== undefined) unwrap(refuse('CONFLICT', 'application', 'over, and its claims are erased'));
    if (application.state !== 'approved' && application.state !== 'issued')
      unwrap(refuse('CONFLICT', 'offer', `the application is ${application.state}`));
    const made = await runtime.exchange.createOffer({
      configurationIds: formatsOf(application.type).map((format) => configurationId(application.type, format)),
      reference: application.applicationId,
      txCode: flagOf(body, 'txCode'),
      lifeSeconds: config.offerLifeSeconds,
    });
    await runtime.audit.appendRecord(runtime.tenant, {
      kind: 'act',
      requestId: context.requestId,
      at: parts.clock.now(),
      action: 'offer',
      reasons: [],
      actor: context.operator.name,
      evidence: { applicationId: application.applicationId, offerId: made.offerId, type: application.type },
    });
    ctx.status = 201;
    ctx.body = {
      offerId: made.offerId,
      offerUri: made.offerUri,
      expiresAt: made.expiresAt,
      ...(made.txCode === undefined ? {} : { txCode: made.txCode }),
    };
  });

  router.get(`${admin}/credentials`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const operator = operatorOf(ctx, own);
    ctx.body = toPage(unwrap(await engine.listCredentials(tenant, filterOf(ctx, parts.clock.now()), pageOf(ctx), operator)), toRecordView);
  });

  for (const verb of ['revoke', 'suspend', 'resume'] as const) {
    router.post(`${admin}/credentials/${verb}`, async (ctx) => {
      const { tenant, config: own } = tenantOf(ctx);
      const context = actContextOf(ctx, own);
      const body = await readJson(ctx, config.maxBodyBytes);
      const change = unwrap(await engine[verb](tenant, handleOf(body), textOf(body, 'reason', 'required'), context));
      // What could not be carried on yet is done later by itself; `GET …/pending` shows it until then.
      ctx.body = {
        changed: change.changed,
        credentials: change.records.map(toRecordView),
        closed: [...change.closed],
        pending: change.pending,
      };
    });
  }

  router.post(`${admin}/credentials/preview`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const operator = operatorOf(ctx, own);
    const body = await readJson(ctx, config.maxBodyBytes);
    const { credentials, applications, falls, complete } = unwrap(await engine.previewRevoke(tenant, handleOf(body), operator));
    ctx.body = { credentials: credentials.map((one) => ({ ...one })), applications, falls: falls.map((one) => ({ ...one })), complete };
  });

  router.post(`${admin}/credentials/renew`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const context = actContextOf(ctx, own);
    const body = await readJson(ctx, config.maxBodyBytes);
    ctx.body = toApplicationView(unwrap(await engine.renew(tenant, handleOf(body), context, instantOf(body, 'validUntil'))));
  });

  router.get(`${admin}/consequences`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const found = unwrap(await engine.listConsequences(tenant, operatorOf(ctx, own)));
    ctx.body = { rows: found.map((one) => toConsequenceView(one, parts.clock.now())) };
  });

  router.get(`${admin}/authorities`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    operatorOf(ctx, own);
    ctx.body = { rows: (await engine.listAuthorities(tenant)).map(({ uri, digest }) => ({ uri, digest })) };
  });

  router.put(`${admin}/authorities`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const context = actContextOf(ctx, own);
    const body = await readJson(ctx, config.maxBodyBytes);
    const reference = { uri: textOf(body, 'uri', 'required'), digest: unwrap(parseDigest(textOf(body, 'digest', 'required'))) };
    const { uri, digest } = unwrap(await engine.adoptAuthority(tenant, reference, context));
    ctx.body = { uri, digest };
  });

  router.post(`${admin}/register`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    await answerRegisterImport(ctx, { ...parts, uploads }, tenant, operatorOf(ctx, own));
  });

  router.get(`${admin}/audit/export`, (ctx) => {
    const runtime = tenantOf(ctx);
    const operator = operatorOf(ctx, runtime.config);
    unwrap(checkDuty(operator, 'read'));
    ctx.body = streamOf(withNewlines(runtime.audit.exportLog(runtime.tenant)));
    ctx.type = 'application/x-ndjson';
  });
}

function filterOf(ctx: Context, at: Instant): CredentialFilter {
  const state = queryOf(ctx, 'state') ?? 'all';
  switch (state) {
    case 'all':
    case 'suspended':
    case 'revoked':
      return { kind: state };
    case 'active':
      return { kind: 'active', at };
    case 'expiring': {
      const days = queryOf(ctx, 'days') ?? '30';
      return { kind: 'expiring', at, until: instant(at + Number(days) * DAY) };
    }
    default:
      return unwrap(refuse('REQUEST_MALFORMED', 'query', 'state: not one of all, active, expiring, suspended, revoked'));
  }
}

/** What an officer sets aside, each rule by its name with the reason: `{"area": "…"}`. */
function overrulesOf(body: JsonObject): readonly OverruleRequest[] {
  const value = memberOf(body, 'overrules');
  if (value === undefined) return [];
  if (!isJsonObject(value)) return unwrap(refuse('REQUEST_MALFORMED', 'body', 'overrules: not an object of rule and reason'));
  return Object.keys(value).map((name) => ({ rule: unwrap(parseOverrulable(name)), reason: textOf(value, name, 'required') }));
}

function toConsequenceView({ record, code, detail, since, deadline }: Consequence, at: Instant): JsonObject {
  return {
    ...toRecordView(record),
    code,
    detail,
    ...(since === undefined ? {} : { since }),
    ...(deadline === undefined ? {} : { deadline, overdue: deadline <= at }),
  };
}

/** An application without its claims, which only the route of the single one shows. */
function toApplicationView(application: Application): JsonObject {
  const {
    applicationId,
    applicant,
    type,
    subject,
    party,
    evidence,
    validUntil,
    renews,
    state,
    reason,
    decidedBy,
    submittedAt,
    decidedAt,
    closed,
    overrules,
  } = application;
  return {
    applicationId,
    applicant,
    type,
    state,
    reason,
    decidedBy,
    submittedAt,
    validUntil,
    evidence: evidence.map((held) => ({ type: held.type, digest: held.digest })),
    overrules: overrules.map(({ rule, reason: why, by, at, holders }) => ({
      rule,
      reason: why,
      by,
      at,
      ...(holders === undefined ? {} : { holders: [...holders] }),
    })),
    ...(subject === undefined ? {} : { subject }),
    ...(party === undefined ? {} : { party: { ...party } }),
    ...(renews === undefined ? {} : { renews }),
    ...(decidedAt === undefined ? {} : { decidedAt }),
    ...(closed === undefined ? {} : { closed: { ...closed } }),
  };
}

function toRecordView(record: IssuedRecord): JsonObject {
  const { digest, applicationId, type, format, issuer, subject, party, issuedAt, validUntil, state, stateAt, reason, causes } = record;
  return {
    digest,
    applicationId,
    type,
    format,
    issuer,
    subject,
    issuedAt,
    validUntil,
    state,
    stateAt,
    reason,
    causes: [...causes],
    ...(party === undefined ? {} : { party: { ...party } }),
  };
}

function toPage<T>(page: Paged<T>, view: (row: T) => JsonObject): JsonObject {
  return { rows: page.rows.map(view), ...(page.next === undefined ? {} : { next: page.next }) };
}

async function* withNewlines(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield line.endsWith('\n') ? line : `${line}\n`;
}

/**
 * What was shown with another application of the tenant that was approved: a household that is given a copy of its meter's commissioning
 * does not hold the meter's own credentials. It is held against its status again, as what is shown now.
 */
async function evidenceOfAnother(engine: HttpParts['engine'], tenant: TenantId, body: JsonObject): Promise<readonly HeldEvidence[]> {
  const applicationId = textOf(body, 'evidenceOf', 'optional');
  if (applicationId === '') return [];
  const application = unwrap(await engine.readApplication(tenant, applicationId));
  if (application.state !== 'approved' && application.state !== 'issued')
    unwrap(refuse('CONFLICT', 'application', `evidenceOf: that application is ${application.state}`));
  // It was judged for this type and nothing else: what proves one thing of a device or a person is no evidence of another.
  if (application.type !== textOf(body, 'type', 'required'))
    unwrap(refuse('CONFLICT', 'application', `evidenceOf: that application is for a ${application.type}`));
  return application.evidence;
}
