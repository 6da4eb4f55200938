import type { FetchPort } from '@gridpass/core';

/**
 * A fetch port that sends one more header to `origins` and to nobody else: what the operator's own programs may be told. Origins are compared as they are opened, exactly.
 * `value` is asked for each request; where it has none, or the caller sends a header of that name (RFC 9110 5.1: in whatever case), nothing is added.
 */
export function withHeaderFor(
  fetch: FetchPort,
  origins: readonly string[],
  { name, value }: { readonly name: string; readonly value: () => string | undefined },
): FetchPort {
  const told: ReadonlySet<string> = new Set(origins.map((origin) => new URL(origin).origin));
  const isName = (sent: string): boolean => sent.toLowerCase() === name.toLowerCase();
  return {
    ...fetch,
    fetchDocument: (url, options) => {
      const isTold = URL.canParse(url) && told.has(new URL(url).origin) && !Object.keys(options.headers ?? {}).some(isName);
      const text = isTold ? value() : undefined;
      return fetch.fetchDocument(url, text === undefined ? options : { ...options, headers: { [name]: text, ...options.headers } });
    },
  };
}
