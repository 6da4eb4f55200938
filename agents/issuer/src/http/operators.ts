import { bearerTokenOf, isTokenOf } from '@gridpass/codec';
import { refuse } from '@gridpass/core';
import { noteRequest } from '@gridpass/gate';
import type { ActContext, Operator } from '@gridpass/issue';
import { checkQuery } from '@gridpass/gate';
import type { Context } from 'koa';
import type { TenantConfig } from '../config.js';
import { requestIdOf, tellsWhy, unwrap } from './answer.js';
import { OPERATOR_QUERIES } from './queries.js';

/**
 * The operator behind a request's token. Only digests of tokens are kept, every digest is compared whoever it belongs to,
 * and an operator of one tenant is nobody at another's. Refuses ADMIN_TOKEN_INVALID, and REQUEST_MALFORMED for a query
 * that the route does not read.
 */
export function operatorOf(ctx: Context, tenant: TenantConfig): Operator {
  const token = bearerTokenOf(ctx.get('Authorization'));
  let found: Operator | undefined;
  for (const { name, tokenDigest, duties } of tenant.operators) {
    if (isTokenOf(token, tokenDigest)) found = { name, duties };
  }
  if (found === undefined) return unwrap(refuse('ADMIN_TOKEN_INVALID', 'operator', 'missing or unknown'));
  tellsWhy(ctx);
  noteRequest(ctx.req, { actor: 'operator' });
  unwrap(checkQuery(ctx, OPERATOR_QUERIES));
  return found;
}

/** The operator together with the request's name. */
export function actContextOf(ctx: Context, tenant: TenantConfig): ActContext {
  return { operator: operatorOf(ctx, tenant), requestId: requestIdOf(ctx) };
}
