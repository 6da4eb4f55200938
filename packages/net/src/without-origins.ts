import { refuse, type FetchPort } from '@gridpass/core';
import { reachedOrigin } from './reached-origin.js';

/**
 * A fetch port that never reaches `origins`, whatever the port below it may reach. For addresses that others choose (an owner's
 * resource, an offer, a response address, a status list): nodes of a chain are there for the program alone, and answer whoever reaches
 * them. Origins are compared by what they reach, not by how they are spelled. Refuses URL_NOT_ALLOWED.
 */
export function withoutOrigins(fetch: FetchPort, origins: readonly string[]): FetchPort {
  const closed: ReadonlySet<string> = new Set(origins.map((origin) => reachedOrigin(new URL(origin))));
  return {
    ...fetch,
    fetchDocument: async (url, options) =>
      URL.canParse(url) && closed.has(reachedOrigin(new URL(url)))
        ? refuse('URL_NOT_ALLOWED', 'fetch', 'a node of a chain in "chains": this program alone speaks with it')
        : fetch.fetchDocument(url, options),
  };
}
