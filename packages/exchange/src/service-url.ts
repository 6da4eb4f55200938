import { ok, refuse } from '@gridpass/core';
import type { FetchPort, Outcome } from '@gridpass/core';
import { toPlainText } from '@gridpass/codec';

/** What addresses of services are judged by: the fetch port that will go there, or configuration of the same form. */
export type UrlRules = Pick<FetchPort, 'loopbackHttp'>;

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Whether plain http may be used to or by this host, as a URL spells it: the loopback by its usual names, and no other spelling of it. */
export const mayUsePlainHttp = (hostname: string): boolean => LOOPBACK.has(hostname);

/**
 * An absolute URL of a service: https, or http on loopback where the rules open it; without user info or fragment, and without letters
 * that nobody sees, which a URL parser takes away and a text keeps. Refuses REQUEST_MALFORMED.
 */
export function parseServiceUrl(text: string, { loopbackHttp = false }: UrlRules): Outcome<URL> {
  const url = toPlainText(text) !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '')
    return refuse('REQUEST_MALFORMED', 'parse', 'url: not the address of a service');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHttp && mayUsePlainHttp(url.hostname))) return ok(url);
  return refuse('REQUEST_MALFORMED', 'parse', 'url: https, or with fetch.allowPrivate http on the loopback');
}

/** Where a well-known document of an issuer with a path stands: between host and path (RFC 8414 3.1, OpenID4VCI 1.0 12.2.2). */
export function wellKnownUrl(issuer: string, name: 'openid-credential-issuer' | 'oauth-authorization-server'): string {
  const url = new URL(issuer);
  const path = url.pathname === '/' ? '' : url.pathname;
  return `${url.origin}/.well-known/${name}${path}`;
}
