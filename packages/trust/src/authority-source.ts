import { decodeUtf8, isHandleOf } from '@gridpass/codec';
import { Fault, isSuccess, ok, refuse, type AuthorityPort, type AuthorityReference, type FetchPort, type Outcome } from '@gridpass/core';

const MAX_BYTES = 65_536;
const TIMEOUT_MS = 5_000;

/** How accreditations are fetched and how many are kept. */
export interface AuthoritySourceOptions {
  readonly fetch: FetchPort;
  /** Texts kept in memory, 1024 unless told. They are named by their handle and address, so that they cannot go stale. */
  readonly maxEntries?: number;
}

/**
 * Fetches accreditations over the guarded fetch and keeps them under handle and address. Refuses ISSUER_NOT_ACCREDITED when
 * there is none at the address or it is another one; throws Fault TRUST_UNAVAILABLE when nobody answers. Failures are
 * never kept. Two requests for one text share one fetch.
 */
export function createAuthoritySource({ fetch, maxEntries = 1024 }: AuthoritySourceOptions): AuthorityPort {
  const kept = new Map<string, string>();
  const underWay = new Map<string, Promise<Outcome<string>>>();
  // The address belongs to the name: a handle does not cover the signature, so another host could leave a text that never proves.
  const nameOf = ({ uri, digest }: AuthorityReference): string => `${digest} ${uri}`;
  const fetchText = async (reference: AuthorityReference): Promise<Outcome<string>> => {
    const { uri, digest } = reference;
    const text = await readText(fetch, uri);
    if (!text.ok) return text;
    if (!isHandleOf(digest, text.value)) return refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'authority: another text than the one pinned');
    if (kept.size >= maxEntries) {
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    }
    kept.set(nameOf(reference), text.value);
    return text;
  };
  return {
    fetchAuthority: (reference) => {
      const key = nameOf(reference);
      const known = kept.get(key);
      if (known !== undefined) return Promise.resolve(ok(known));
      const current = underWay.get(key);
      if (current !== undefined) return current;
      const started = fetchText(reference).finally(() => underWay.delete(key));
      underWay.set(key, started);
      return started;
    },
    forgetAuthority: (reference) => {
      kept.delete(nameOf(reference));
    },
  };
}

async function readText(fetch: FetchPort, uri: string): Promise<Outcome<string>> {
  const fetched = await fetchOrFault(fetch, uri);
  if (!fetched.ok) return refuse('ISSUER_NOT_ACCREDITED', 'trusted', `authority: ${fetched.refusal.code}; ${fetched.refusal.detail}`);
  const { status, bytes } = fetched.value;
  // 404 and 410 are answers about the authority; a server that is unwell says nothing about it.
  if (status === 404 || status === 410) return refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'authority: not there');
  if (!isSuccess(status)) throw new Fault('TRUST_UNAVAILABLE', `the authority was answered with status ${String(status)}`);
  const text = decodeUtf8(bytes);
  return text.ok ? text : refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'authority: not text');
}

async function fetchOrFault(fetch: FetchPort, uri: string): ReturnType<FetchPort['fetchDocument']> {
  try {
    return await fetch.fetchDocument(uri, { accept: 'application/vc+jwt', maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS });
  } catch (cause) {
    if (cause instanceof Fault) throw new Fault('TRUST_UNAVAILABLE', 'the authority could not be fetched', { cause });
    throw cause;
  }
}
