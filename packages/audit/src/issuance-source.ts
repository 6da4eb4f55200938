import { decodeBase64url, isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { Fault, isSuccess, ok, refuse } from '@gridpass/core';
import type { FetchPort, IssuanceEvidence, IssuanceEvidencePort, IssuanceQuery, JsonValue, Outcome } from '@gridpass/core';

/** The service of a DID document under which an issuer shows the entries of its log. */
export const ISSUANCE_LOG_SERVICE = 'GridpassIssuanceLog';

const MAX_BYTES = 16_384;
const TIMEOUT_MS = 5_000;
const MAX_PROOF = 64;
const HASH_BYTES = 32;

/**
 * Fetches evidence of issuance over the guarded fetch. The address is the issuer's `GridpassIssuanceLog` service where its
 * document has one, else the neighbour of the signed status list: `…/t/TENANT/status/LIST` → `…/t/TENANT/evidence/DIGEST`.
 */
export function createIssuanceEvidenceSource({ fetch }: { readonly fetch: FetchPort }): IssuanceEvidencePort {
  return {
    fetchIssuanceEvidence: async (query) => {
      const base = baseOf(query);
      if (base === undefined) return none('no address of the log');
      const fetched = await fetch.fetchDocument(`${base}/${query.digest}`, {
        accept: 'application/json',
        maxBytes: MAX_BYTES,
        timeoutMs: TIMEOUT_MS,
      });
      if (!fetched.ok) return none(fetched.refusal.code);
      const { status, bytes } = fetched.value;
      // 404 and 410 are answers about the entry; a server that is unwell says nothing about it.
      if (status === 404 || status === 410) return none('not there, or not anchored');
      if (!isSuccess(status)) throw new Fault('REMOTE_UNAVAILABLE', `the log of the issuer answered with status ${String(status)}`);
      const json = parseJson(bytes, { maxBytes: MAX_BYTES });
      return json.ok ? parseIssuanceEvidence(json.value) : none('not JSON');
    },
  };
}

/** Where the entries are; undefined where nothing names a place, or a document names two. */
function baseOf({ services, status }: Pick<IssuanceQuery, 'services' | 'status'>): string | undefined {
  const endpoints = services.filter(({ types }) => types.includes(ISSUANCE_LOG_SERVICE)).flatMap((service) => service.endpoints);
  const [endpoint] = endpoints;
  // A log has one address; a map says more than that, to whoever knows its members.
  if (endpoints.length > 0) return endpoints.length === 1 && typeof endpoint === 'string' ? endpoint.replace(/\/$/, '') : undefined;
  const [reference] = status;
  // No query, no fragment: what is put behind the address must stay a path.
  const place = reference === undefined ? null : /^(https?:\/\/[^?#]+)\/status\/[^/?#]+$/.exec(reference.uri);
  return place?.[1] === undefined ? undefined : `${place[1]}/evidence`;
}

/** Reads evidence as issuers serve it; refuses KEY_NOT_AUTHORIZED. */
export function parseIssuanceEvidence(json: JsonValue): Outcome<IssuanceEvidence> {
  if (!isJsonObject(json)) return none('not an object');
  const [index, entry, hashes] = [memberOf(json, 'index'), memberOf(json, 'entry'), memberOf(json, 'proof')];
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) return none('index');
  if (typeof entry !== 'string' || !Array.isArray(hashes)) return none('entry or proof');
  const texts: readonly JsonValue[] = hashes;
  if (texts.length > MAX_PROOF) return none('proof: too long');
  const proof: Uint8Array[] = [];
  for (const text of texts) {
    const hash = typeof text === 'string' ? decodeBase64url(text) : undefined;
    if (hash?.ok !== true || hash.value.length !== HASH_BYTES) return none('proof: not hashes');
    proof.push(hash.value);
  }
  return ok({ index, entry, proof });
}

function none(detail: string): Outcome<never> {
  return refuse('KEY_NOT_AUTHORIZED', 'resolve', `evidence of issuance: ${detail}`);
}
