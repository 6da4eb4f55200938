import { Readable } from 'node:stream';
import type Router from '@koa/router';
import { refuse } from '@gridpass/core';
import { publishDidWeb } from '@gridpass/did';
import type { Context } from 'koa';
import { assertNoQuery, assertWithinLimit, unwrap } from './answer.js';
import { browserRoutes } from './browser-routes.js';
import { namesEntity } from './entity-tag.js';
import { parseDigest } from './read.js';
import type { HttpParts, TenantRuntime } from './tenant-runtime.js';

/**
 * What everyone may read: DID documents, status lists, authorities, checkpoints; and the counter where one applies. What a
 * cache in front can answer is not counted by client: a verifier behind a shared address must always learn of a revocation.
 */
export function addPublicRoutes(router: Router, parts: HttpParts, tenantOf: (ctx: Context) => TenantRuntime): void {
  const { engine } = parts;
  // A wallet or verifier in a browser reads these to judge a credential.
  const browsers = browserRoutes(router);

  browsers.get('/t/:tenant/did.json', async (ctx) => {
    const { tenant, signer } = tenantOf(ctx);
    ctx.body = unwrap(await publishDidWeb({ repository: parts.dids, clock: parts.clock }, tenant, signer));
    ctx.set('Cache-Control', 'public, max-age=60');
    ctx.type = 'application/did+json';
  });

  browsers.get('/t/:tenant/status/:listId', async (ctx) => {
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

  browsers.get('/t/:tenant/authority/:digest', async (ctx) => {
    const { tenant } = tenantOf(ctx);
    const digest = unwrap(parseDigest(paramOf(ctx, 'digest')));
    const issued = await engine.readDocument(tenant, digest);
    // What entitles the tenant itself is served beside what it issued: its own credentials name it here.
    const document = unwrap(issued.ok ? issued : ((await parts.accreditations?.get(tenant)?.readDocument(digest)) ?? issued));
    // Named by its digest: it cannot change.
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    ctx.body = document;
    ctx.set('Content-Type', 'application/vc+jwt');
  });

  router.get('/t/:tenant/evidence/:digest', async (ctx) => {
    assertWithinLimit(ctx, parts);
    assertNoQuery(ctx);
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
    assertNoQuery(ctx);
    const { tenant, audit } = tenantOf(ctx);
    ctx.body = await audit.checkpoint(tenant);
    ctx.type = 'text/plain; charset=utf-8';
  });

  router.get('/t/:tenant/audit/key', (ctx) => {
    assertNoQuery(ctx);
    const { tenant, audit, auditKey } = tenantOf(ctx);
    ctx.body = { origin: audit.originOf(tenant), publicJwk: { ...auditKey } };
  });
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
