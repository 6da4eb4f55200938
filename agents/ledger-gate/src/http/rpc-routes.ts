import type { Clock, RequestId } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import { accessOf, readBody } from '@gridpass/gate';
import type { Context } from 'koa';
import { toRpcError } from '../rpc/error.js';
import type { RpcRole } from '../rpc/methods.js';
import type { RateBucket } from '../rpc/rate-bucket.js';
import type { RpcAnswer, RpcSession } from '../rpc/answer.js';

export interface RpcHandlerParts {
  readonly answer: (body: Uint8Array, session: RpcSession) => Promise<RpcAnswer>;
  readonly clock: Clock;
  readonly maxBytes: number;
  readonly bodyMs: number;
  readonly perAddress: RateBucket;
}

/** A handler that answers JSON-RPC for one role; behind the gate it stands for the session's role, in front of it for strangers'. */
export function createRpcHandler(parts: RpcHandlerParts, role: RpcRole, behindGate: boolean): (ctx: Context) => Promise<void> {
  return async function answerRpc(ctx: Context): Promise<void> {
    const { requestId, at } = behindGate ? accessOf(ctx) : { requestId: randomToken(16) as RequestId, at: parts.clock.now() };
    ctx.state['requestId'] = requestId;
    ctx.set('Cache-Control', 'no-store');
    const turnedDown = (status: number, code: Parameters<typeof toRpcError>[1]): void => {
      ctx.status = status;
      ctx.body = toRpcError(null, code, requestId);
    };
    if (!parts.perAddress.take(ctx.req.socket.remoteAddress ?? '', at)) return turnedDown(429, 'RATE_LIMITED');
    // A browser can send no JSON across origins without asking first, and is never told that it may.
    if (ctx.req.headers['content-encoding'] !== undefined || !/^application\/json(?:;|$)/i.test(ctx.req.headers['content-type'] ?? '')) {
      return turnedDown(415, 'MEDIA_TYPE_UNSUPPORTED');
    }
    const body = await readBody(ctx, parts.maxBytes, parts.bodyMs);
    if (!body.ok) return turnedDown(body.refusal.code === 'BODY_TOO_LARGE' ? 413 : 400, body.refusal.code);
    const { understood, body: answer } = await parts.answer(body.value, { role, requestId, at });
    ctx.status = understood ? 200 : 400;
    ctx.type = 'application/json';
    ctx.body = JSON.stringify(answer);
  };
}
