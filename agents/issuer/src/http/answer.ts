import { randomToken } from '@gridpass/codec';
import { FAULTS, Fault, InputError, REFUSALS } from '@gridpass/core';
import type { Outcome, Refusal, RequestId } from '@gridpass/core';
import { toProtocolError, toProtocolFault } from '@gridpass/exchange';
import type { Context, Middleware, Next } from 'koa';
import type { HttpParts } from './tenant-runtime.js';

/** Thrown in a route to answer with a refusal; only the mapper below turns it into a body. */
export class Refused extends Error {
  readonly refusal: Refusal;
  readonly expose = false;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.name = 'Refused';
    this.refusal = refusal;
  }
}

/** The value of an outcome; its refusal ends the request. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Refused(outcome.refusal);
}

/** Ends the request of a client that asks too much; `Retry-After` is set then. */
export function assertWithinLimit(ctx: Context, { clients, clock }: Pick<HttpParts, 'clients' | 'clock'>): void {
  unwrap(clients.takeAddress(ctx, clock.now()));
}

/** What the log hears of a request: never bodies, tokens or credentials. */
export interface RequestEvent {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly code?: string;
  /** For people who run the program; refusals' details and faults' causes stay inside. */
  readonly detail?: string;
}

/** The name of the request in answers, log and audit record. */
export function requestIdOf(ctx: Context): RequestId {
  const id: unknown = ctx.state['requestId'];
  if (typeof id !== 'string') throw new Fault('INTERNAL', 'a request without a name');
  return id as RequestId;
}

/** The one error mapper, outermost: bodies hold a code and the request id, nothing else. OpenID4VCI endpoints speak the protocol's codes too. */
export function createErrorMapper(log: (event: RequestEvent) => void): Middleware {
  return async function mapErrors(ctx: Context, next: Next): Promise<void> {
    const requestId = randomToken(12);
    ctx.state['requestId'] = requestId;
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Cache-Control', 'no-store');
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined)
        throw new Refused({ kind: 'refusal', code: 'NOT_FOUND', stage: 'route', detail: 'no such route' });
      log({ requestId, method: ctx.method, route: ctx.path, status: ctx.status });
    } catch (error) {
      const { status, code, detail } = toAnswer(error);
      const answer = { code, requestId };
      const protocol = protocolOf(ctx, error);
      ctx.status = protocol?.status ?? status;
      ctx.body = protocol === undefined ? answer : { ...protocol.body, requestId };
      if (protocol?.wwwAuthenticate !== undefined) ctx.set('WWW-Authenticate', protocol.wwwAuthenticate);
      else if (status === 401) ctx.set('WWW-Authenticate', 'Bearer');
      if (status === 503) ctx.set('Retry-After', '5');
      log({ requestId, method: ctx.method, route: ctx.path, status: ctx.status, code, detail });
    }
  };
}

/** The code and HTTP class of anything that was thrown. */
export function toAnswer(error: unknown): { readonly status: number; readonly code: string; readonly detail: string } {
  if (error instanceof Refused)
    return { status: REFUSALS[error.refusal.code].status, code: error.refusal.code, detail: error.refusal.detail };
  if (error instanceof InputError) return { status: REFUSALS[error.code].status, code: error.code, detail: error.message };
  if (error instanceof Fault) return { status: FAULTS[error.code].status, code: error.code, detail: error.message };
  return { status: FAULTS.INTERNAL.status, code: 'INTERNAL', detail: error instanceof Error ? error.name : 'unknown' };
}

function protocolOf(ctx: Context, error: unknown): ReturnType<typeof toProtocolError> | undefined {
  const endpoint: unknown = ctx.state['protocolEndpoint'];
  if (endpoint !== 'token' && endpoint !== 'credential') return undefined;
  if (error instanceof Refused) return toProtocolError(error.refusal, endpoint);
  if (error instanceof InputError) return toProtocolError({ kind: 'refusal', code: error.code, stage: endpoint, detail: '' }, endpoint);
  return toProtocolFault(error instanceof Fault ? error : new Fault('INTERNAL', 'unexpected'));
}
