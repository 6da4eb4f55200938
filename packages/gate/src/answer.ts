import type { ServerResponse } from 'node:http';
import { FAULTS, Fault, InputError, isError, REFUSALS, SIGNATURE_ALGORITHMS } from '@gridpass/core';
import type { Refusal, RequestId } from '@gridpass/core';
import type { Context, Middleware, Next } from 'koa';
import type { GateEvent } from './settings.js';
import { createRequestId } from './transport.js';
import { noteAnswered } from './request-notes.js';
import { answerUnread } from './unread-body.js';

/** Where a client without a grant finds the presentation request. */
export interface PresentationHint {
  readonly requests: string;
  readonly channel: string;
}

/** Thrown inside the gate's middleware and turned into an answer by the error mapper alone. */
export class TurnedAway extends Error {
  readonly requestId: RequestId;
  readonly code: string;
  readonly status: number;
  readonly reasons: readonly string[];
  readonly presentation: PresentationHint | undefined;
  // Should no mapper be in place, Koa's own answer shows nothing but the status.
  readonly expose = false;

  constructor(
    requestId: RequestId,
    what: { readonly code: keyof typeof REFUSALS; readonly reasons?: readonly string[]; readonly presentation?: PresentationHint },
  ) {
    super(what.code);
    this.name = 'TurnedAway';
    this.requestId = requestId;
    this.code = what.code;
    this.status = REFUSALS[what.code].status;
    this.reasons = what.reasons ?? [];
    this.presentation = what.presentation;
  }
}

/**
 * The exception for a refusal. Its detail stays behind, but the reason a grant has ended is itself a code and may be shown, and so may what
 * `checkQuery` says: it tells of the client's own query and of what a route reads.
 */
export function turnAway(requestId: RequestId, refusal: Refusal, presentation?: PresentationHint): TurnedAway {
  const shown =
    refusal.stage === 'query' ||
    (refusal.code === 'GRANT_ENDED' && (Object.hasOwn(REFUSALS, refusal.detail) || REASON.test(refusal.detail)));
  const reasons = shown ? [refusal.detail] : [];
  return new TurnedAway(requestId, {
    code: refusal.code,
    reasons,
    ...(presentation !== undefined && ANSWERED_BY_PRESENTING.has(refusal.code) ? { presentation } : {}),
  });
}

/** Refusals that a new presentation can mend; the others are mended by another proof. */
const ANSWERED_BY_PRESENTING: ReadonlySet<string> = new Set(['GRANT_REQUIRED', 'TOKEN_INVALID', 'TOKEN_EXPIRED', 'GRANT_ENDED']);
const REASON = /^[a-z]+(?:-[a-z]+)*$/;

/**
 * The one error mapper, outermost: refusal to 4xx, deny to 403 with reasons, fault to 503, anything else to 500. Bodies hold
 * a code, the request id and what a client can act on; messages, details and causes stay in the house.
 */
export function createErrorMapper(log: (event: GateEvent) => void): Middleware {
  return async function mapErrors(ctx: Context, next: Next): Promise<void> {
    try {
      await next();
      noteAnswered(ctx);
    } catch (error) {
      const requestId = requestIdOf(ctx, error);
      const { status, code, cause } = toAnswer(error);
      ctx.status = status;
      ctx.set('Cache-Control', 'no-store');
      ctx.body = {
        code,
        requestId,
        ...(error instanceof TurnedAway && error.reasons.length > 0 ? { reasons: error.reasons } : {}),
        ...(error instanceof TurnedAway && error.presentation !== undefined ? { presentation: error.presentation } : {}),
      };
      if (status === 401) ctx.set('WWW-Authenticate', toChallenge(code));
      saySoon(ctx);
      answerUnread(ctx);
      const told = { code, ...(cause === undefined ? {} : { cause }) };
      if (!noteAnswered(ctx, { requestId, ...told })) log({ requestId, status, ...told });
    }
  };
}

/** Says when to come again (RFC 9110 10.2.3), where nobody who knows better has said it: for what is busy or away. */
export function saySoon({ status, res }: { readonly status: number; readonly res: Pick<ServerResponse, 'hasHeader' | 'setHeader'> }): void {
  if ((status === 503 || status === 429) && !res.hasHeader('Retry-After')) res.setHeader('Retry-After', '5');
}

function requestIdOf(ctx: Context, error: unknown): string {
  if (error instanceof TurnedAway) return error.requestId;
  const known: unknown = ctx.state['requestId'];
  return typeof known === 'string' ? known : createRequestId();
}

function toAnswer(error: unknown): { readonly status: number; readonly code: string; readonly cause?: string } {
  if (error instanceof TurnedAway) return { status: error.status, code: error.code };
  if (error instanceof Fault) return { status: FAULTS[error.code].status, code: error.code, ...causeOf(error) };
  if (error instanceof InputError) return { status: REFUSALS[error.code].status, code: error.code };
  const status = clientErrorStatus(error);
  if (status !== undefined) return { status, code: CODE_BY_STATUS[status] ?? 'REQUEST_MALFORMED' };
  return { status: FAULTS.INTERNAL.status, code: 'INTERNAL', ...causeOf({ cause: error }) };
}

const CODE_BY_STATUS: Readonly<Record<number, keyof typeof REFUSALS>> = {
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  429: 'RATE_LIMITED',
};

/** The status of an error that Koa or a middleware behind the gate means to show (`ctx.throw(4xx)`). */
function clientErrorStatus(error: unknown): number | undefined {
  if (!isError(error) || !('expose' in error) || !('status' in error)) return undefined;
  const { expose, status } = error;
  return expose === true && typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

/** The line about an error that nobody named and no answer tells of, met by what a program does by itself; its message may hold anything and stays behind. */
export function toUnexpectedEvent(error: unknown): GateEvent {
  return { kind: 'work', requestId: '', status: FAULTS.INTERNAL.status, code: 'INTERNAL', ...causeOf({ cause: error }) };
}

/** A code of the platform or a library, such as ECONNREFUSED or DEPTH_ZERO_SELF_SIGNED_CERT: a constant, which quotes nothing. */
const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

/** The class and the code only: messages may quote what they were about. */
function causeOf({ cause }: { readonly cause?: unknown }): { readonly cause?: string } {
  if (!isError(cause)) return {};
  const code = 'code' in cause && typeof cause.code === 'string' && CODE.test(cause.code) ? ` (${cause.code})` : '';
  return { cause: `${cause.name}${code}` };
}

// RFC 9449 5 and 7.1.
const DPOP_ERRORS: Readonly<Record<string, string>> = {
  DPOP_NONCE_REQUIRED: 'use_dpop_nonce',
  DPOP_INVALID: 'invalid_dpop_proof',
  TOKEN_INVALID: 'invalid_token',
  TOKEN_EXPIRED: 'invalid_token',
  GRANT_ENDED: 'invalid_token',
};

function toChallenge(code: string): string {
  const error = DPOP_ERRORS[code];
  return `DPoP algs="${SIGNATURE_ALGORITHMS.join(' ')}"${error === undefined ? '' : `, error="${error}"`}`;
}
