import type Router from '@koa/router';
import { refuse, tenantId } from '@gridpass/core';
import type { Did, DidTransfer, JsonObject, TenantId } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import { configurationId } from '@gridpass/exchange';
import { LONGEST_TRANSFER_SECONDS, parseDid } from '@gridpass/did';
import type { Context } from 'koa';
import { assertNoQuery, assertWithinLimit, requestIdOf, unwrap } from './answer.js';
import { paramOf } from './public-routes.js';
import { readJson, textOf } from './read.js';
import type { DidRouteParts, HttpParts, TenantRuntime } from './tenant-runtime.js';
import { contextFor } from './did-routes.js';

const ADMIN = '/t/:tenant/admin/did';

/** Everything a transfer of a device's DID is asked over: by operators of this program, and by new owners elsewhere. */
export function addTransferRoutes(
  router: Router,
  parts: DidRouteParts & Pick<HttpParts, 'clients' | 'clock' | 'engine' | 'tenants'> & { readonly origin: string },
  tenantOf: (ctx: Context) => TenantRuntime,
): void {
  const { transfers } = parts;
  const addressOf = ({ tenant, transferId }: Pick<DidTransfer, 'tenant' | 'transferId'>): string =>
    `${parts.origin}/t/${tenant}/transfers/${transferId}`;

  /** To whom: a tenant by its name, or a DID, which may be a tenant's as well. */
  const recipientOf = (to: string): { readonly toDid: Did; readonly toTenant?: TenantId } => {
    const toDid = to.startsWith('did:') ? unwrap(parseDid(to)) : undefined;
    const known = toDid === undefined ? parts.tenants.get(to) : [...parts.tenants.values()].find(({ signer }) => signer.did === toDid);
    if (known !== undefined) return { toDid: known.signer.did, toTenant: known.tenant };
    return { toDid: toDid ?? unwrap(refuse('REQUEST_MALFORMED', 'transfer', 'to: neither a DID nor a tenant of this program')) };
  };

  router.get(`${ADMIN}/transfers`, async (ctx) => {
    const { runtime } = contextFor(ctx, tenantOf, 'read');
    ctx.body = { rows: (await transfers.list(runtime.tenant)).map(toView) };
  });

  router.post(`${ADMIN}/transfers`, async (ctx) => {
    const { runtime, context } = contextFor(ctx, tenantOf, 'keys');
    const body = await readJson(ctx, parts.maxBodyBytes);
    const did = unwrap(parseDid(textOf(body, 'did', 'required')));
    // Whoever owned it would issue in this tenant's name; devices change hands, issuers do not.
    if (did === runtime.signer.did) unwrap(refuse('CONFLICT', 'transfer', "did: the tenant's own"));
    const recipient = recipientOf(textOf(body, 'to', 'required'));
    const life = textOf(body, 'lifeSeconds', 'optional');
    if (life !== '' && !/^[1-9]\d{0,6}$/u.test(life))
      unwrap(refuse('REQUEST_MALFORMED', 'body', `lifeSeconds: not 1 to ${LONGEST_TRANSFER_SECONDS}, as a text`));
    const offered = unwrap(await transfers.offer(context, { did, ...recipient, lifeSeconds: life === '' ? 86_400 : Number(life) }));
    ctx.body = { ...toView(offered), ...(offered.toTenant === '' ? { offer: addressOf(offered) } : {}) };
    ctx.status = 201;
  });

  for (const [verb, duty] of [
    ['accept', 'keys'],
    ['reject', 'keys'],
    ['cancel', 'keys'],
    ['confirm', 'status'],
  ] as const) {
    router.post(`${ADMIN}/transfers/:transferId/${verb}`, async (ctx) => {
      const { context } = contextFor(ctx, tenantOf, duty);
      ctx.body = toView(unwrap(await transfers[verb](context, paramOf(ctx, 'transferId'))));
    });
  }

  router.post(`${ADMIN}/transfers/:transferId/ownership`, async (ctx) => {
    const { runtime, context } = contextFor(ctx, tenantOf, 'decide');
    const transfer = unwrap(await transfers.read(runtime.tenant, paramOf(ctx, 'transferId')));
    if (transfer.toTenant !== runtime.tenant) unwrap(refuse('NOT_OFFEREE', 'transfer', 'transfer: not the toTenant of it'));
    const offerUri = await offerOwnership(transfer, context.requestId);
    ctx.body = { offerUri: offerUri ?? unwrap(refuse('TRANSFER_STATE', 'transfer', 'no ownership was approved for the new owner')) };
    ctx.status = 201;
  });

  router.post(`${ADMIN}/offers/answer`, async (ctx) => {
    const { runtime, context } = contextFor(ctx, tenantOf, 'keys');
    const body = await readJson(ctx, parts.maxBodyBytes);
    const decision = textOf(body, 'decision', 'required');
    if (decision !== 'accept' && decision !== 'reject')
      return unwrap(refuse('REQUEST_MALFORMED', 'body', 'decision: neither accept nor reject'));
    const answered = unwrap(
      await parts.operations.offerAnswers.answer(context, runtime.signer, textOf(body, 'offer', 'required'), decision),
    );
    const { offer, state, owned, ownershipOffer } = answered;
    ctx.body = { transferId: offer.transferId, did: offer.did, state, owned, ...(ownershipOffer === undefined ? {} : { ownershipOffer }) };
    return undefined;
  });

  router.get('/t/:tenant/transfers/:transferId', async (ctx) => {
    assertWithinLimit(ctx, parts);
    assertNoQuery(ctx);
    ctx.body = { ...unwrap(await transfers.showOffer(tenantOf(ctx).tenant, paramOf(ctx, 'transferId'))) };
  });

  router.post('/t/:tenant/transfers/:transferId', async (ctx) => {
    assertWithinLimit(ctx, parts);
    assertNoQuery(ctx);
    const { tenant } = tenantOf(ctx);
    const body = await readJson(ctx, parts.maxBodyBytes);
    const possession = compactOf(body, 'possession');
    const answered = unwrap(
      await transfers.answer(
        tenant,
        paramOf(ctx, 'transferId'),
        { statement: compactOf(body, 'statement') ?? '', ...(possession === undefined ? {} : { possession }) },
        requestIdOf(ctx),
      ),
    );
    const ownershipOffer = await offerOwnership(answered, requestIdOf(ctx));
    ctx.body = { state: answered.state, ...(ownershipOffer === undefined ? {} : { ownershipOffer }) };
  });

  /** An OpenID4VCI offer of the new owner's DeviceOwnership, which only a key of its DID redeems; undefined where none was approved. */
  async function offerOwnership(transfer: DidTransfer, requestId: ReturnType<typeof requestIdOf>): Promise<string | undefined> {
    const { witness, applicationId, state } = transfer;
    const runtime = witness === '' ? undefined : parts.tenants.get(witness);
    if (runtime === undefined || applicationId === '' || (state !== 'moved' && state !== 'confirmed')) return undefined;
    const application = unwrap(await parts.engine.readApplication(tenantId(witness), applicationId));
    if (application.state !== 'approved' && application.state !== 'issued') return undefined;
    const made = await runtime.exchange.createOffer({
      configurationIds: [configurationId('DeviceOwnership', 'dc+sd-jwt')],
      reference: applicationId,
      txCode: false,
      lifeSeconds: parts.offerLifeSeconds,
    });
    await runtime.audit.appendRecord(runtime.tenant, {
      kind: 'act',
      requestId,
      at: parts.clock.now(),
      action: 'offer',
      reasons: [],
      actor: runtime.tenant,
      evidence: { applicationId, offerId: made.offerId, type: 'DeviceOwnership', transferId: transfer.transferId },
    });
    return made.offerUri;
  }
}

/** A compact token, which may be longer than other texts. */
function compactOf(body: JsonObject, name: string): string | undefined {
  const value = memberOf(body, name);
  if (value === undefined && name === 'possession') return undefined;
  return typeof value === 'string' && value.length <= 8_192 ? value : unwrap(refuse('REQUEST_MALFORMED', 'body', `${name}: not a token`));
}

function toView(transfer: DidTransfer): JsonObject {
  const { transferId, did, tenant, toDid, toTenant, confirmer, state, reason, offeredAt, expiresAt, changedAt } = transfer;
  const to = toTenant === '' ? toDid : toTenant;
  return { transferId, did, from: tenant, to, confirmer, state, ...(reason === '' ? {} : { reason }), offeredAt, expiresAt, changedAt };
}
