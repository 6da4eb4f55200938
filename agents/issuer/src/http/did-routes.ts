import type Router from '@koa/router';
import { refuse, tenantId } from '@gridpass/core';
import type { DidTransfer, JsonObject } from '@gridpass/core';
import type { LifecycleContext } from '@gridpass/did';
import { parseDid } from '@gridpass/did';
import type { Duty } from '@gridpass/issue';
import type { Context } from 'koa';
import { unwrap } from './answer.js';
import { actContextOf } from './operators.js';
import { paramOf } from './public-routes.js';
import { readJson, textOf } from './read.js';
import type { DidRouteParts, TenantRuntime } from './tenant-runtime.js';

const MAX_LIFE = 2_592_000;

/** Keys and DIDs of a tenant, and the ledger behind them; each verb by an operator of that very tenant, with its duty. */
export function addDidRoutes(router: Router, parts: DidRouteParts, tenantOf: (ctx: Context) => TenantRuntime): void {
  const { operations, transfers } = parts;
  const admin = '/t/:tenant/admin';

  const contextOf = (ctx: Context, duty: Duty): { readonly runtime: TenantRuntime; readonly context: LifecycleContext } => {
    const runtime = tenantOf(ctx);
    const { operator, requestId } = actContextOf(ctx, runtime.config);
    if (!operator.duties.includes(duty)) unwrap(refuse('POLICY_DENIED', 'duty', `${duty}: not a duty of this operator`));
    return { runtime, context: { tenant: runtime.tenant, actor: operator.name, requestId } };
  };

  router.post(`${admin}/did/rotate`, async (ctx) => {
    const { runtime, context } = contextOf(ctx, 'keys');
    await parts.beforeRotation(runtime.tenant);
    const { did, kid, keyId, transactions, block } = unwrap(await operations.lifecycle.rotateKey(context, runtime.signer.did));
    ctx.body = { did, kid, keyId, transactions: [...transactions], block };
  });

  router.get(`${admin}/did/transfers`, async (ctx) => {
    const { runtime } = contextOf(ctx, 'read');
    ctx.body = { rows: (await transfers.list(runtime.tenant)).map(toView) };
  });

  router.post(`${admin}/did/transfers`, async (ctx) => {
    const { runtime, context } = contextOf(ctx, 'decide');
    const body = await readJson(ctx, parts.maxBodyBytes);
    const did = unwrap(parseDid(textOf(body, 'did', 'required')));
    // Whoever owned it would issue in this tenant's name; devices change hands, issuers do not.
    if (did === runtime.signer.did) unwrap(refuse('CONFLICT', 'transfer', "did: the tenant's own"));
    const to = textOf(body, 'to', 'required');
    if (!parts.isTenant(to)) unwrap(refuse('REQUEST_MALFORMED', 'transfer', 'to: not a tenant of this program'));
    const life = textOf(body, 'lifeSeconds', 'optional');
    if (life !== '' && !/^[1-9]\d{0,6}$/u.test(life))
      unwrap(refuse('REQUEST_MALFORMED', 'body', `lifeSeconds: not 1 to ${MAX_LIFE}, as a text`));
    const offered = await transfers.offer(context, {
      did,
      toTenant: tenantId(to),
      lifeSeconds: life === '' ? 86_400 : Number(life),
    });
    ctx.body = toView(unwrap(offered));
    ctx.status = 201;
  });

  for (const [verb, duty] of [
    ['accept', 'decide'],
    ['reject', 'decide'],
    ['cancel', 'decide'],
    ['confirm', 'status'],
  ] as const) {
    router.post(`${admin}/did/transfers/:transferId/${verb}`, async (ctx) => {
      const { context } = contextOf(ctx, duty);
      ctx.body = toView(unwrap(await transfers[verb](context, paramOf(ctx, 'transferId'))));
    });
  }

  router.get(`${admin}/ledger`, async (ctx) => {
    const { context } = contextOf(ctx, 'read');
    ctx.body = await operations.ledgerStatus(context.tenant);
  });

  router.post(`${admin}/ledger/rebuild`, async (ctx) => {
    const { context } = contextOf(ctx, 'status');
    if (!(await operations.rebuildLedger(context.tenant, context.actor, context.requestId)))
      unwrap(refuse('NOT_FOUND', 'ledger', 'this program keeps no index of the registry'));
    ctx.body = await operations.ledgerStatus(context.tenant);
  });
}

function toView({ transferId, did, tenant, toTenant, confirmer, state, offeredAt, expiresAt, changedAt }: DidTransfer): JsonObject {
  return { transferId, did, from: tenant, to: toTenant, confirmer, state, offeredAt, expiresAt, changedAt };
}
