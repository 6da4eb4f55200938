import { Fault, ok, refuse } from '@gridpass/core';
import type { Clock, FetchPort, JsonObject, JsonValue, Outcome, RefusalCode, Signer } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson, utf8 } from '@gridpass/codec';
import { buildDpopProof, parseServiceUrl, wellKnownUrl } from '@gridpass/exchange';

const STAGE = 'apply';
const MAX_BYTES = 262_144;
/** An address is kept with the application, and found by. */
const MAX_ADDRESS = 1_000;
const TIMEOUT_MS = 15_000;

/** What an issuer answered to a call in the applicant's name. */
export interface IssuerAnswer {
  readonly status: number;
  readonly json: JsonObject;
}

/** Calls an issuer in the name of whoever applied there. */
export interface IssuerClient {
  /**
   * Where the issuer takes applications, by its metadata. REQUEST_MALFORMED for what is no issuer or takes none, or would take them
   * at another origin.
   */
  findApplications(issuer: string): Promise<Outcome<string>>;
  /** One call with a proof of the key; refuses with what the issuer refused. An issuer that cannot tell now (5xx) is a Fault REMOTE_UNAVAILABLE. */
  call(
    signer: Signer,
    request: { readonly method: 'GET' | 'POST'; readonly url: string; readonly body?: JsonValue },
  ): Promise<Outcome<IssuerAnswer>>;
}

// What an issuer may say that an owner can act upon; any other word of its is none of ours.
const KNOWN: readonly RefusalCode[] = [
  'CONFLICT',
  'CREDENTIAL_CONFIGURATION_UNKNOWN',
  'DPOP_INVALID',
  'EXPIRED',
  'HOLDER_MISMATCH',
  'NOT_FOUND',
  'PARTY_UNKNOWN',
  'PREREQUISITE_MISSING',
  'RATE_LIMITED',
  'REVOKED',
  'SCHEMA_VIOLATION',
  'STATUS_FINAL',
  'SUSPENDED',
];

/** A client of issuers over the guarded fetch. */
export function createIssuerClient({ fetch, clock }: { readonly fetch: FetchPort; readonly clock: Clock }): IssuerClient {
  const ask = async (
    url: string,
    options: Pick<Parameters<FetchPort['fetchDocument']>[1], 'method' | 'headers' | 'body'>,
  ): Promise<Outcome<IssuerAnswer>> => {
    const answer = await fetch.fetchDocument(url, { accept: 'application/json', maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, ...options });
    if (!answer.ok) return answer;
    const json = parseJson(answer.value.bytes, { maxBytes: MAX_BYTES });
    return ok({ status: answer.value.status, json: json.ok && isJsonObject(json.value) ? json.value : {} });
  };

  return {
    async findApplications(issuer) {
      const address = parseServiceUrl(issuer, fetch);
      if (!address.ok) return refuse('REQUEST_MALFORMED', STAGE, `issuer: ${address.refusal.detail}`);
      const metadata = await ask(wellKnownUrl(issuer, 'openid-credential-issuer'), {});
      if (!metadata.ok) return metadata;
      if (metadata.value.status !== 200 || memberOf(metadata.value.json, 'credential_issuer') !== issuer)
        return refuse('REQUEST_MALFORMED', STAGE, 'issuer: no metadata of a credential issuer of this address');
      const own = memberOf(metadata.value.json, 'gridpass');
      const endpoint = own !== undefined && isJsonObject(own) ? memberOf(own, 'applications_endpoint') : undefined;
      const parsed = typeof endpoint === 'string' ? parseServiceUrl(endpoint, fetch) : undefined;
      // Evidence goes to whom the owner named and to nobody else.
      return typeof endpoint === 'string' &&
        endpoint.length <= MAX_ADDRESS &&
        parsed?.ok === true &&
        parsed.value.origin === address.value.origin
        ? ok(endpoint)
        : refuse('REQUEST_MALFORMED', STAGE, 'issuer: takes no applications at its own address');
    },
    async call(signer, { method, url, body }) {
      const dpop = await buildDpopProof({ signer, method, url, at: clock.now() });
      const answer = await ask(url, {
        method,
        headers: { dpop, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: utf8(JSON.stringify(body)) }),
      });
      if (!answer.ok || (answer.value.status >= 200 && answer.value.status < 300)) return answer;
      const { status, json } = answer.value;
      if (status >= 500) throw new Fault('REMOTE_UNAVAILABLE', `the issuer answered ${status}`);
      const code = KNOWN.find((known) => known === memberOf(json, 'code'));
      return refuse(code ?? 'REQUEST_MALFORMED', STAGE, `the issuer answered ${status} ${code ?? ''}`.trim());
    },
  };
}
