import { base58 } from '@scure/base';
import { ok, refuse, type Outcome } from '@gridpass/core';
import { decodeBase64url, encodeBase64url } from './base64url.js';

/** `z` base58btc, `u` base64url: the two bases DID methods and Data Integrity use. */
export type MultibaseKind = 'z' | 'u';

// Base58 takes quadratic time; keys and proofs are far shorter than this.
const MAX_BASE58 = 4096;
const BASE58_ONLY = /^[1-9A-HJ-NP-Za-km-z]*$/;

/** Multibase text of the given base (draft-multiformats-multibase-08). */
export function encodeMultibase(kind: MultibaseKind, bytes: Uint8Array): string {
  return kind === 'z' ? `z${base58.encode(bytes)}` : `u${encodeBase64url(bytes)}`;
}

/** The bytes of a multibase text in base58btc or base64url; refuses REQUEST_MALFORMED on other bases and on foreign characters. */
export function decodeMultibase(text: string): Outcome<Uint8Array> {
  const body = text.slice(1);
  switch (text.charAt(0)) {
    case 'u':
      return decodeBase64url(body);
    case 'z':
      if (body.length > MAX_BASE58 || !BASE58_ONLY.test(body)) return refuse('REQUEST_MALFORMED', 'codec', 'not base58btc or too long');
      return ok(base58.decode(body));
    default:
      return refuse('REQUEST_MALFORMED', 'codec', 'not a multibase this house reads');
  }
}
