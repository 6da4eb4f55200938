import { lookup } from 'node:dns/promises';
import { Agent, type Dispatcher } from 'undici';
import { Fault, InputError, ok, refuse, type Clock, type FetchedDocument, type FetchPort } from '@gridpass/core';
import { readAnswer, unusable } from './answer.js';
import { AddressNotAllowed, createPinnedLookup, type ResolveName } from './pinned-lookup.js';
import { ADDRESS_SETTING, parseTarget, toTargetRules } from './target.js';

/** How far the house may reach out. */
export interface GuardedFetchOptions {
  /** Origins that may be fetched; empty opens every public HTTPS origin on its default port. */
  readonly allow: readonly string[];
  /** Opens loopback and site addresses, and plain http to loopback. For development and closed networks. */
  readonly allowPrivate: boolean;
  /** There is no other choice: elsewhere has not been checked. */
  readonly maxRedirects: 0;
  readonly clock: Clock;
  /** Resolves names; the resolver of the system unless a test or a closed network brings its own. */
  readonly resolveName?: ResolveName;
}

/** The fetch port with its connections, which `close` ends. */
export type GuardedFetch = FetchPort & { readonly close: () => Promise<void> };

type FetchOptions = Parameters<FetchPort['fetchDocument']>[1];

// Set by us; a caller that sets them would speak for another host or reframe the message.
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'accept-encoding',
  'cookie',
  'expect',
  'te',
  'trailer',
  'proxy-authorization',
]);

/**
 * Creates the only way out of the house: see {@link FetchPort}. The caller must close it at shutdown.
 *
 * @example createGuardedFetch({ allow: ['https://dso.example'], allowPrivate: false, maxRedirects: 0, clock })
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const rules = toTargetRules(options.allow, options.allowPrivate);
  const pinned = createPinnedLookup(options.resolveName ?? ((hostname) => lookup(hostname, { all: true })), options.allowPrivate);
  // Listed origins are few and keep their connections. Open ones are chosen by strangers: a pool for each would grow
  // without bound, so that they get a connection for one exchange.
  const createAgent = (): Agent =>
    new Agent({
      connect: { lookup: pinned, autoSelectFamily: true, timeout: 10_000 },
      connections: 8,
      pipelining: 1,
      maxHeaderSize: 16_384,
    });
  const shared = rules.allow.size > 0 ? createAgent() : undefined;

  return {
    loopbackHttp: options.allowPrivate,
    async fetchDocument(text, request) {
      const url = parseTarget(text, rules);
      if (!url.ok) return url;
      const agent = shared ?? createAgent();
      const deadline = createDeadline(request.timeoutMs);
      const exchange = async (): Promise<FetchedDocument> =>
        readAnswer(await agent.request(toRequest(url.value, request, deadline.signal)), request.maxBytes, options.clock);
      try {
        // The client heeds its signal only once connected; the race covers names and handshakes that never end.
        return ok(await Promise.race([exchange(), deadline.passed]));
      } catch (error) {
        if (error instanceof AddressNotAllowed) return refuse('URL_NOT_ALLOWED', 'fetch', `address behind the name; ${ADDRESS_SETTING}`);
        throw error instanceof Fault || error instanceof InputError ? error : unusable('no usable answer', error);
      } finally {
        deadline.end();
        if (agent !== shared) await agent.destroy();
      }
    },
    close: async () => {
      await shared?.destroy();
    },
  };
}

interface Deadline {
  readonly signal: AbortSignal;
  /** Rejects when the time is up. */
  readonly passed: Promise<never>;
  /** Stops the clock and ends what is left of a body that was given up. */
  readonly end: () => void;
}

function createDeadline(timeoutMs: number): Deadline {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unusable('no answer in time')), timeoutMs);
  });
  const end = (): void => {
    clearTimeout(timer);
    controller.abort();
  };
  return { signal: controller.signal, passed, end };
}

function toRequest(url: URL, request: FetchOptions, signal: AbortSignal): Dispatcher.RequestOptions {
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method ?? 'GET',
    headers: toHeaders(request),
    body: request.body ?? null,
    signal,
    // The one deadline covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}

function toHeaders(request: FetchOptions): Record<string, string> {
  const headers: Record<string, string> = { accept: request.accept, 'accept-encoding': 'identity' };
  if (request.etag !== undefined) headers['if-none-match'] = request.etag;
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lower = name.toLowerCase();
    if (OWN_HEADERS.has(lower)) throw new InputError('REQUEST_MALFORMED', `the header ${lower} is not the caller's to set`);
    headers[lower] = value;
  }
  return headers;
}
