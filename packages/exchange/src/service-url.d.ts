import type { Outcome } from '@gridpass/core';
/**
 * Lets the OpenID4VC library read `http://` addresses in this process, or forbids it again (its default).
 * The switch is global in that library; only a program's `compose` may throw it, and only for loopback demonstrations:
 * our own checks allow plain HTTP to loopback addresses alone, whatever this says.
 */
export declare function setPlainHttpAllowed(allowed: boolean): void;
/** An absolute URL of a service: https, or http on loopback; without user info or fragment. Refuses REQUEST_MALFORMED. */
export declare function parseServiceUrl(text: string): Outcome<URL>;
/** Where a well-known document of an issuer with a path stands: between host and path (RFC 8414 3.1, OpenID4VCI 1.0 12.2.2). */
export declare function wellKnownUrl(issuer: string, name: 'openid-credential-issuer' | 'oauth-authorization-server'): string;
//# sourceMappingURL=service-url.d.ts.map