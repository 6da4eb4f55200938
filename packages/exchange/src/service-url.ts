import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';
import { setGlobalConfig } from '@openid4vc/utils';

/**
 * Lets the OpenID4VC library read `http://` addresses in this process, or forbids it again (its default).
 * The switch is global in that library; only a program's `compose` may throw it, and only for loopback demonstrations:
 * our own checks allow plain HTTP to loopback addresses alone, whatever this says.
 */
export function setPlainHttpAllowed(allowed: boolean): void {
  setGlobalConfig({ allowInsecureUrls: allowed });
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** An absolute URL of a service: https, or http on loopback; without user info or fragment. Refuses REQUEST_MALFORMED. */
export function parseServiceUrl(text: string): Outcome<URL> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '')
    return refuse('REQUEST_MALFORMED', 'parse', 'url: not the address of a service');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))) return ok(url);
  return refuse('REQUEST_MALFORMED', 'parse', 'url: neither https nor loopback');
}

/** Where a well-known document of an issuer with a path stands: between host and path (RFC 8414 3.1, OpenID4VCI 1.0 12.2.2). */
export function wellKnownUrl(issuer: string, name: 'openid-credential-issuer' | 'oauth-authorization-server'): string {
  const url = new URL(issuer);
  const path = url.pathname === '/' ? '' : url.pathname;
  return `${url.origin}/.well-known/${name}${path}`;
}
