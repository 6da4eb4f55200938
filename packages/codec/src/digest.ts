import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Digest } from '@gridpass/core';

/** SHA-256 (FIPS 180-4) of bytes, or of the UTF-8 of a text. */
export function sha256(data: Uint8Array | string): Uint8Array {
  const hash = createHash('sha256').update(data).digest();
  return new Uint8Array(hash.buffer, hash.byteOffset, hash.byteLength);
}

/** SHA-256 as 43 characters of base64url, the form in which digests travel here. */
export function digestOf(data: Uint8Array | string): Digest {
  return createHash('sha256').update(data).digest('base64url') as Digest;
}

/**
 * An unguessable text of `bytes` random bytes in base64url; the caller must ask for at least 16 where it is a secret. It never begins
 * with a hyphen, since a command line would read it as an option; that costs less than a thirtieth of a bit.
 */
export function randomToken(bytes = 32): string {
  for (;;) {
    const token = randomBytes(bytes).toString('base64url');
    if (!token.startsWith('-')) return token;
  }
}

/** Whether two secrets are equal, in a time that tells neither where they differ nor how long they are. */
export function constantTimeEqual(a: Uint8Array | string, b: Uint8Array | string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}
