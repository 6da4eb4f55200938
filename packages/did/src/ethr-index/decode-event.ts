import { getAddress } from 'ethers';
import type { EthrEvent } from '@gridpass/core';

/** What an event says, as `ethr-did-resolver` reads it: addresses with checksum, names as text, bytes as hex. */
export type DecodedEvent =
  | { readonly kind: 'owner'; readonly block: number; readonly time: number; readonly owner: string }
  | {
      readonly kind: 'delegate';
      readonly block: number;
      readonly time: number;
      readonly delegateType: string;
      readonly delegate: string;
      readonly validTo: number;
    }
  | {
      readonly kind: 'attribute';
      readonly block: number;
      readonly time: number;
      readonly name: string;
      readonly value: Uint8Array;
      readonly validTo: number;
    };

const WORD = 32;
const TRAILING_ZEROS = /\0+$/;

/** The text, or undefined for bytes that are no UTF-8. A byte order mark is a character like any other. */
export function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes the fixed layouts of the three events; undefined where a name is no UTF-8 or a length lies. */
export function decodeEvent({ kind, block, time, data }: EthrEvent): DecodedEvent | undefined {
  if (kind === 'owner') return { kind, block, time, owner: addressAt(data, 0) };
  const name = utf8Of(data.subarray(0, WORD))?.replace(TRAILING_ZEROS, '');
  if (name === undefined) return undefined;
  const validTo = numberAt(data, 2);
  if (kind === 'delegate') return { kind, block, time, delegateType: name, delegate: addressAt(data, 1), validTo };
  const start = numberAt(data, 1) + WORD;
  if (start > data.length) return undefined;
  const length = numberAt(data.subarray(start - WORD), 0);
  return start + length > data.length ? undefined : { kind, block, time, name, value: data.subarray(start, start + length), validTo };
}

function addressAt(data: Uint8Array, word: number): string {
  return getAddress(`0x${Buffer.from(data.subarray(word * WORD + 12, (word + 1) * WORD)).toString('hex')}`);
}

/** A uint256; beyond 2^53 it stands for "never ends" and is cut there. */
function numberAt(data: Uint8Array, word: number): number {
  const number = Number(`0x${Buffer.from(data.subarray(word * WORD, (word + 1) * WORD)).toString('hex')}`);
  return Math.min(number, Number.MAX_SAFE_INTEGER);
}
