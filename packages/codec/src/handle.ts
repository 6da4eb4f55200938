import { assertOk } from '@gridpass/core';
import type { Digest } from '@gridpass/core';
import { decodeBase64url } from './base64url.js';
import { digestOf } from './digest.js';

/** Marks a handle of version 2. A point is no character of base64url, so that no handle of version 1 begins like this. */
const VERSION_2 = 'v2.';
/** SHA-256 in canonical base64url: the last character carries four bits. */
const SHA_256 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/**
 * The handle of a signed credential, by which it is stored, pinned, logged and revoked: SHA-256 over its JWS signing input
 * (RFC 7515 §5.1), marked as version 2. The signature is left out: of one ECDSA signature (r, s) everybody can make a second,
 * (r, n - s), that proves the same, and what hangs on a credential must hang on both texts. `compact` has no disclosures.
 */
export function handleOf(compact: string): Digest {
  const end = compact.lastIndexOf('.');
  return `${VERSION_2}${digestOf(end < 0 ? compact : compact.slice(0, end))}` as Digest;
}

/**
 * The handle of version 1, as credentials issued before 2026-11-27 pin their authority and as their issuance stands in logs:
 * SHA-256 over the whole text with its signature. It names that one text. Nothing new is named by it.
 */
export function textDigestOf(compact: string): Digest {
  return digestOf(compact);
}

/** Whether `handle` names the text, by the handle's own version. */
export function isHandleOf(handle: Digest, compact: string): boolean {
  return handle === (handle.startsWith(VERSION_2) ? handleOf(compact) : textDigestOf(compact));
}

/** A handle of either version as foreign text writes it; undefined for everything else. */
export function parseHandle(text: string): Digest | undefined {
  return SHA_256.test(text.startsWith(VERSION_2) ? text.slice(VERSION_2.length) : text) ? (text as Digest) : undefined;
}

/** The 32 bytes of a handle, of either version, for places that have room for no more (a `bytes32` of a contract). */
export function handleBytes(handle: Digest): Uint8Array {
  return assertOk(decodeBase64url(handle.startsWith(VERSION_2) ? handle.slice(VERSION_2.length) : handle));
}
