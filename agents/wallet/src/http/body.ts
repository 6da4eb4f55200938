import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import type { JsonObject, RefusalCode } from '@gridpass/core';
import { readBody } from '@gridpass/gate';
import type { Context } from 'koa';
import { Refused, unwrap } from './answer.js';

const TIMEOUT_MS = 15_000;

/** The JSON object in the body of a request. */
export async function readJson(ctx: Context, maxBytes: number): Promise<JsonObject> {
  if (ctx.request.type !== 'application/json') throw refused('MEDIA_TYPE_UNSUPPORTED', 'content-type: application/json');
  const body = await readBody(ctx, maxBytes, TIMEOUT_MS);
  if (!body.ok && body.refusal.code === 'BODY_TOO_LARGE')
    throw refused('BODY_TOO_LARGE', `more than ${String(maxBytes)} bytes, which is maxBodyBytes`);
  const json = unwrap(parseJson(unwrap(body), { maxBytes }));
  if (!isJsonObject(json)) throw refused('REQUEST_MALFORMED', 'body: not an object');
  return json;
}

/** A text member that must be there. */
export function requireText(body: JsonObject, name: string): string {
  const value = memberOf(body, name);
  if (typeof value !== 'string' || value === '') throw refused('REQUEST_MALFORMED', `${name}: a text`);
  return value;
}

/** A text member that may be missing. */
export function optionalText(body: JsonObject, name: string): string | undefined {
  return memberOf(body, name) === undefined ? undefined : requireText(body, name);
}

/** The exception for a refusal made here. */
export function refused(code: RefusalCode, detail: string): Refused {
  return new Refused({ kind: 'refusal', code, stage: 'wallet', detail });
}

/** A parameter of the route's path; '' where there is none of that name. */
export function paramOf(ctx: Context, name: string): string {
  const params: unknown = ctx['params'];
  const value: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, name) : undefined;
  return typeof value === 'string' ? value : '';
}
