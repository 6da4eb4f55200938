/** Reads entry `index` of one bit, most significant bit first (W3C Bitstring Status List 1.0, 3.2). The caller has checked the range. */
export function readMsbFirst(bytes: Uint8Array, index: number): number {
  return ((bytes[index >>> 3] ?? 0) >>> (7 - (index & 7))) & 1;
}

/** Reads entry `index` of `width` bits, least significant bits first (Token Status List 4.1). The caller has checked the range. */
export function readLsbFirst(bytes: Uint8Array, index: number, width: number): number {
  const bit = index * width;
  return ((bytes[Math.floor(bit / 8)] ?? 0) >>> (bit & 7)) & ((1 << width) - 1);
}

/** A copy with entry `index` of one bit set, most significant bit first. */
export function writeMsbFirst(bytes: Uint8Array, index: number, value: number): Uint8Array {
  return withByte(bytes, index >>> 3, 1 << (7 - (index & 7)), value === 0 ? 0 : 0xff);
}

/** A copy with entry `index` of `width` bits set, least significant bits first. */
export function writeLsbFirst(bytes: Uint8Array, index: number, width: number, value: number): Uint8Array {
  const bit = index * width;
  const shift = bit & 7;
  return withByte(bytes, Math.floor(bit / 8), ((1 << width) - 1) << shift, value << shift);
}

function withByte(bytes: Uint8Array, at: number, mask: number, value: number): Uint8Array {
  if (at >= bytes.length) throw new RangeError('the index is beyond the list');
  const copy = bytes.slice();
  copy[at] = ((bytes[at] ?? 0) & ~mask) | (value & mask);
  return copy;
}
