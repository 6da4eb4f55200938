import { isUtf8 } from 'node:buffer';
import { ok, refuse, type Outcome } from '@gridpass/core';

const ENCODER = new TextEncoder();
// `ignoreBOM` keeps a byte order mark in the text, where the JSON reader then refuses it (RFC 8259 §8.1).
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a text; lone surrogates become U+FFFD, so that the caller must not rely on a round trip of those. */
export function utf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** The text that the bytes spell; refuses REQUEST_MALFORMED on any invalid sequence (RFC 3629 §3). */
export function decodeUtf8(bytes: Uint8Array): Outcome<string> {
  return isUtf8(bytes) ? ok(DECODER.decode(bytes)) : refuse('REQUEST_MALFORMED', 'codec', 'the bytes are not UTF-8');
}
