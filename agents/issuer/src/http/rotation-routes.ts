import type Router from '@koa/router';
import { memberOf } from '@gridpass/codec';
import { refuse } from '@gridpass/core';
import type { Did, JsonObject } from '@gridpass/core';
import { parseDid } from '@gridpass/did';
import { checkDuty } from '@gridpass/issue';
import type { Context } from 'koa';
import { unwrap } from './answer.js';
import { actContextOf } from './operators.js';
import { readJson } from './read.js';
import type { RotationRouteParts, TenantRuntime } from './tenant-runtime.js';

/**
 * `POST /t/:tenant/admin/did/rotate {did?, emergency?}` gives a DID of the tenant a new key, its own unless told, by an operator whose
 * duty is `keys`. What the tenant issued so far is anchored before; where that cannot be done, `emergency` rotates all the same.
 */
export function addRotationRoutes(router: Router, parts: RotationRouteParts, tenantOf: (ctx: Context) => TenantRuntime): void {
  const { rotation, guard, maxBodyBytes } = parts;
  router.post('/t/:tenant/admin/did/rotate', async (ctx) => {
    const { tenant, config, signer } = tenantOf(ctx);
    const { operator, requestId } = actContextOf(ctx, config);
    unwrap(checkDuty(operator, 'keys'));
    const { did, emergency } = readRotation(await readJson(ctx, maxBodyBytes), signer.did);
    const context = { tenant, actor: operator.name, requestId };
    // Other DIDs of the tenant issue nothing here.
    if (did === signer.did) unwrap(await guard(context, did, emergency));
    const { transactions, ...rotated } = unwrap(await rotation.rotateKey(context, did));
    ctx.body = { ...rotated, transactions: [...transactions] };
  });
}

function readRotation(body: JsonObject, own: Did): { readonly did: Did; readonly emergency: boolean } {
  const unknown = Object.keys(body).filter((name) => name !== 'did' && name !== 'emergency');
  if (unknown.length > 0) unwrap(refuse('REQUEST_MALFORMED', 'body', `${unknown.join(', ')}: not read here`));
  const [did, emergency] = [memberOf(body, 'did'), memberOf(body, 'emergency') ?? false];
  if (typeof emergency !== 'boolean') return unwrap(refuse('REQUEST_MALFORMED', 'body', 'emergency: true or false'));
  if (did === undefined) return { did: own, emergency };
  if (typeof did !== 'string') return unwrap(refuse('REQUEST_MALFORMED', 'body', 'did: a text'));
  return { did: unwrap(parseDid(did)), emergency };
}
