import { randomToken } from '@gridpass/codec';
import { FAULTS, Fault, InputError, REFUSALS } from '@gridpass/core';
import type { Outcome, Refusal } from '@gridpass/core';
import type { Context, Middleware, Next } from 'koa';

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

/** What the log hears of a request: never bodies, tokens or credentials. */
export interface RequestEvent {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly code?: string;
}

// To its owner a wallet says why: these details name types, claims and codes, and nobody else reads them.
const EXPLAINED: ReadonlySet<string> = new Set(['QUERY_UNSATISFIABLE', 'REQUEST_NOT_TRUSTED', 'ARCHIVE_INVALID']);

/** The one error mapper, outermost. */
export function createErrorMapper(log: (event: RequestEvent) => void): Middleware {
  return async function mapErrors(ctx: Context, next: Next): Promise<void> {
    const requestId = randomToken(12);
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Cache-Control', 'no-store');
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined)
        throw new Refused({ kind: 'refusal', code: 'NOT_FOUND', stage: 'route', detail: 'no such route' });
      log({ requestId, method: ctx.method, route: ctx.path, status: ctx.status });
    } catch (error) {
      const { status, code, because } = toAnswer(error);
      ctx.status = status;
      ctx.body = { code, requestId, ...(because === undefined ? {} : { because }) };
      if (status === 401) ctx.set('WWW-Authenticate', 'Bearer');
      if (status === 503) ctx.set('Retry-After', '5');
      log({ requestId, method: ctx.method, route: ctx.path, status, code });
    }
  };
}

function toAnswer(error: unknown): { readonly status: number; readonly code: string; readonly because?: readonly string[] } {
  if (error instanceof Refused) {
    const { code, detail } = error.refusal;
    return { status: REFUSALS[code].status, code, ...(EXPLAINED.has(code) ? { because: detail.split('; ') } : {}) };
  }
  if (error instanceof InputError) return { status: REFUSALS[error.code].status, code: error.code };
  if (error instanceof Fault) return { status: FAULTS[error.code].status, code: error.code };
  return { status: FAULTS.INTERNAL.status, code: 'INTERNAL' };
}
