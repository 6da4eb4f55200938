import { randomToken } from '@gridpass/codec';
import { Fault, ok, refuse } from '@gridpass/core';
import type { Outcome, RequestId } from '@gridpass/core';
import type { Context } from 'koa';
import { answerUnread, type BodyTransport } from './unread-body.js';

const STAGE = 'transport';

/** A fresh name for a request; never taken from the client, who could make two requests look like one. */
export function createRequestId(): RequestId {
  return randomToken(16) as RequestId;
}

/**
 * The body as bytes, at most `maxBytes` of them and within `timeoutMs`. Refuses BODY_TOO_LARGE without reading on. The gate has
 * to stand before any body parser, for bounds must hold before anybody is known.
 */
export async function readBody(ctx: BodyTransport, maxBytes: number, timeoutMs: number): Promise<Outcome<Uint8Array>> {
  const { req } = ctx;
  if (req.readableEnded) throw new Fault('INTERNAL', 'a body parser stands before the gate');
  const tooLarge = (): Outcome<never> => {
    answerUnread(ctx);
    return refuse('BODY_TOO_LARGE', STAGE, `more than ${maxBytes} bytes`);
  };
  const announced = Number(req.headers['content-length'] ?? '0');
  if (!(announced <= maxBytes)) return tooLarge();
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const finish = (outcome: Outcome<Uint8Array>): void => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      resolve(outcome);
    };
    const onData = (chunk: Uint8Array): void => {
      length += chunk.length;
      if (length > maxBytes) finish(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish(ok(new Uint8Array(Buffer.concat(chunks))));
    const onCut = (): void => finish(refuse('REQUEST_MALFORMED', STAGE, 'the body was cut off'));
    const timer = setTimeout(() => {
      answerUnread(ctx);
      finish(refuse('REQUEST_MALFORMED', STAGE, 'the body came too slowly'));
    }, timeoutMs);
    req.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}

/** The media type without its parameters; '' when there is none. */
export function mediaTypeOf(ctx: Context): string {
  return (ctx.req.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** A form of distinct names; a name given twice could be read one way by one check and another way by the next. */
export function parseForm(text: string): Outcome<Readonly<Record<string, string>>> {
  const entries = [...new URLSearchParams(text)];
  if (new Set(entries.map(([name]) => name)).size !== entries.length)
    return refuse('REQUEST_MALFORMED', STAGE, 'form: a name is there twice');
  return ok(Object.freeze(Object.fromEntries(entries)));
}

/** The path of the request as it was sent, without query; no decoding, so that no two spellings name one route. */
export function pathOf(ctx: Context): string {
  return ctx.originalUrl.split('?', 1)[0] ?? '';
}

/** The one value of a header; undefined when it is missing or was sent more than once. */
export function headerOf(ctx: Context, name: string): string | undefined {
  const values = ctx.req.rawHeaders.filter((_value, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name);
  return values.length === 1 ? values[0] : undefined;
}
