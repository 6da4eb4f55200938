import { Fault, isError, type Clock, type FetchedDocument } from '@gridpass/core';
import type { Dispatcher } from 'undici';

type Headers = Dispatcher.ResponseData['headers'];

/** Reads an answer within its bounds; throws Fault REMOTE_UNAVAILABLE on redirects, encodings and oversize. */
export async function readAnswer(answer: Dispatcher.ResponseData, maxBytes: number, clock: Clock): Promise<FetchedDocument> {
  const { statusCode, headers } = answer;
  // 304 answers If-None-Match; every other 3xx points elsewhere, and elsewhere has not been checked.
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) throw unusable('a redirect');
  const encoding = textOf(headers, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') throw unusable('an encoding that was not asked for');
  if (Number(textOf(headers, 'content-length') ?? 0) > maxBytes) throw unusable('an answer that is too large');
  const bytes = await readBytes(answer.body, maxBytes);
  const etag = textOf(headers, 'etag');
  const maxAgeSeconds = freshnessOf(headers, clock);
  return {
    status: statusCode,
    mediaType: (textOf(headers, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '',
    bytes,
    headers: plainHeaders(headers),
    ...(etag === undefined ? {} : { etag }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  };
}

async function readBytes(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    // The count of what arrived, whatever Content-Length said.
    if (length > maxBytes) throw unusable('an answer that is too large');
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** RFC 9111 §4.2.1: max-age less the age, or else the time until Expires; no-store and no-cache make it zero. */
function freshnessOf(headers: Headers, clock: Clock): number | undefined {
  const directives = (textOf(headers, 'cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  if (directives.includes('no-store') || directives.includes('no-cache')) return 0;
  const maxAge = directives.map((directive) => /^max-age="?([0-9]{1,9})"?$/.exec(directive)?.[1]).find((seconds) => seconds !== undefined);
  if (maxAge !== undefined) return Math.max(0, Number(maxAge) - Number(/^[0-9]{1,9}$/.exec(textOf(headers, 'age') ?? '')?.[0] ?? 0));
  const expires = textOf(headers, 'expires');
  if (expires === undefined) return undefined;
  const at = Date.parse(expires);
  return Number.isNaN(at) ? 0 : Math.max(0, Math.floor(at / 1000) - clock.now());
}

/** One text a name; what was sent more than once is left out, for its parts may contradict each other. */
function plainHeaders(headers: Headers): Readonly<Record<string, string>> {
  const plain = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name.toLowerCase(), value]] : [],
  );
  return Object.freeze(Object.fromEntries(plain));
}

function textOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** A fault that names the trouble and the platform's code of it, such as ECONNREFUSED, never the URL. */
export function unusable(reason: string, cause?: unknown): Fault {
  const code = isError(cause) && 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
  return new Fault('REMOTE_UNAVAILABLE', `the remote party gave ${reason}${code}`, cause === undefined ? undefined : { cause });
}
