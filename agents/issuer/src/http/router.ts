import Router from '@koa/router';
import type { RouterMiddleware } from '@koa/router';
import type { Middleware } from 'koa';
import { addAccreditationRoutes } from './accreditation-routes.js';
import { addAdminRoutes } from './admin-routes.js';
import { addApplicationRoutes } from './application-routes.js';
import { addOfferRoutes } from './offer-routes.js';
import { assertNoQuery, assertWithinLimit } from './answer.js';
import { addDidRoutes } from './did-routes.js';
import { addKeyRoutes } from './key-routes.js';
import { addOpenidRoutes, createTenantOf } from './openid-routes.js';
import { addPrerequisiteRoutes } from './prerequisite-routes.js';
import { addPublicRoutes } from './public-routes.js';
import { addRotationRoutes } from './rotation-routes.js';
import { addTransferRoutes } from './transfer-routes.js';
import type { HttpParts } from './tenant-runtime.js';

/** All routes of the program. One spelling of a path names one route: case counts, and so does a slash at the end. */
export function createRoutes(parts: HttpParts): Middleware {
  const router = new Router({ sensitive: true, strict: true });
  const tenantOf = createTenantOf(parts);
  router.get('/', (ctx) => {
    assertNoQuery(ctx);
    ctx.body = {
      program: 'gridpass issuer',
      tenants: [...parts.tenants.values()].map(({ tenant, config, signer }) => ({
        tenant,
        displayName: config.displayName,
        did: signer.did,
      })),
    };
  });
  addOpenidRoutes(router, parts, tenantOf);
  // What ends or moves an identity may be tried no oftener than what strangers may do, with whatever token.
  const counted: RouterMiddleware = (ctx, next) => {
    assertWithinLimit(ctx, parts);
    return next();
  };
  router.use(['/t/:tenant/admin/did', '/t/:tenant/admin/dids', '/t/:tenant/admin/ledger'], counted);
  addPublicRoutes(router, parts, tenantOf);
  addApplicationRoutes(router, parts, tenantOf);
  addAdminRoutes(router, parts, tenantOf);
  addOfferRoutes(router, parts, tenantOf);
  addPrerequisiteRoutes(router, parts, tenantOf);
  if (parts.accreditations !== undefined) addAccreditationRoutes(router, { ...parts, accreditations: parts.accreditations }, tenantOf);
  if (parts.rotationRoutes !== undefined) addRotationRoutes(router, parts.rotationRoutes, tenantOf);
  if (parts.keyRoutes !== undefined) addKeyRoutes(router, parts.keyRoutes, tenantOf);
  if (parts.didRoutes !== undefined) {
    addDidRoutes(router, parts.didRoutes, tenantOf);
    addTransferRoutes(router, { ...parts, ...parts.didRoutes, origin: parts.config.publicOrigin }, tenantOf);
  }
  return router.routes() as Middleware;
}
