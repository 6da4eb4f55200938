import { ok, refuse, type Outcome } from '@gridpass/core';

const ALPHABET_ONLY = /^[A-Za-z0-9_-]*$/;
// The last character of a group of 2 (3) carries 4 (2) unused bits; canonical text has them zero (RFC 4648 §3.5).
const CANONICAL_TAIL_OF_2 = 'AQgw';
const CANONICAL_TAIL_OF_3 = 'AEIMQUYcgkosw048';

/** Unpadded base64url (RFC 7515 §2). */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

/**
 * The bytes behind unpadded, canonical base64url: each byte string has exactly one accepted spelling, so that a
 * signature or digest over the text cannot have a twin (RFC 4648 §3.2, §3.5). Refuses REQUEST_MALFORMED.
 */
export function decodeBase64url(text: string): Outcome<Uint8Array> {
  const tail = text.length % 4;
  if (tail === 1 || !ALPHABET_ONLY.test(text)) return malformed();
  if (tail === 2 && !CANONICAL_TAIL_OF_2.includes(text.charAt(text.length - 1))) return malformed();
  if (tail === 3 && !CANONICAL_TAIL_OF_3.includes(text.charAt(text.length - 1))) return malformed();
  // A copy: small Buffers share one pool, and a caller must not be able to reach its neighbours.
  return ok(new Uint8Array(Buffer.from(text, 'base64url')));
}

function malformed(): Outcome<never> {
  return refuse('REQUEST_MALFORMED', 'codec', 'not canonical unpadded base64url');
}
