import { Fault, ok, refuse } from '@gridpass/core';
import type { FetchPort } from '@gridpass/core';

/** A fetch port over a table: text is a JSON document, a number a status, 'down' a host that does not answer. Others are not allowed. */
export function fakeFetch(
  table: Record<string, string | number>,
  mediaType = 'application/did+json',
): FetchPort & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    fetchDocument: async (url) => {
      asked.push(url);
      const answer = table[url];
      if (answer === undefined) return refuse('URL_NOT_ALLOWED', 'net', 'url');
      if (answer === 'down') throw new Fault('REMOTE_UNAVAILABLE', 'down');
      return typeof answer === 'number'
        ? ok({ status: answer, mediaType: 'text/html', bytes: new Uint8Array() })
        : ok({ status: 200, mediaType, bytes: new TextEncoder().encode(answer) });
    },
  };
}
