import { InputError, ok, refuse, type Outcome } from '@gridpass/core';

// Eight groups of seven bits exceed what a number holds exactly; multiformats allow nine, none of our codes needs them.
const MAX_LENGTH = 8;

/** Unsigned LEB128 as multiformats write it; the caller must give a safe non-negative integer. */
export function encodeVarint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new InputError('REQUEST_MALFORMED', 'a varint is a safe non-negative integer');
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** Reads a varint at `offset`; refuses REQUEST_MALFORMED when it is cut off, too large or not minimal (multiformats unsigned-varint). */
export function decodeVarint(bytes: Uint8Array, offset = 0): Outcome<{ readonly value: number; readonly length: number }> {
  let value = 0;
  let scale = 1;
  for (let length = 1; length <= MAX_LENGTH; length += 1) {
    const byte = bytes[offset + length - 1];
    if (byte === undefined) return refuse('REQUEST_MALFORMED', 'codec', 'a varint is cut off');
    value += (byte % 0x80) * scale;
    scale *= 0x80;
    if (byte < 0x80) {
      if (byte === 0 && length > 1) return refuse('REQUEST_MALFORMED', 'codec', 'a varint is not minimal');
      return Number.isSafeInteger(value) ? ok({ value, length }) : refuse('REQUEST_MALFORMED', 'codec', 'a varint is too large');
    }
  }
  return refuse('REQUEST_MALFORMED', 'codec', 'a varint is too long');
}
