import { Fault, InputError } from '@gridpass/core';
import type { Refusal } from '@gridpass/core';
import { toProtocolError, toProtocolFault } from '@gridpass/exchange';
import { Refused, checkQuery, createProgramErrorMapper, refusalIn, unwrap } from '@gridpass/gate';
import type { ProtocolAnswer, RequestEvent } from '@gridpass/gate';
import type { Context, Middleware } from 'koa';
import type { HttpParts } from './tenant-runtime.js';

export { requestIdOf, toAnswer, unwrap } from '@gridpass/gate';
export type { RequestEvent } from '@gridpass/gate';

/** Ends the request of a client that asks too much; `Retry-After` is set then. */
export function assertWithinLimit(ctx: Context, { clients, clock }: Pick<HttpParts, 'clients' | 'clock'>): void {
  unwrap(clients.takeAddress(ctx, clock.now()));
}

/** Ends a request of anybody to a route of our own whose query names something: those that strangers ask read none. */
export function assertNoQuery(ctx: Context): void {
  unwrap(checkQuery(ctx, {}));
}

/**
 * The one error mapper, outermost: bodies hold a code and the request id, and what {@link reasonFor} adds. OpenID4VCI endpoints speak the
 * protocol's codes too.
 */
export function createErrorMapper(log: (event: RequestEvent) => void): Middleware {
  return createProgramErrorMapper({ log, protocolOf, explain: (refusal, ctx) => reasonTo(ctx, refusal), logsDetail: true });
}

/** From here on the request is one of an operator, who has proven himself. */
export function tellsWhy(ctx: Context): void {
  ctx.state['isOperator'] = true;
}

/**
 * The member of an answer that says which field, which rule and what to do. Operators are told; strangers hear only what is wrong with their
 * own query, and nobody is told of a fault.
 */
export function reasonFor(ctx: Context, error: unknown): { readonly detail?: string } {
  const refusal = refusalIn(error);
  return refusal === undefined ? {} : reasonTo(ctx, refusal);
}

function reasonTo(ctx: Context, { stage, detail }: Refusal): { readonly detail?: string } {
  return stage === 'query' || ctx.state['isOperator'] === true ? { detail } : {};
}

function protocolOf(ctx: Context, error: unknown): ProtocolAnswer | undefined {
  const endpoint: unknown = ctx.state['protocolEndpoint'];
  if (endpoint !== 'token' && endpoint !== 'credential') return undefined;
  if (error instanceof Refused) return toProtocolError(error.refusal, endpoint);
  if (error instanceof InputError) return toProtocolError({ kind: 'refusal', code: error.code, stage: endpoint, detail: '' }, endpoint);
  return toProtocolFault(error instanceof Fault ? error : new Fault('INTERNAL', 'unexpected'));
}
