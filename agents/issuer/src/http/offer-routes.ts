import type Router from '@koa/router';
import type { JsonObject, MadeOfferRecord } from '@gridpass/core';
import type { Context } from 'koa';
import { unwrap } from './answer.js';
import { actContextOf, operatorOf } from './operators.js';
import { paramOf } from './public-routes.js';
import { pageOf, queryOf, readJson, textOf } from './read.js';
import type { HttpParts, TenantRuntime } from './tenant-runtime.js';

/** Offers that were made, and what still follows from acts that were done. */
export function addOfferRoutes(router: Router, parts: HttpParts, tenantOf: (ctx: Context) => TenantRuntime): void {
  const { engine, config } = parts;
  const admin = '/t/:tenant/admin';

  router.get(`${admin}/offers`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const page = unwrap(await engine.listOffers(tenant, queryOf(ctx, 'applicationId'), pageOf(ctx), operatorOf(ctx, own)));
    ctx.body = { rows: page.rows.map(toOfferView), ...(page.next === undefined ? {} : { next: page.next }) };
  });

  router.post(`${admin}/offers/:offerId/withdraw`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const context = actContextOf(ctx, own);
    const reason = textOf(await readJson(ctx, config.maxBodyBytes), 'reason', 'required');
    ctx.body = toOfferView(unwrap(await engine.withdrawOffer(tenant, paramOf(ctx, 'offerId'), reason, context)));
  });

  router.get(`${admin}/pending`, async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const steps = unwrap(await engine.listPending(tenant, operatorOf(ctx, own)));
    ctx.body = { rows: steps.map(({ job, what, of, dueAt }) => ({ job, what, of, dueAt })) };
  });
}

/** An offer without its code, which nobody here knows. */
function toOfferView({ offerId, applicationId, expiresAt, redeemedAt, withdrawn }: MadeOfferRecord): JsonObject {
  return {
    offerId,
    applicationId,
    expiresAt,
    ...(redeemedAt === undefined ? {} : { redeemedAt }),
    ...(withdrawn === undefined ? {} : { withdrawn: { ...withdrawn } }),
  };
}
