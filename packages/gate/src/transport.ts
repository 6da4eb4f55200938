import type { IncomingMessage } from 'node:http';
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

/** The bounds of a body: how many bytes, and how long the whole of it may take to arrive. */
export interface BodyBounds {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * The body as bytes, at most `maxBytes` of them and within `timeoutMs`. Refuses BODY_TOO_LARGE without reading on, and what
 * {@link receiveBody} refuses. The gate has to stand before any body parser, for bounds must hold before anybody is known.
 */
export async function readBody(ctx: BodyTransport, maxBytes: number, timeoutMs: number): Promise<Outcome<Uint8Array>> {
  const chunks: Uint8Array[] = [];
  const received = await receiveBody(ctx, { maxBytes, timeoutMs }, (chunk) => {
    chunks.push(chunk);
    return undefined;
  });
  return received.ok ? ok(new Uint8Array(Buffer.concat(chunks))) : received;
}

/**
 * Hands the body over chunk by chunk; the next one is read when what `take` promises is done. Every reader of bodies comes through here.
 * Refuses MEDIA_TYPE_UNSUPPORTED for a body that is compressed or in other characters than UTF-8, BODY_TOO_LARGE, and
 * REQUEST_MALFORMED for a body that came too slowly or that the client broke off. Rejects with what `take` rejects with.
 */
export async function receiveBody(
  ctx: BodyTransport,
  { maxBytes, timeoutMs }: BodyBounds,
  take: (chunk: Uint8Array) => Promise<void> | undefined,
): Promise<Outcome<true>> {
  const { req } = ctx;
  if (req.readableEnded) throw new Fault('INTERNAL', 'a body parser stands before the gate');
  // What is left of the body is not worth reading; the connection ends with the answer.
  const leave = (refusal: Outcome<never>): Outcome<never> => {
    answerUnread(ctx);
    return refusal;
  };
  const tooLarge = (): Outcome<never> => leave(refuse('BODY_TOO_LARGE', STAGE, `body: more than ${maxBytes} bytes`));
  const plain = checkPlain(req.headers);
  if (!plain.ok) return leave(plain);
  const announced = Number(req.headers['content-length'] ?? '0');
  if (!(announced <= maxBytes)) return tooLarge();
  return new Promise((resolve) => {
    let length = 0;
    let isSettled = false;
    let taken = Promise.resolve();
    const settle = (end: () => void): void => {
      isSettled = true;
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      end();
    };
    const finish = (outcome: Outcome<true>): void => settle(() => resolve(outcome));
    const onData = (chunk: Uint8Array): void => {
      length += chunk.length;
      if (length > maxBytes) return finish(tooLarge());
      const promised = take(chunk);
      if (promised === undefined) return;
      req.pause();
      taken = promised.then(
        () => {
          if (!isSettled) req.resume();
        },
        () => settle(() => resolve(promised.then(() => ok(true)))),
      );
    };
    // The body ends, and its connection may close, while the last chunk is still being taken.
    const onEnd = (): void => {
      req.off('error', onCut).off('close', onCut);
      void taken.then(() => finish(ok(true)));
    };
    const onCut = (): void => finish(refuse('REQUEST_MALFORMED', STAGE, 'body: the client broke it off'));
    const timer = setTimeout(() => {
      finish(leave(refuse('REQUEST_MALFORMED', STAGE, `body: came too slowly; all of it has to be here within ${timeoutMs} ms`)));
    }, timeoutMs);
    req.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}

/** Bodies are read as they are and as UTF-8; one that says otherwise of itself would be read as something that nobody wrote. */
function checkPlain(headers: IncomingMessage['headers']): Outcome<true> {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity') return refuse('MEDIA_TYPE_UNSUPPORTED', STAGE, 'content-encoding: send the body as it is, uncompressed');
  const charsets = (headers['content-type'] ?? '')
    .split(';')
    .slice(1)
    .map((parameter) => /^\s*charset\s*=\s*(.*)$/iu.exec(parameter)?.[1])
    .filter((charset) => charset !== undefined);
  return charsets.every((charset) => /^(?:utf-8|"utf-8")\s*$/iu.test(charset))
    ? ok(true)
    : refuse('MEDIA_TYPE_UNSUPPORTED', STAGE, 'content-type: the charset has to be utf-8, or left out');
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
