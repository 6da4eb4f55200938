import type { Outcome } from '../outcome.js';

export interface FetchedDocument {
  readonly status: number;
  readonly mediaType: string;
  readonly etag?: string;
  readonly maxAgeSeconds?: number;
  readonly bytes: Uint8Array;
  /** Response headers by lower-case name; one that was sent more than once is not there; protocol clients read `dpop-nonce` and `www-authenticate` here. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The only way out of the house. Refuses URL_NOT_ALLOWED before any packet is sent; throws Fault REMOTE_UNAVAILABLE on
 * time-out, oversize, redirect or connection failure. Any HTTP status that arrives is an answer.
 */
export interface FetchPort {
  /** Whether configuration opens plain http to loopback addresses; who judges an address before it is fetched goes by it. No, unless it says so. */
  readonly loopbackHttp?: boolean;
  fetchDocument(
    url: string,
    options: {
      readonly accept: string;
      readonly maxBytes: number;
      readonly timeoutMs: number;
      readonly etag?: string;
      readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array;
    },
  ): Promise<Outcome<FetchedDocument>>;
}
