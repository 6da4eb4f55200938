import { Fault, isError } from '@gridpass/core';
import type { FetchPort, Refusal } from '@gridpass/core';
import { canonicalJson, parseJson, utf8 } from '@gridpass/codec';

/** Carries a refusal of the fetch port out through a library that knows only exceptions. */
export class FetchRefused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.code);
    this.name = 'FetchRefused';
    this.refusal = refusal;
  }
}

type LibraryFetch = (
  input: string | URL | Request,
  init?: { readonly method?: string; readonly headers?: unknown; readonly body?: unknown },
) => Promise<Response>;

/**
 * The guarded fetch in the shape the OpenID4VC libraries call. JSON is read by our strict parser first and handed on in canonical
 * form, so that a duplicate member cannot mean one thing to the library and another to us.
 */
export function toLibraryFetch(fetch: FetchPort): LibraryFetch {
  return async (input, init = {}) => {
    const headers = toHeaders(init.headers);
    const body = toBody(init.body);
    const fetched = await fetch.fetchDocument(input instanceof Request ? input.url : String(input), {
      accept: headers.get('accept') ?? 'application/json',
      maxBytes: 1_048_576,
      timeoutMs: 15_000,
      method: init.method === 'POST' ? 'POST' : 'GET',
      headers: Object.fromEntries(headers),
      ...(body === undefined ? {} : { body: utf8(body) }),
    });
    if (!fetched.ok) throw new FetchRefused(fetched.refusal);
    const { status, mediaType, bytes } = fetched.value;
    const answer = new Headers({ ...fetched.value.headers, 'content-type': mediaType });
    answer.delete('content-encoding');
    answer.delete('content-length');
    if (!/^application\/(?:[a-z0-9.+-]+\+)?json\b/i.test(mediaType))
      return new Response(status === 204 ? null : new Uint8Array(bytes), { status, headers: answer });
    const json = parseJson(bytes);
    if (!json.ok) throw new FetchRefused(json.refusal);
    return new Response(canonicalJson(json.value), { status, headers: answer });
  };
}

/** Digs a refusal or fault of ours out of whatever wrapped it on the way through a library. */
export function unwrapFetchError(error: unknown): FetchRefused | Fault | undefined {
  for (let current: unknown = error, depth = 0; isError(current) && depth < 8; current = current.cause, depth += 1) {
    if (current instanceof FetchRefused || current instanceof Fault) return current;
  }
  return undefined;
}

function toHeaders(headers: unknown): Headers {
  if (headers instanceof Headers) return headers;
  const read = new Headers();
  if (typeof headers === 'object' && headers !== null) {
    for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') read.set(name, value);
  }
  return read;
}

function toBody(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new Fault('INTERNAL', 'the exchange library sends a body of an unknown kind');
}
