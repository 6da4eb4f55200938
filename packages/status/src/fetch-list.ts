import { decodeUtf8, memberOf } from '@gridpass/codec';
import { Fault, instant, isSuccess, ok, refuse } from '@gridpass/core';
import type { Clock, Did, DidResolverPort, FetchPort, Instant, JsonValue, Outcome, ResolvedKey, StatusReference } from '@gridpass/core';
import { checkJws, parseCompactJws, pickKey } from '@gridpass/keys';
import type { CompactJws } from '@gridpass/keys';
import { MAX_DOCUMENT_BYTES, MAX_INFLATED_BYTES } from './bounds.js';
import { BITSTRING_MEDIA_TYPE, TOKEN_MEDIA_TYPE } from './list-document.js';
import { parseListContent, typOf } from './parse-list.js';
import type { ListContent } from './parse-list.js';

const TIMEOUT_MS = 5_000;

/** A list and the key that signed it. */
export interface ProvenList extends ListContent {
  readonly kid: string;
}

/** A list that arrived and is the issuer's own, or word that the one at hand is still the current one. */
export type FetchedList = { readonly kind: 'list'; readonly content: ProvenList; readonly etag?: string } | { readonly kind: 'unchanged' };

interface ListQuery {
  readonly reference: StatusReference;
  readonly issuer: Did;
  /** The list at hand: its ETag, and the key that signed it. */
  readonly known?: { readonly etag: string; readonly kid: string };
}

type Parts = { readonly fetch: FetchPort; readonly resolver: DidResolverPort; readonly clock: Clock };

/** Fetches and proves one list; refuses STATUS_LIST_INVALID or as the resolver does, throws Fault STATUS_UNAVAILABLE. */
export async function fetchList(parts: Parts, { reference, issuer, known }: ListQuery): Promise<Outcome<FetchedList>> {
  const { uri, kind } = reference;
  const document = await fetchDocument(parts.fetch, uri, kind === 'token' ? TOKEN_MEDIA_TYPE : BITSTRING_MEDIA_TYPE, known?.etag);
  if (!document.ok) return refuse('STATUS_LIST_INVALID', 'status', `reference.uri: ${document.refusal.detail}`);
  if (document.value.status === 304 && known !== undefined) {
    const signer = await findListKey(parts, issuer, known.kid);
    // Unchanged is no good word for a list whose key is gone by now; what stands there is read and judged anew.
    return signer.ok ? ok({ kind: 'unchanged' }) : fetchList(parts, { reference, issuer });
  }
  if (!isSuccess(document.value.status)) throw new Fault('STATUS_UNAVAILABLE', `the list's server answered ${document.value.status}`);
  const text = decodeUtf8(document.value.bytes);
  const jws = text.ok ? parseCompactJws(text.value, { maxBytes: MAX_DOCUMENT_BYTES }) : text;
  if (!jws.ok) return refuse('STATUS_LIST_INVALID', 'status', `list: ${jws.refusal.detail}`);
  const key = await proveList(parts, jws.value, issuer, kind);
  if (!key.ok) return key;
  const content = await parseListContent(jws.value, { kind, uri, issuer, maxInflatedBytes: MAX_INFLATED_BYTES });
  if (!content.ok) return content;
  // A list counts no longer than the key under it.
  const bounded = { ...content.value, kid: key.value.id, expiresAt: earlierOf(content.value.expiresAt, key.value.endsAt) };
  return ok({ kind: 'list', content: bounded, ...(document.value.etag === undefined ? {} : { etag: document.value.etag }) });
}

const earlierOf = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || b === undefined ? (a ?? b) : instant(Math.min(a, b));

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

/** The list must be signed by the credential's own issuer, with a key it asserts with today. */
async function proveList(parts: Parts, jws: CompactJws, issuer: Did, kind: StatusReference['kind']): Promise<Outcome<ResolvedKey>> {
  const key = await findListKey(parts, issuer, memberOf(jws.header, 'kid'));
  if (!key.ok)
    return key.refusal.code === 'KEY_NOT_AUTHORIZED' ? refuse('STATUS_LIST_INVALID', 'status', `list.${key.refusal.detail}`) : key;
  const checked = checkJws(jws, key.value.publicJwk, { typ: typOf(kind) });
  return checked.ok ? key : refuse('STATUS_LIST_INVALID', 'status', `list: ${checked.refusal.detail}`);
}

/** The assertion key of this name; one fresh look catches a rotated key. */
async function findListKey(
  { resolver, clock }: Pick<Parts, 'resolver' | 'clock'>,
  issuer: Did,
  kid: JsonValue | undefined,
): Promise<Outcome<ResolvedKey>> {
  const pick = async (options: { readonly fresh?: true }): Promise<Outcome<ResolvedKey>> => {
    const resolved = await resolver.resolveDid(issuer, options);
    return resolved.ok ? pickKey(resolved.value, { did: issuer, kid, uses: ['assertionMethod'], at: clock.now() }) : resolved;
  };
  const key = await pick({});
  return key.ok || key.refusal.code !== 'KEY_NOT_AUTHORIZED' ? key : pick({ fresh: true });
}
