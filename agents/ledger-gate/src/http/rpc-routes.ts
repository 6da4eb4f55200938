import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomToken } from '@gridpass/codec';
import { Fault, REFUSALS } from '@gridpass/core';
import type { Clock, Instant, RefusalCode, RequestId } from '@gridpass/core';
import { accessOf, answerUnread, noteRequest, readBody } from '@gridpass/gate';
import type { ClientLimit } from '@gridpass/gate';
import type { Context } from 'koa';
import { toRpcError, toRpcFault } from '../rpc/error.js';
import type { RpcRole } from '../rpc/methods.js';
import type { RateBucket } from '../rpc/rate-bucket.js';
import type { RpcAnswer, RpcSession } from '../rpc/answer.js';

export interface RpcHandlerParts {
  readonly answer: (body: Uint8Array, session: RpcSession) => Promise<RpcAnswer>;
  readonly clock: Clock;
  readonly maxBytes: number;
  readonly bodyMs: number;
  /** The name that a client is counted under; see `clientOf` of the gate's client limit. */
  readonly clientOf: ClientLimit['clientOf'];
  readonly perAddress: RateBucket;
  /** What a client without a call left is told to wait (RFC 9110 10.2.3), in seconds. */
  readonly waitSeconds: ClientLimit['waitSeconds'];
  readonly perGrant: RateBucket;
  /** Told what an answer to a stranger met and nobody named: no error mapper stands around it. */
  readonly onUnexpected: (error: unknown) => void;
}

/** Who asks over HTTP; grant and holder are absent for strangers. */
interface Asker {
  readonly role: RpcRole;
  readonly requestId: RequestId;
  readonly at: Instant;
  readonly session?: { readonly grantId: string; readonly holderDid: string };
}

interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array | string;
}

/** A handler that answers JSON-RPC behind the gate, for the session's role. */
export function createSessionHandler(parts: RpcHandlerParts, role: RpcRole): (ctx: Context) => Promise<void> {
  return async function answerSession(ctx) {
    const { requestId, at, grantId, holderDid } = accessOf(ctx);
    sendAnswer(ctx, await answerHttp(parts, ctx, { role, requestId, at, session: { grantId, holderDid } }));
  };
}

/** A handler that answers JSON-RPC of strangers as a route, for one role. */
export function createOpenHandler(parts: RpcHandlerParts, role: RpcRole): (ctx: Context) => Promise<void> {
  return async function answerOpen(ctx) {
    const requestId = randomToken(16) as RequestId;
    ctx.state['requestId'] = requestId;
    sendAnswer(ctx, await answerHttp(parts, ctx, { role, requestId, at: parts.clock.now() }));
  };
}

function sendAnswer(ctx: Context, { status, body }: HttpAnswer): void {
  answerUnread(ctx);
  ctx.set('Cache-Control', 'no-store');
  ctx.status = status;
  ctx.type = 'application/json';
  ctx.body = toPayload(body);
}

/**
 * A listener that answers JSON-RPC of strangers in front of everything else, for one role and one exact path: nobody is to be known
 * there, so nothing of the gate is needed, and routing and contexts cost more than the call. False where the request is for others.
 */
export function createStrangersHandler(
  parts: RpcHandlerParts,
  { path, role }: { readonly path: string; readonly role: RpcRole },
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (req, res) => {
    if (req.method !== 'POST' || req.url !== path) return false;
    const requestId = randomToken(16) as RequestId;
    noteRequest(req, { requestId, route: path });
    const transport = { req, res, set: (name: string, value: string) => void res.setHeader(name, value) };
    const send = ({ status, body }: HttpAnswer): void => {
      if (res.destroyed) return;
      answerUnread(transport);
      const payload = toPayload(body);
      const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'Content-Length': Buffer.byteLength(payload) };
      res.writeHead(status, headers).end(payload);
    };
    answerHttp(parts, transport, { role, requestId, at: parts.clock.now() }).then(send, (cause: unknown) => {
      if (!(cause instanceof Fault)) parts.onUnexpected(cause);
      send({ status: 500, body: JSON.stringify(toRpcFault(null, cause, requestId)) });
    });
    return true;
  };
}

async function answerHttp(
  parts: RpcHandlerParts,
  transport: Parameters<typeof readBody>[0] & { readonly res: ServerResponse },
  asker: Asker,
): Promise<HttpAnswer> {
  const { req, res } = transport;
  const { role, requestId, at, session } = asker;
  const turnedDown = (status: number, code: RefusalCode): HttpAnswer => {
    noteRequest(req, { code });
    return { status, body: JSON.stringify(toRpcError(null, code, requestId)) };
  };
  const address = parts.clientOf(req);
  if (!parts.perAddress.take(address, at)) {
    transport.set('Retry-After', String(parts.waitSeconds(address, at)));
    return turnedDown(429, 'RATE_LIMITED');
  }
  // A browser can send no JSON across origins without asking first, and is never told that it may.
  if (!/^application\/json(?:;|$)/i.test(req.headers['content-type'] ?? '')) return turnedDown(415, 'MEDIA_TYPE_UNSUPPORTED');
  const body = await readBody(transport, parts.maxBytes, parts.bodyMs);
  if (!body.ok) return turnedDown(REFUSALS[body.refusal.code].status, body.refusal.code);
  const spend = (calls: number): boolean =>
    session === undefined ? calls === 1 || parts.perAddress.take(address, at, calls - 1) : parts.perGrant.take(session.grantId, at, calls);
  const client = session === undefined ? { name: address, stranger: true } : { name: `holder:${session.holderDid}`, stranger: false };
  const leaving = new AbortController();
  const onClose = (): void => leaving.abort();
  res.once('close', onClose);
  try {
    const answer = await parts.answer(body.value, { role, requestId, at, client, left: leaving.signal, spend });
    return { status: answer.understood ? 200 : 400, body: answer.body };
  } finally {
    res.off('close', onClose);
  }
}

/** Below this many bytes a body is turned into text. */
const SHORT = 8_192;

/** Node writes head and body at once where the body is a text, and in two pieces where it is bytes; copying a long one costs more. */
function toPayload(body: Uint8Array | string): Buffer | string {
  if (typeof body === 'string') return body;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.length < SHORT ? bytes.toString('utf8') : bytes;
}
