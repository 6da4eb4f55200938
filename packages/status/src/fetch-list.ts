import { decodeUtf8, memberOf } from '@gridpass/codec';
import { Fault, ok, refuse } from '@gridpass/core';
import type { Did, DidResolverPort, FetchPort, Outcome, StatusReference } from '@gridpass/core';
import { checkJws, parseCompactJws } from '@gridpass/keys';
import type { CompactJws } from '@gridpass/keys';
import { MAX_DOCUMENT_BYTES, MAX_INFLATED_BYTES } from './bounds.js';
import { BITSTRING_MEDIA_TYPE, TOKEN_MEDIA_TYPE } from './list-document.js';
import { parseListContent, typOf } from './parse-list.js';
import type { ListContent } from './parse-list.js';

const TIMEOUT_MS = 5_000;

/** A list that arrived and is the issuer's own, or word that the one at hand is still the current one. */
export type FetchedList = { readonly kind: 'list'; readonly content: ListContent; readonly etag?: string } | { readonly kind: 'unchanged' };

interface ListQuery {
  readonly reference: StatusReference;
  readonly issuer: Did;
  readonly etag?: string;
}

/** Fetches and proves one list; refuses STATUS_LIST_INVALID or as the resolver does, throws Fault STATUS_UNAVAILABLE. */
export async function fetchList(
  parts: { readonly fetch: FetchPort; readonly resolver: DidResolverPort },
  { reference, issuer, etag }: ListQuery,
): Promise<Outcome<FetchedList>> {
  const { uri, kind } = reference;
  const document = await fetchDocument(parts.fetch, uri, kind === 'token' ? TOKEN_MEDIA_TYPE : BITSTRING_MEDIA_TYPE, etag);
  if (!document.ok) return refuse('STATUS_LIST_INVALID', 'status', 'reference.uri: not an address this verifier may fetch');
  if (document.value.status === 304 && etag !== undefined) return ok({ kind: 'unchanged' });
  if (document.value.status !== 200) throw new Fault('STATUS_UNAVAILABLE', `the list's server answered ${document.value.status}`);
  const text = decodeUtf8(document.value.bytes);
  const jws = text.ok ? parseCompactJws(text.value, { maxBytes: MAX_DOCUMENT_BYTES }) : text;
  if (!jws.ok) return refuse('STATUS_LIST_INVALID', 'status', `list: ${jws.refusal.detail}`);
  const proven = await proveList(parts.resolver, jws.value, issuer, kind);
  if (!proven.ok) return proven;
  const content = await parseListContent(jws.value, { kind, uri, issuer, maxInflatedBytes: MAX_INFLATED_BYTES });
  if (!content.ok) return content;
  return ok({ kind: 'list', content: content.value, ...(document.value.etag === undefined ? {} : { etag: document.value.etag }) });
}

async function fetchDocument(
  fetch: FetchPort,
  uri: string,
  accept: string,
  etag: string | undefined,
): ReturnType<FetchPort['fetchDocument']> {
  try {
    return await fetch.fetchDocument(uri, {
      accept,
      maxBytes: MAX_DOCUMENT_BYTES,
      timeoutMs: TIMEOUT_MS,
      ...(etag === undefined ? {} : { etag }),
    });
  } catch (error) {
    if (error instanceof Fault) throw new Fault('STATUS_UNAVAILABLE', 'the list could not be fetched', { cause: error });
    throw error;
  }
}

/** The list must be signed by the credential's own issuer, with a key it asserts with; one fresh look catches a rotated key. */
async function proveList(resolver: DidResolverPort, jws: CompactJws, issuer: Did, kind: StatusReference['kind']): Promise<Outcome<true>> {
  for (const fresh of [false, true]) {
    const resolved = await resolver.resolveDid(issuer, fresh ? { fresh } : {});
    if (!resolved.ok) return resolved;
    const kid = memberOf(jws.header, 'kid');
    const key = resolved.value.keys.find((known) => known.id === kid && known.relationships.includes('assertionMethod'));
    if (key === undefined) continue;
    const checked = checkJws(jws, key.publicJwk, { typ: typOf(kind) });
    return checked.ok ? checked : refuse('STATUS_LIST_INVALID', 'status', `list: ${checked.refusal.detail}`);
  }
  return refuse('STATUS_LIST_INVALID', 'status', 'list.kid: not an assertion key of the issuer of the credential');
}
