import type { IncomingMessage } from 'node:http';

/** Documents whose well-known name stands before the path of who they are about (RFC 8414 3.1, OpenID4VCI 1.0 12.2.2). */
const BEFORE_THE_PATH = ['/.well-known/openid-credential-issuer', '/.well-known/oauth-authorization-server'];
/** Nothing is served here: routes begin with a name. */
const NOWHERE = '/.well-known/outside-the-public-path';

/** The path of a public origin: `/gridpass` of `https://x.example/gridpass`, empty where it has none. */
export function publicPathOf(publicOrigin: string): string {
  const { pathname } = new URL(publicOrigin);
  return pathname === '/' ? '' : pathname;
}

/** The name of the logs of a program: its host, and its path where it has one, since another program may be beside it. */
export function logNameOf(publicOrigin: string): string {
  return `${new URL(publicOrigin).host}${publicPathOf(publicOrigin)}`;
}

/**
 * For a program whose public origin has a path: takes the path off each request before anything reads it, so that routes, proofs and logs are
 * the same with and without one. Paths are compared as they were sent: what is not below the public path, letter for letter, is nowhere.
 */
export function belowPublicPath<Rest extends readonly unknown[]>(
  publicOrigin: string,
  listener: (request: IncomingMessage, ...rest: Rest) => void,
): (request: IncomingMessage, ...rest: Rest) => void {
  const base = publicPathOf(publicOrigin);
  if (base === '') return listener;
  return (request, ...rest) => {
    request.url = withoutPath(request.url ?? '', base);
    listener(request, ...rest);
  };
}

function withoutPath(target: string, base: string): string {
  if (target.startsWith(`${base}/`)) return target.slice(base.length);
  const name = BEFORE_THE_PATH.find((document) => target.startsWith(`${document}${base}/`));
  return name === undefined ? NOWHERE : `${name}${target.slice(name.length + base.length)}`;
}
