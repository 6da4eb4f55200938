import type Router from '@koa/router';
import { CREDENTIAL_TYPES, formatsOf, isHeldBySubject, refuse } from '@gridpass/core';
import type { Application, CredentialType, HeldEvidence, Instant, JsonObject, Thumbprint } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import { configurationId } from '@gridpass/exchange';
import { thumbprintOf } from '@gridpass/keys';
import type { Context } from 'koa';
import { assertNoQuery, assertWithinLimit, requestIdOf, unwrap } from './answer.js';
import { browserRoutes } from './browser-routes.js';
import { paramOf } from './public-routes.js';
import { didOf, instantOf, readJson, textOf, textsOf } from './read.js';
import type { HttpParts, TenantRuntime } from './tenant-runtime.js';

/**
 * Applying from outside: who applies proves a key with a DPoP proof for this very address (RFC 9449 4.2), which counts once. That key is the
 * applicant: it alone is told whether an offer is ready, and is given it.
 */
export function addApplicationRoutes(router: Router, parts: HttpParts, tenantOf: (ctx: Context) => TenantRuntime): void {
  const { engine, config, clock } = parts;
  const browsers = browserRoutes(router);

  browsers.post('/t/:tenant/applications', async (ctx) => {
    assertWithinLimit(ctx, parts);
    assertNoQuery(ctx);
    const runtime = tenantOf(ctx);
    const body = await readJson(ctx, config.maxBodyBytes);
    const applicantKey = await proveApplicant(ctx, parts, runtime);
    // Keys cost nothing: who brings nothing else is counted by where it comes from, too.
    if (textsOf(body, 'evidence', MAX_EVIDENCE).length === 0) unwrap(parts.strangers.takeAddress(ctx, clock.now()));
    const evidence = await proveEvidence(parts, body);
    // A verifier that was shown a credential once cannot apply in its holder's name, nor fill up the holder's open applications.
    if (evidence.some((held) => held.holderThumbprint !== applicantKey))
      unwrap(refuse('HOLDER_MISMATCH', 'application', 'evidence: not bound to the key of the DPoP proof'));
    const wish = { ...readWish(body), applicant: applicantKey, applicantKey, evidence, requestId: requestIdOf(ctx) };
    ctx.status = 202;
    ctx.body = toPublicApplication(unwrap(await engine.submitApplication(runtime.tenant, wish)));
  });

  browsers.get('/t/:tenant/applications/:applicationId', async (ctx) => {
    assertWithinLimit(ctx, parts);
    assertNoQuery(ctx);
    const runtime = tenantOf(ctx);
    const applicationId = paramOf(ctx, 'applicationId');
    if (ctx.get('DPoP') === '') {
      ctx.body = toPublicApplication(unwrap(await engine.readApplication(runtime.tenant, applicationId)));
      return;
    }
    const applicant = await proveApplicant(ctx, parts, runtime);
    const { application, offerReady, renewedBy } = unwrap(await engine.readOwn(runtime.tenant, { applicationId, applicant }));
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      ...toPublicApplication(application),
      ...(offerReady ? { offer: 'ready' } : {}),
      ...(renewedBy === undefined ? {} : { renewedBy }),
    };
  });

  browsers.post('/t/:tenant/applications/:applicationId/offer', async (ctx) => {
    assertWithinLimit(ctx, parts);
    assertNoQuery(ctx);
    const runtime = tenantOf(ctx);
    const applicant = await proveApplicant(ctx, parts, runtime);
    const own = { applicationId: paramOf(ctx, 'applicationId'), applicant, requestId: requestIdOf(ctx) };
    const made = unwrap(
      await engine.giveOffer(runtime.tenant, own, ({ type, applicationId }, tx) =>
        runtime.exchange.createOffer({
          configurationIds: formatsOf(type).map((format) => configurationId(type, format)),
          reference: applicationId,
          txCode: false,
          lifeSeconds: config.offerLifeSeconds,
          own: { tx },
        }),
      ),
    );
    ctx.status = 201;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { offer: made.offerUri, expiresAt: made.expiresAt };
  });
}

/** Most credentials that are shown with one application. */
const MAX_EVIDENCE = 8;

/** The key of the proof that a call carries for its own address. */
async function proveApplicant(ctx: Context, { config }: Pick<HttpParts, 'config'>, { exchange }: TenantRuntime): Promise<Thumbprint> {
  const call = { dpop: ctx.get('DPoP'), method: ctx.method, url: `${config.publicOrigin}${ctx.path}` };
  return unwrap(await exchange.proveCaller(call));
}

/** Proves the credentials in `evidence` as a verifier does, at most 8, and keeps what issuance will look at again. */
export async function proveEvidence(parts: Pick<HttpParts, 'verifier' | 'clock'>, body: JsonObject): Promise<readonly HeldEvidence[]> {
  const evidence: HeldEvidence[] = [];
  for (const compact of textsOf(body, 'evidence', MAX_EVIDENCE)) {
    const { content } = unwrap(await parts.verifier.verifyCredential(compact, parts.clock.now()));
    const { type, digest, issuer, subject, validUntil, status, holderKey } = content;
    evidence.push({
      type,
      digest,
      issuer,
      subject,
      validUntil,
      status,
      ...(holderKey === undefined ? {} : { holderThumbprint: thumbprintOf(holderKey) }),
    });
  }
  return evidence;
}

/** Type, claims, subject and end of an application. */
export function readWish(body: JsonObject): {
  type: CredentialType;
  claims: JsonObject[string];
  subject?: NonNullable<ReturnType<typeof didOf>>;
  validUntil?: Instant;
} {
  const name = textOf(body, 'type', 'required');
  const type =
    CREDENTIAL_TYPES.find((candidate) => candidate === name) ??
    unwrap(refuse('CREDENTIAL_CONFIGURATION_UNKNOWN', 'application', 'type: unknown'));
  const claims = memberOf(body, 'claims') ?? unwrap(refuse('REQUEST_MALFORMED', 'application', 'claims: missing'));
  const [subject, validUntil] = [didOf(body, 'subject'), instantOf(body, 'validUntil')];
  return { type, claims, ...(subject === undefined ? {} : { subject }), ...(validUntil === undefined ? {} : { validUntil }) };
}

/** Why an application is in the state it is in: where it was approved and then ended, why it was ended and not why it was approved. */
function reasonOfState({ closed, reason }: Pick<Application, 'closed' | 'reason'>): string {
  return closed?.reason ?? reason;
}

/** What an applicant may know of an application. */
function toPublicApplication(application: Application): JsonObject {
  const { applicationId, type, state, submittedAt, validUntil } = application;
  const reason = reasonOfState(application);
  return { applicationId, type, state, reason, submittedAt, validUntil, holderMayDiffer: !isHeldBySubject(type) };
}
