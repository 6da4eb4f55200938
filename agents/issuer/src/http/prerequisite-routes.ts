import type Router from '@koa/router';
import type { Instant, JsonObject, WatchedPrerequisite } from '@gridpass/core';
import type { Context } from 'koa';
import { watchBoundOf } from '../config.js';
import type { IssuingConfig } from '../config.js';
import { unwrap } from './answer.js';
import { operatorOf } from './operators.js';
import type { HttpParts, TenantRuntime } from './tenant-runtime.js';

/** What a tenant's credentials rest on in other programs, where it does not stand or cannot be told. */
export function addPrerequisiteRoutes(
  router: Router,
  { config, engine, clock }: Pick<HttpParts, 'config' | 'engine' | 'clock'>,
  tenantOf: (ctx: Context) => TenantRuntime,
): void {
  router.get('/t/:tenant/admin/prerequisites', async (ctx) => {
    const { tenant, config: own } = tenantOf(ctx);
    const found = unwrap(await engine.listPrerequisites(tenant, operatorOf(ctx, own)));
    ctx.body = { watchedWithinSeconds: watchBoundOf(config), rows: found.map((one) => toView(one, config, clock.now())) };
  });
}

function toView(
  { digest, issuer, state, checkedAt, failingSince, problem }: WatchedPrerequisite,
  config: IssuingConfig,
  at: Instant,
): JsonObject {
  return {
    ...{ digest, issuer, state, checkedAt, problem },
    ...(failingSince === undefined ? {} : { failingSince }),
    // Beyond what is promised: whatever happened to it since is not known here.
    overdue: checkedAt + watchBoundOf(config) < at,
  };
}
