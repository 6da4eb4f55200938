import { Readable } from 'node:stream';
import type Router from '@koa/router';
import { CREDENTIAL_TYPES, isHeldBySubject, refuse } from '@gridpass/core';
import type { Application, CredentialType, HeldEvidence, Instant, JsonObject } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import { publishDidWeb } from '@gridpass/did';
import { parseDpopProof } from '@gridpass/exchange';
import { thumbprintOf } from '@gridpass/keys';
import type { Context } from 'koa';
import { assertWithinLimit, requestIdOf, unwrap } from './answer.js';
import { namesEntity } from './entity-tag.js';
import { didOf, instantOf, parseDigest, readJson, textOf, textsOf } from './read.js';
import type { HttpParts, TenantRuntime } from './tenant-runtime.js';

const PROOF_SECONDS = 60;
const PROOF_SKEW_SECONDS = 5;

/**
 * What everyone may read: DID documents, status lists, authorities, checkpoints; and the counter where one applies. What a
 * cache in front can answer is not counted by client: a verifier behind a shared address must always learn of a revocation.
 */
export function addPublicRoutes(router: Router, parts: HttpParts, tenantOf: (ctx: Context) => TenantRuntime): void {
  const { engine } = parts;

  router.get('/t/:tenant/did.json', async (ctx) => {
    const { tenant, signer } = tenantOf(ctx);
    ctx.body = unwrap(await publishDidWeb({ repository: parts.dids, clock: parts.clock }, tenant, signer));
    ctx.set('Cache-Control', 'public, max-age=60');
    ctx.type = 'application/did+json';
  });

  router.get('/t/:tenant/status/:listId', async (ctx) => {
    const { tenant, signer } = tenantOf(ctx);
    const list = unwrap(await parts.statusIssuer.publishList(tenant, paramOf(ctx, 'listId'), signer));
    ctx.set('ETag', list.etag);
    ctx.set('Cache-Control', `public, max-age=${list.maxAgeSeconds}`);
    if (namesEntity(ctx.get('If-None-Match'), list.etag)) {
      ctx.status = 304;
      return;
    }
    ctx.body = list.body;
    ctx.set('Content-Type', list.mediaType);
  });

  router.get('/t/:tenant/authority/:digest', async (ctx) => {
    const { tenant } = tenantOf(ctx);
    const digest = unwrap(parseDigest(paramOf(ctx, 'digest')));
    const document = unwrap(await engine.readDocument(tenant, digest));
    // Named by its digest: it cannot change.
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    ctx.body = document;
    ctx.set('Content-Type', 'application/vc+jwt');
  });

  router.get('/t/:tenant/evidence/:digest', async (ctx) => {
    assertWithinLimit(ctx, parts);
    const { tenant, signer, audit } = tenantOf(ctx);
    const digest = unwrap(parseDigest(paramOf(ctx, 'digest')));
    const index = unwrap(await engine.findIssuanceEntry(tenant, digest));
    // The chain says which tree is the first that covers the entry; verifiers ask it the same.
    const head = await parts.anchoredHeads?.firstCovering(signer.did, index);
    if (head === undefined) return unwrap(refuse('NOT_FOUND', 'evidence', 'not anchored yet'));
    ctx.body = await audit.evidenceAt(tenant, index, head.size);
    ctx.set('Cache-Control', 'public, max-age=86400, immutable');
    return undefined;
  });

  router.get('/t/:tenant/audit/checkpoint', async (ctx) => {
    assertWithinLimit(ctx, parts);
    const { tenant, audit } = tenantOf(ctx);
    ctx.body = await audit.checkpoint(tenant);
    ctx.type = 'text/plain; charset=utf-8';
  });

  router.get('/t/:tenant/audit/key', (ctx) => {
    const { tenant, audit, auditKey } = tenantOf(ctx);
    ctx.body = { origin: audit.originOf(tenant), publicJwk: { ...auditKey } };
  });

  router.post('/t/:tenant/applications', async (ctx) => {
    assertWithinLimit(ctx, parts);
    const { tenant } = tenantOf(ctx);
    const body = await readJson(ctx, parts.config.maxBodyBytes);
    const evidence = await proveEvidence(parts, body);
    // Without evidence there is no applicant to bound: such applications are taken in by operators.
    const [first] = evidence;
    if (first === undefined) return unwrap(refuse('PREREQUISITE_MISSING', 'application', 'evidence: nothing shown'));
    assertShownByHolder(ctx, parts, evidence);
    const application = unwrap(
      await engine.submitApplication(tenant, {
        ...readWish(body),
        applicant: first.holderThumbprint ?? first.subject,
        evidence,
        requestId: requestIdOf(ctx),
      }),
    );
    ctx.status = 202;
    ctx.body = toPublicApplication(application);
    return undefined;
  });

  router.get('/t/:tenant/applications/:applicationId', async (ctx) => {
    assertWithinLimit(ctx, parts);
    const { tenant } = tenantOf(ctx);
    ctx.body = toPublicApplication(unwrap(await engine.readApplication(tenant, paramOf(ctx, 'applicationId'))));
  });
}

/** Most credentials that are shown with one application. */
const MAX_EVIDENCE = 8;

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

/**
 * Whoever applies proves the key its evidence is bound to, with a DPoP proof for this very address (RFC 9449 4.2): a verifier
 * that was shown a credential once cannot apply in its holder's name, nor fill up the holder's open applications.
 */
function assertShownByHolder(ctx: Context, parts: Pick<HttpParts, 'config' | 'clock'>, evidence: readonly HeldEvidence[]): void {
  const proof = ctx.get('DPoP');
  const url = `${parts.config.publicOrigin}${ctx.path}`;
  const expected = { method: 'POST', url, at: parts.clock.now(), maxAgeSeconds: PROOF_SECONDS, clockSkewSeconds: PROOF_SKEW_SECONDS };
  const { thumbprint } = unwrap(parseDpopProof(proof, expected));
  if (evidence.some((held) => held.holderThumbprint !== thumbprint)) {
    unwrap(refuse('HOLDER_MISMATCH', 'application', 'evidence: not bound to the key of the DPoP proof'));
  }
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

/** A path parameter, as the router decoded it. */
export function paramOf(ctx: Context, name: string): string {
  const value: unknown = (ctx as Context & { readonly params?: Readonly<Record<string, string>> }).params?.[name];
  return typeof value === 'string' ? value : unwrap(refuse('REQUEST_MALFORMED', 'route', `${name}: missing`));
}

/** A body that is written while it is made. */
export function streamOf(lines: AsyncIterable<string>): Readable {
  return Readable.from(lines);
}
