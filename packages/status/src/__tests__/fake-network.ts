import { Fault, ok, refuse } from '@gridpass/core';
import type { FetchPort } from '@gridpass/core';

/** A network of documents a test puts in. */
export interface FakeNetwork extends FetchPort {
  readonly documents: Map<string, { readonly body: string; readonly etag?: string; readonly status?: number }>;
  readonly asked: string[];
  down: boolean;
  /** Waits before each answer, until the test lets go. */
  gate: Promise<void>;
}

export function createFakeNetwork(): FakeNetwork {
  const network: FakeNetwork = {
    documents: new Map(),
    asked: [],
    down: false,
    gate: Promise.resolve(),
    fetchDocument: async (url, { etag, accept }) => {
      network.asked.push(url);
      await network.gate;
      if (url.startsWith('http://10.')) return refuse('URL_NOT_ALLOWED', 'net', 'private');
      if (network.down) throw new Fault('REMOTE_UNAVAILABLE', 'down');
      const document = network.documents.get(url);
      if (document === undefined) return ok({ status: 404, mediaType: 'text/plain', bytes: new Uint8Array() });
      if (etag !== undefined && etag === document.etag) return ok({ status: 304, mediaType: accept, bytes: new Uint8Array() });
      return ok({
        status: document.status ?? 200,
        mediaType: accept,
        bytes: new TextEncoder().encode(document.body),
        ...(document.etag === undefined ? {} : { etag: document.etag }),
      });
    },
  };
  return network;
}
