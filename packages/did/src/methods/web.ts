import type { DIDResolver } from 'did-resolver';
import { Fault, isSuccess } from '@gridpass/core';
import type { FetchedDocument, FetchPort, Outcome } from '@gridpass/core';
import { canonicalDid, isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { didWebUrlOf } from '../create.js';
import { parseDid } from '../parse.js';
import { asDocument, deactivated, found, notFound } from './result.js';

const ACCEPT = 'application/did, application/did+json, application/did+ld+json, application/json';
const LIMITS = { maxBytes: 262_144, timeoutMs: 5_000 } as const;

/** did:web through the guarded way out. The document must name the DID it was asked for; it answers for the present only. */
export function createWebMethod(parts: { readonly fetch: FetchPort }): DIDResolver {
  return async (text) => {
    const did = parseDid(text);
    if (!did.ok) return notFound('did:web: malformed');
    const fetched = await fetchOrFault(parts.fetch, didWebUrlOf(did.value));
    if (!fetched.ok) return notFound(`did:web: ${fetched.refusal.detail}`);
    const { status, bytes } = fetched.value;
    // RFC 9110 15.5.11: Gone is said on purpose and for good, which is what did:web 2.5.4 has for deactivating.
    if (status === 410) return deactivated();
    if (status === 404) return notFound('did:web: no document');
    if (!isSuccess(status)) throw new Fault('RESOLVER_UNAVAILABLE', `did:web: the host answered ${String(status)}`);
    // did:web names no media type, and servers have many for a `.json`: what makes a document is that it reads as one and names the DID.
    const json = parseJson(bytes, { maxBytes: LIMITS.maxBytes });
    if (!json.ok || !isJsonObject(json.value)) return notFound('did:web: not a JSON object');
    const id = memberOf(json.value, 'id');
    if (typeof id !== 'string' || canonicalDid(id) !== did.value) return notFound('did:web: the document is about another DID');
    return found(asDocument(json.value, did.value));
  };
}

async function fetchOrFault(fetch: FetchPort, url: string): Promise<Outcome<FetchedDocument>> {
  try {
    return await fetch.fetchDocument(url, { accept: ACCEPT, ...LIMITS });
  } catch (cause) {
    if (cause instanceof Fault) throw new Fault('RESOLVER_UNAVAILABLE', 'did:web: the host does not answer', { cause });
    throw cause;
  }
}
