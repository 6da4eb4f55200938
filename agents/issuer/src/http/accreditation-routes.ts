import type Router from '@koa/router';
import { refuse } from '@gridpass/core';
import type { HeldApplication, JsonObject } from '@gridpass/core';
import type { Accreditation, AppliedFor } from '@gridpass/hold';
import { checkDuty } from '@gridpass/issue';
import type { Context } from 'koa';
import type { TenantAccreditations } from '../adapters/accreditations.js';
import { assertMembers, instantOf, parseDigest, readJson, textOf } from './read.js';
import { unwrap } from './answer.js';
import { readWish } from './application-routes.js';
import { actContextOf, operatorOf } from './operators.js';
import { paramOf } from './public-routes.js';
import type { HttpParts, TenantRuntime } from './tenant-runtime.js';

/** What a tenant is accredited for itself: list, apply at a superior issuer, adopt what came by an offer, renew. Changing it is the duty `decide`. */
export function addAccreditationRoutes(
  router: Router,
  { config, engine, accreditations }: Pick<HttpParts, 'config' | 'engine'> & Required<Pick<HttpParts, 'accreditations'>>,
  tenantOf: (ctx: Context) => TenantRuntime,
): void {
  const path = '/t/:tenant/admin/accreditations';
  const holderOf = ({ tenant }: TenantRuntime): TenantAccreditations =>
    accreditations.get(tenant) ?? unwrap(refuse('NOT_FOUND', 'route', 'no accreditations are held here'));
  const acting = (ctx: Context) => {
    const runtime = tenantOf(ctx);
    const context = actContextOf(ctx, runtime.config);
    unwrap(checkDuty(context.operator, 'decide'));
    const holder = holderOf(runtime);
    return { holder, owner: holder.ownerFor(context) };
  };

  router.get(path, async (ctx) => {
    const runtime = tenantOf(ctx);
    operatorOf(ctx, runtime.config);
    const { held, applications } = await holderOf(runtime).list();
    const elsewhere = (await engine.listAuthorities(runtime.tenant)).filter(({ digest }) => held.every((one) => one.digest !== digest));
    ctx.body = {
      accreditations: held.map(toView),
      // What a wallet holds and the tenant adopted by its address.
      elsewhere: elsewhere.map(({ uri, digest }) => ({ uri, digest })),
      applications: applications.map(toApplicationView),
      renewal: { daysBeforeEnd: config.accreditationRenewDays, atTheEarliest: 'in the last third of its life' },
    };
  });

  router.post(path, async (ctx) => {
    const { holder, owner } = acting(ctx);
    const body = await readJson(ctx, config.maxBodyBytes);
    assertMembers(body, ['issuer', 'type', 'claims', 'validUntil']);
    const { type, claims } = readWish(body);
    const validUntil = instantOf(body, 'validUntil');
    const wish = { issuer: textOf(body, 'issuer', 'required'), type, claims, ...(validUntil === undefined ? {} : { validUntil }) };
    ctx.body = toApplicationView(unwrap(await holder.apply(wish, owner)));
    ctx.status = 202;
  });

  router.post(`${path}/adopt`, async (ctx) => {
    const { holder, owner } = acting(ctx);
    const body = await readJson(ctx, config.maxBodyBytes);
    assertMembers(body, ['offer', 'txCode', 'issuer']);
    const [txCode, issuer] = [textOf(body, 'txCode', 'optional'), textOf(body, 'issuer', 'optional')];
    const offerUri = textOf(body, 'offer', 'required');
    const offer = { offerUri, ...(txCode === '' ? {} : { txCode }), ...(issuer === '' ? {} : { issuer }) };
    ctx.body = { adopted: [...unwrap(await holder.adopt(offer, owner))] };
  });

  router.post(`${path}/:digest/renew`, async (ctx) => {
    const { holder, owner } = acting(ctx);
    ctx.body = toApplicationView(unwrap(await holder.renew(unwrap(parseDigest(paramOf(ctx, 'digest'))), owner)));
    ctx.status = 202;
  });
}

function toView({ renewFrom, nextTry, ...rest }: Accreditation): JsonObject {
  return { ...rest, ...(renewFrom === undefined ? {} : { renewFrom }), ...(nextTry === undefined ? {} : { nextTry }) };
}

function toApplicationView(application: AppliedFor | HeldApplication): JsonObject {
  const { id, applicationId, issuer, type, state, reason, submittedAt, checkedAt, receivedAt, problem, because } = application;
  const nextTry = 'nextTry' in application ? application.nextTry : undefined;
  return {
    ...{ id, applicationId, issuer, type, state, reason, submittedAt, checkedAt, problem },
    ...(because === undefined ? {} : { because: because.split('; ') }),
    ...(receivedAt === undefined ? {} : { receivedAt }),
    ...(nextTry === undefined ? {} : { nextTry }),
  };
}
