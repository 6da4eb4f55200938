import { ok, refuse } from '@gridpass/core';
import type { Did, DidUrl, Outcome } from '@gridpass/core';
import { canonicalDid } from '@gridpass/codec';

// DID Core would allow more; fragments of verification methods need no more than this, and no percent-encoding.
const FRAGMENT = /^[A-Za-z0-9._:=-]{1,256}$/;

const BASE58 = '[1-9A-HJ-NP-Za-km-z]';
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** What the methods we know have in the one spelling of their DIDs: host names in lower case, no second base for one key. */
const METHOD_RULES: Readonly<Record<string, RegExp>> = {
  // Public-key form or address form.
  ethr: /^(?:(?:0x[1-9a-f][0-9a-f]{0,15}|[a-z][a-z0-9.-]{0,31}(?::[a-z][a-z0-9.-]{0,31})?):)?0x(?:[0-9a-f]{40}|0[23][0-9a-f]{64})$/,
  key: /^z[1-9A-HJ-NP-Za-km-z]{1,128}$/,
  jwk: /^[A-Za-z0-9_-]{1,1024}$/,
  // did:peer: an inception key (0), keys and services (2), a hash (1, 3, 4) and behind that of 4 the document itself.
  peer: new RegExp(
    `^(?:0z${BASE58}{1,128}|2(?:\\.(?:[AEVID]z${BASE58}{1,128}|S[A-Za-z0-9_-]{1,1500})){1,32}|[134]zQm${BASE58}{44}|4zQm${BASE58}{44}:z${BASE58}{1,1900})$`,
  ),
  // did:web 2: a host name, no address literal except the loopback one that local set-ups use; a port as %3A; path segments.
  web: new RegExp(
    `^(?:${LABEL}(?:\\.${LABEL})*\\.[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?|localhost|127\\.0\\.0\\.1)(?:%3A[1-9][0-9]{0,4})?(?::[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,8}$`,
  ),
};

/**
 * Reads a DID, without path, query, parameters or fragment, and answers the one spelling that it has here (see `canonicalDid`).
 * DIDs of other methods pass when they have the general form; resolving tells that the method is not supported.
 */
export function parseDid(text: string): Outcome<Did> {
  const did = canonicalDid(text) as Did | undefined;
  if (did === undefined) return refuse('DID_MALFORMED', 'parse', 'did: not the form of a DID');
  const [method, id] = [methodOf(did), methodIdOf(did)];
  if (Object.hasOwn(METHOD_RULES, method) && METHOD_RULES[method]?.test(id) !== true) {
    return refuse('DID_MALFORMED', 'parse', `did: not the form of did:${method}`);
  }
  if (method === 'web' && !leadsToItsHost(id)) return refuse('DID_MALFORMED', 'parse', 'did: no address that did:web could lead to');
  return ok(did);
}

/** Whether an address can be made of a did:web: its form allows ports above 65535, which no URL has. */
function leadsToItsHost(id: string): boolean {
  const [authority = ''] = id.split(':');
  return URL.canParse(`https://${authority.replace('%3A', ':')}`);
}

/**
 * Reads a DID URL that names a verification method: a DID, `#` and a plain fragment. Path, query and parameters are refused. The
 * DID is in its one spelling, alone and in the URL.
 */
export function parseDidUrl(text: string): Outcome<{ readonly did: Did; readonly fragment: string; readonly url: DidUrl }> {
  const hash = text.indexOf('#');
  if (hash < 0) return refuse('DID_MALFORMED', 'parse', 'did url: no fragment');
  const did = parseDid(text.slice(0, hash));
  if (!did.ok) return did;
  const fragment = text.slice(hash + 1);
  if (!FRAGMENT.test(fragment)) return refuse('DID_MALFORMED', 'parse', 'did url: not a plain fragment');
  return ok({ did: did.value, fragment, url: `${did.value}#${fragment}` as DidUrl });
}

/** The method name of a parsed DID. */
export function methodOf(did: Did): string {
  return did.slice(4, did.indexOf(':', 4));
}

/** What follows the method name of a parsed DID. */
export function methodIdOf(did: Did): string {
  return did.slice(did.indexOf(':', 4) + 1);
}
