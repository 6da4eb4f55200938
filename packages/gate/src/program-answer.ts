import { randomToken } from '@gridpass/codec';
import { FAULTS, Fault, InputError, isError, REFUSALS } from '@gridpass/core';
import type { Outcome, Refusal, RefusalCode, RequestId } from '@gridpass/core';
import type { Context, Middleware, Next } from 'koa';
import { saySoon } from './answer.js';
import { UNMATCHED, noteAnswered, routeOf } from './request-notes.js';
import { answerUnread } from './unread-body.js';

/** Thrown in a program's route to answer with a refusal; only the mapper below turns it into a body. */
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

/** What the log of a program hears of a request: never bodies, tokens or credentials. */
export interface RequestEvent {
  readonly requestId: string;
  readonly method: string;
  /** The pattern of the route, or what the program did by itself. */
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

/** An answer in the words of a protocol. */
export interface ProtocolAnswer {
  readonly status: number;
  readonly body: object;
  readonly wwwAuthenticate?: string;
}

/** In what programs' answers differ. */
export interface ProgramAnswers {
  readonly log: (event: RequestEvent) => void;
  /**
   * Members beside code and request id, for clients that may know more than strangers: the context says whether this is one. Asked
   * about whatever {@link refusalIn} finds.
   */
  readonly explain?: (refusal: Refusal, ctx: Context) => Readonly<Record<string, unknown>>;
  /** The whole body where an endpoint speaks a protocol with errors of its own. */
  readonly protocolOf?: (ctx: Context, error: unknown) => ProtocolAnswer | undefined;
  /** Whether the log hears what a refusal was about; not where that is about people. */
  readonly logsDetail: boolean;
}

/** The one error mapper of a program's own routes, outermost: bodies hold a code and the request id, and what `explain` adds. */
export function createProgramErrorMapper({ log, explain, protocolOf, logsDetail }: ProgramAnswers): Middleware {
  return async function mapErrors(ctx: Context, next: Next): Promise<void> {
    const requestId = randomToken(12);
    ctx.state['requestId'] = requestId;
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Cache-Control', 'no-store');
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined)
        throw new Refused({ kind: 'refusal', code: 'NOT_FOUND', stage: 'route', detail: 'no such route' });
      if (!noteAnswered(ctx)) log({ requestId, ...whatOf(ctx) });
    } catch (error) {
      const { status, code, detail } = toAnswer(error);
      const protocol = protocolOf?.(ctx, error);
      ctx.status = protocol?.status ?? status;
      const refusal = refusalIn(error);
      const more = refusal === undefined ? undefined : explain?.(refusal, ctx);
      ctx.body = protocol === undefined ? { code, requestId, ...more } : { ...protocol.body, requestId };
      if (protocol?.wwwAuthenticate !== undefined) ctx.set('WWW-Authenticate', protocol.wwwAuthenticate);
      else if (status === 401) ctx.set('WWW-Authenticate', 'Bearer');
      saySoon(ctx);
      answerUnread(ctx);
      const told = { code, ...(logsDetail ? { detail } : {}) };
      if (!noteAnswered(ctx, told)) log({ requestId, ...whatOf(ctx), ...told });
    }
  };
}

const whatOf = (ctx: Context): Pick<RequestEvent, 'method' | 'route' | 'status'> => ({
  method: ctx.method,
  route: routeOf(ctx) ?? UNMATCHED,
  status: ctx.status,
});

/** What was refused, where something was: an InputError is a refusal by another way. Undefined for faults, whose causes stay inside. */
export function refusalIn(error: unknown): Refusal | undefined {
  if (error instanceof Refused) return error.refusal;
  return error instanceof InputError ? { kind: 'refusal', code: error.code, stage: 'input', detail: error.message } : undefined;
}

/**
 * What a DID is refused with where the request is about it. The catalogue's 401 is for those whose proof names such a DID; to an
 * operator who has proven himself it would read as a wrong token.
 */
const ABOUT_A_DID: Partial<Record<RefusalCode, number>> = {
  DID_METHOD_UNSUPPORTED: 422,
  DID_NOT_FOUND: 404,
  DID_DEACTIVATED: 410,
  KEY_NOT_AUTHORIZED: 409,
};

/** A verb on a DID says so by its stage; an InputError is always about what was asked for. */
function statusOf(code: RefusalCode, stage: string): number {
  return (stage === 'lifecycle' ? ABOUT_A_DID[code] : undefined) ?? REFUSALS[code].status;
}

/** The code and HTTP class of anything that was thrown. */
export function toAnswer(error: unknown): { readonly status: number; readonly code: string; readonly detail: string } {
  if (error instanceof Refused) {
    const { code, stage, detail } = error.refusal;
    return { status: statusOf(code, stage), code, detail };
  }
  if (error instanceof InputError) return { status: statusOf(error.code, 'lifecycle'), code: error.code, detail: error.message };
  if (error instanceof Fault) return { status: FAULTS[error.code].status, code: error.code, detail: error.message };
  return { status: FAULTS.INTERNAL.status, code: 'INTERNAL', detail: isError(error) ? error.name : 'unknown' };
}
