import { assertOk, InputError } from '@gridpass/core';
import type { GrantRepository, JsonObject, TenantId } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { accessOf, readBody } from '@gridpass/gate';
import { accountClaimText, accountClaimTypedData, checkAccountClaim, parseAccount } from '@gridpass/ledger';
import type { AccountClaim, AdmissionKeeper, Account } from '@gridpass/ledger';
import type { Context } from 'koa';

export interface AdmissionHandlerParts {
  readonly tenant: TenantId;
  readonly chainId: number;
  /** Where clients reach this program: what an account signs for this gate counts at no other. */
  readonly publicOrigin: string;
  readonly grants: Pick<GrantRepository, 'readGrant'>;
  readonly keeper: Pick<AdmissionKeeper, 'admit' | 'withdraw'>;
}

const MAX_BODY = 2048;
const BODY_MS = 5000;

/** Tells what an account has to sign: `GET …/claim?account=0x…`. */
export function showClaim(parts: AdmissionHandlerParts): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const claim = claimOf(parts, ctx, assertOk(parseAccount(ctx.query['account'])));
    ctx.body = { claim, typedData: accountClaimTypedData(claim), text: accountClaimText(claim) };
  };
}

/**
 * Admits an account: the gate has let the holder through and recorded it; now the account proves itself for this very
 * session, so that nobody admits an account of somebody else's.
 */
export function admitAccount(parts: AdmissionHandlerParts): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const access = accessOf(ctx);
    const body = await readObject(ctx);
    const account = assertOk(parseAccount(memberOf(body, 'account')));
    const claim = claimOf(parts, ctx, account);
    assertOk(checkAccountClaim(claim, memberOf(body, 'signature')));
    const grant = assertOk(await parts.grants.readGrant(parts.tenant, { id: access.grantId, at: access.at }));
    const admitted = assertOk(
      await parts.keeper.admit({ account, channel: access.channel, requestId: access.requestId, grant, decision: access.receipt }),
    );
    ctx.status = 201;
    ctx.body = {
      account,
      channel: access.channel,
      chainId: parts.chainId,
      until: admitted.until,
      receipt: admitted.receipt,
      decision: access.receipt,
    };
  };
}

/** Gives an admission up: the holder, or whoever has the account's key, need not wait for its end. */
export function withdrawAccount(parts: AdmissionHandlerParts): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const body = await readObject(ctx);
    const account = assertOk(parseAccount(memberOf(body, 'account')));
    assertOk(checkAccountClaim(claimOf(parts, ctx, account), memberOf(body, 'signature')));
    const { channel } = accessOf(ctx);
    if (!(await parts.keeper.withdraw({ account, channel }, 'given-up'))) throw new InputError('NOT_FOUND', 'the account is not admitted');
    ctx.body = { account, channel, withdrawn: true };
  };
}

function claimOf(parts: AdmissionHandlerParts, ctx: Context, account: Account): AccountClaim {
  const { channel, grantId } = accessOf(ctx);
  // The grant names the session: unguessable, and bound to the key that asks.
  return { account, channel, state: grantId, chainId: parts.chainId, audience: parts.publicOrigin };
}

async function readObject(ctx: Context): Promise<JsonObject> {
  const json = assertOk(parseJson(assertOk(await readBody(ctx, MAX_BODY, BODY_MS))));
  if (!isJsonObject(json)) throw new InputError('REQUEST_MALFORMED', 'body: not an object');
  return json;
}
