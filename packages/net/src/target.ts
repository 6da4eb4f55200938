import { isIP } from 'node:net';
import { InputError, ok, refuse, type Outcome } from '@gridpass/core';
import { classifyAddress, isOpenAddress } from './address.js';
import { hostOf, isLoopbackHost } from './reached-origin.js';

/** What a URL must fulfil before its name is even resolved. */
export interface TargetRules {
  /** Origins in canonical form; empty means any public HTTPS origin on the default port. */
  readonly allow: ReadonlySet<string>;
  readonly allowPrivate: boolean;
}

const MAX_LENGTH = 2048;
// WHATWG parsing strips or rewrites these, so that the text somebody checked would not be the URL that is fetched.
const REWRITTEN = /[\s\\\u0000-\u0020\u007f]/;

/** Reads the allow-list; an entry that is no bare origin, or that could never be fetched, is a mistake worth stopping for. */
export function toTargetRules(allow: readonly string[], allowPrivate: boolean): TargetRules {
  for (const entry of allow) {
    const url = URL.canParse(entry) ? new URL(entry) : undefined;
    if (url === undefined || url.origin !== entry) {
      throw new InputError(
        'CONFIG_INVALID',
        `the outbound allow-list takes origins such as https://host or http://127.0.0.1:8080; this is none: ${entry.slice(0, 200)}`,
      );
    }
    if (!isOpenScheme(url, allowPrivate)) {
      throw new InputError('CONFIG_INVALID', `${entry}: plain http is open to loopback only, and only where private addresses are allowed`);
    }
    if (isIP(hostOf(url)) !== 0 && !isOpenAddress(hostOf(url), allowPrivate)) {
      throw new InputError('CONFIG_INVALID', `${entry}: ${classifyAddress(hostOf(url)) === 'forbidden' ? NEVER_OPEN : ADDRESS_SETTING}`);
    }
  }
  return { allow: new Set(allow), allowPrivate };
}

/** Throws InputError CONFIG_INVALID for an allow-list that no fetch can be made with. */
export function assertAllowList(allow: readonly string[], allowPrivate: boolean): void {
  toTargetRules(allow, allowPrivate);
}

/** The URL, if its text passes; refuses URL_NOT_ALLOWED without naming the URL, which may carry a secret. */
export function parseTarget(text: string, rules: TargetRules): Outcome<URL> {
  if (text.length > MAX_LENGTH || REWRITTEN.test(text) || !URL.canParse(text)) return notAllowed('not a URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return notAllowed('user information');
  if (!isOpenScheme(url, rules.allowPrivate)) return notAllowed('scheme; https, or with fetch.allowPrivate http on the loopback');
  if (rules.allow.size > 0 && !rules.allow.has(url.origin))
    return notAllowed('origin not on the list; fetch.allow names the origins that this program may call');
  if (rules.allow.size === 0 && !rules.allowPrivate && url.port !== '')
    return notAllowed('port; an origin with a port of its own must stand in fetch.allow');
  const host = hostOf(url);
  if (isIP(host) !== 0 && !isOpenAddress(host, rules.allowPrivate)) return notAllowed(`address; ${ADDRESS_SETTING}`);
  return ok(url);
}

function isOpenScheme(url: URL, allowPrivate: boolean): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && allowPrivate && isLoopbackHost(hostOf(url));
}

const NEVER_OPEN = 'link-local, multicast and documentation addresses are never open';

/** What an operator may change where an address is turned down. */
export const ADDRESS_SETTING = 'private addresses are open with fetch.allowPrivate alone';

function notAllowed(reason: string): Outcome<never> {
  return refuse('URL_NOT_ALLOWED', 'fetch', reason);
}
