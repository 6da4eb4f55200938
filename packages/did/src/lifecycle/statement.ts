import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';

/** How long a key, delegate or service may be said to count: twenty years. A key ends by rotation, not by forgetting. */
export const LONGEST_VALIDITY_SECONDS = 630_720_000;

const SERVICE_TYPE = /^\w{1,24}$/u;
const MAX_ENDPOINT = 1_024;
// RFC 3986 knows no other characters; a URL parser drops spaces and line feeds that would be published.
const PRINTABLE = /^[!-~]+$/u;
const PROTOCOLS: ReadonlySet<string> = new Set(['https:', 'http:', 'wss:', 'ws:']);

const malformed = (detail: string): Outcome<never> => refuse('REQUEST_MALFORMED', 'lifecycle', detail);

/** Whether it may be published as the address of a service, in a document of whatever method: http or ws, without user and password. */
export function isServiceEndpoint(text: string): boolean {
  if (text.length > MAX_ENDPOINT || !PRINTABLE.test(text) || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  // What stands in a document is public, and on a ledger it stays.
  return PROTOCOLS.has(protocol) && username === '' && password === '';
}

/** What may be published of a service. Refuses REQUEST_MALFORMED, and says which member is wrong. */
export function checkService({ type, endpoint }: { readonly type: string; readonly endpoint: string }): Outcome<true> {
  if (!SERVICE_TYPE.test(type)) return malformed('type: 1 to 24 letters, digits and _');
  return isServiceEndpoint(endpoint)
    ? ok(true)
    : malformed(`endpoint: an http or ws address of at most ${MAX_ENDPOINT} characters, without user and password`);
}

/** What may be asked to be taken back: all that fits, also what would not be published any more. */
export function checkEndedService({ type, endpoint }: { readonly type: string; readonly endpoint: string }): Outcome<true> {
  return SERVICE_TYPE.test(type) && endpoint.length <= MAX_ENDPOINT ? ok(true) : malformed('type, endpoint: not a service');
}

/** How long a statement may count, in seconds. Refuses REQUEST_MALFORMED. */
export function checkValidity(seconds: number): Outcome<true> {
  return Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= LONGEST_VALIDITY_SECONDS
    ? ok(true)
    : malformed(`validSeconds: 1 to ${LONGEST_VALIDITY_SECONDS}`);
}
