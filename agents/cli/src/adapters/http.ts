import { request as requestHttp } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { isJsonObject, memberOf, parseJson, textsIn, toLines } from '@gridpass/codec';
import { FAULTS, REFUSALS } from '@gridpass/core';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { endingOfAnswer } from '../exit.js';
import { CommandError } from '../io.js';
import { unreachable } from './unreachable.js';

const MAX_ANSWER_BYTES = 8_388_608;

export interface HttpCall {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly token?: string;
  readonly json?: JsonObject;
  /** Who is asked, as errors name it; the issuer unless told. */
  readonly of?: string;
  /** What a 404 may mean here, and what to do. */
  readonly absent?: string;
}

/** Asks and reads a JSON object; an answer of 400 or more becomes a {@link CommandError} with its code and request id. */
export async function askJson(call: HttpCall): Promise<JsonObject> {
  const body = call.json === undefined ? undefined : JSON.stringify(call.json);
  const response = await open(
    call,
    { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    async (outgoing) => {
      outgoing.end(body);
    },
  );
  const text = await readText(response);
  // 204 says: done, and nothing more.
  if (response.statusCode === 204) return {};
  const json = parseJson(text);
  if (!json.ok || !isJsonObject(json.value))
    throw new CommandError('REMOTE_UNAVAILABLE', `${call.url} answered ${response.statusCode ?? 0} without JSON`);
  assertGood(call, response, json.value);
  return json.value;
}

/** Asks and gives the lines of the answer as they arrive. */
export async function* askLines(
  call: HttpCall,
  upload?: { readonly body: Readable; readonly mediaType: string; readonly length: number },
): AsyncIterable<string> {
  const headers = {
    accept: 'application/x-ndjson',
    ...(upload === undefined ? {} : { 'content-type': upload.mediaType, 'content-length': String(upload.length) }),
  };
  let failure: unknown;
  const response = await open(call, headers, async (outgoing) => {
    if (upload === undefined) {
      outgoing.end();
      return;
    }
    // The server may answer, and close, before it has read everything: its answer says why.
    await pipeline(upload.body, outgoing).catch((error: unknown) => {
      failure = error;
    });
  });
  if ((response.statusCode ?? 0) >= 400) assertGood(call, response, toObject(await readText(response)));
  yield* toLines(response);
  if (failure !== undefined) throw unreachable(call.url, failure);
}

function open(
  call: HttpCall,
  headers: Readonly<Record<string, string>>,
  send: (outgoing: ReturnType<typeof requestHttp>) => Promise<void>,
): Promise<IncomingMessage> {
  if (!URL.canParse(call.url)) throw new CommandError('CONFIG_INVALID', `${call.url} is no address`);
  const options: RequestOptions = {
    method: call.method,
    headers: { ...headers, ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }) },
  };
  const request = new URL(call.url).protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = request(call.url, options, resolve);
    outgoing.on('error', (error) => reject(unreachable(call.url, error)));
    send(outgoing).catch(reject);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_ANSWER_BYTES) throw new CommandError('REMOTE_UNAVAILABLE', 'the answer is too large');
  }
  return text;
}

function toObject(text: string): JsonObject {
  const json = parseJson(text);
  return json.ok && isJsonObject(json.value) ? json.value : {};
}

function assertGood(call: HttpCall, response: IncomingMessage, body: JsonObject): void {
  const status = response.statusCode ?? 0;
  if (status >= 400) throw toCommandError(body, { call, status });
}

/** The error a server told of; of something that is not there it says what was asked for. */
export function toCommandError(body: JsonObject, asked?: { readonly call: HttpCall; readonly status: number }): CommandError {
  const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
  const [code, requestId] = [text(memberOf(body, 'code')), text(memberOf(body, 'requestId'))];
  // An issuer tells its operators in `detail`, a wallet its owner in `because`.
  const detail = text(memberOf(body, 'detail')) || textsIn(body, 'because').join('; ');
  const who = asked?.call.of ?? 'the issuer';
  const said = detail || saidBy(code) || `${who} answered${asked === undefined ? '' : ` ${asked.status}`}`;
  return new CommandError(
    code === '' ? 'REMOTE_UNAVAILABLE' : code,
    [said + (asked?.status === 404 ? absenceOf(asked.call, who) : ''), requestId === '' ? '' : `(request ${requestId})`]
      .filter(Boolean)
      .join(' '),
    { ending: endingOfAnswer(code) },
  );
}

/** What was asked for, of whom, and what its absence may mean. */
function absenceOf({ url, method, absent }: HttpCall, who: string): string {
  return `: ${who} has no ${method} ${url}${absent === undefined ? '' : `; ${absent}`}`;
}

/** What the catalogue says about a code: programs answer with the code alone, details stay in their log. */
function saidBy(code: string): string {
  const catalogue: Readonly<Record<string, { readonly says: string }>> = { ...REFUSALS, ...FAULTS };
  return Object.hasOwn(catalogue, code) ? (catalogue[code]?.says ?? '') : '';
}
