import type Router from '@koa/router';
import { refuse } from '@gridpass/core';
import type { LifecycleContext } from '@gridpass/did';
import { checkDuty } from '@gridpass/issue';
import type { Duty } from '@gridpass/issue';
import type { Context } from 'koa';
import { unwrap } from './answer.js';
import { actContextOf } from './operators.js';
import type { DidRouteParts, TenantRuntime } from './tenant-runtime.js';

/** Keys and DIDs of a tenant, and the ledger behind them; each verb by an operator of that very tenant, with its duty. */
export function addDidRoutes(router: Router, parts: DidRouteParts, tenantOf: (ctx: Context) => TenantRuntime): void {
  const { operations } = parts;
  const admin = '/t/:tenant/admin';

  const contextOf = (ctx: Context, duty: Duty): OperatorContext => contextFor(ctx, tenantOf, duty);

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

/** A tenant, and the operator of it that asks. */
interface OperatorContext {
  readonly runtime: TenantRuntime;
  readonly context: LifecycleContext;
}

/** The operator behind a request, who must have the duty. */
export function contextFor(ctx: Context, tenantOf: (ctx: Context) => TenantRuntime, duty: Duty): OperatorContext {
  const runtime = tenantOf(ctx);
  const { operator, requestId } = actContextOf(ctx, runtime.config);
  unwrap(checkDuty(operator, duty));
  return { runtime, context: { tenant: runtime.tenant, actor: operator.name, requestId } };
}
