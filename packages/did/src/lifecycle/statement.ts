import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';

/** How long a key, delegate or service may be said to count: twenty years. A key ends by rotation, not by forgetting. */
export const LONGEST_VALIDITY_SECONDS = 630_720_000;

const SERVICE_TYPE = /^\w{1,24}$/u;
const MAX_ENDPOINT = 1_024;
// RFC 3986, of which a URL parser takes much more: it adds slashes, turns them round, and drops spaces. What is published is the text.
const ENCODED = '%[0-9A-Fa-f]{2}';
const HOST = String.raw`\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|${ENCODED})+`;
const REST = `(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|${ENCODED})*`;
// No user and password, not even empty ones: what stands in a document is public, and on a ledger it stays.
const ENDPOINT = new RegExp(`^(?:https?|wss?)://(?:${HOST})(?::[0-9]{1,5})?(?:[/?]${REST})?(?:#${REST})?$`, 'i');

/** What the address of a service must be, in words. {@link isServiceEndpoint} holds it. */
export const SERVICE_ENDPOINT_FORM = `an http or ws address of at most ${MAX_ENDPOINT} characters: "//" and a host, no user and password, and no characters that RFC 3986 has not in a URI`;

const malformed = (detail: string): Outcome<never> => refuse('REQUEST_MALFORMED', 'lifecycle', detail);

/** Whether it may be published as the address of a service, in a document of whatever method: {@link SERVICE_ENDPOINT_FORM}. */
export function isServiceEndpoint(text: string): boolean {
  // The parser knows which hosts and ports there are.
  return text.length <= MAX_ENDPOINT && ENDPOINT.test(text) && URL.canParse(text);
}

/** What may be published of a service. Refuses REQUEST_MALFORMED, and says which member is wrong. */
export function checkService({ type, endpoint }: { readonly type: string; readonly endpoint: string }): Outcome<true> {
  if (!SERVICE_TYPE.test(type)) return malformed('type: 1 to 24 letters, digits and _');
  return isServiceEndpoint(endpoint) ? ok(true) : malformed(`endpoint: ${SERVICE_ENDPOINT_FORM}`);
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
