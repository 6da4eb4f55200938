import type { StatusList } from '@gridpass/core';
import { TOKEN_BITS } from './list-document.js';

/**
 * The bits of a list whose database was put back to an older day: each entry that the database does not know reads as revoked,
 * since it may have been given out, and revoked, after that day. Known entries keep what they say. A suspension list is left:
 * each credential on it has an entry of a revocation list too. The bit orders are those of bits.ts, in place: one copy a list.
 */
export function burnBits(list: StatusList, known: readonly number[]): Uint8Array {
  if (list.kind === 'suspension') return list.bits;
  const width = list.kind === 'token' ? TOKEN_BITS : 1;
  // INVALID (0x01) in each entry of two bits (Token Status List 7.1); 1 in each of one bit (Bitstring Status List 1.0, 3.2).
  const burned = new Uint8Array(list.bits.length).fill(list.kind === 'token' ? 0x55 : 0xff);
  for (const index of known) {
    const at = Math.floor((index * width) / 8);
    const mask = list.kind === 'token' ? 0b11 << ((index * width) & 7) : 1 << (7 - (index & 7));
    burned[at] = ((burned[at] ?? 0) & ~mask) | ((list.bits[at] ?? 0) & mask);
  }
  return burned;
}
