import { decode, encode } from 'cborg';
import { isError, ok, refuse, type Outcome } from '@gridpass/core';
import { checkCborShape } from './cbor-shape.js';

/** What may name a member of a map (RFC 9052 §1.4). */
type CborLabel = number | bigint | string;
/** What CBOR can spell here: COSE needs integer map keys, so that maps are Maps and never objects with a prototype. */
export type CborValue = number | bigint | string | boolean | null | Uint8Array | readonly CborValue[] | ReadonlyMap<CborLabel, CborValue>;
/** What may be encoded: the same, and plain objects as maps with text keys. */
export type CborInput = CborValue | readonly CborInput[] | ReadonlyMap<CborLabel, CborInput> | { readonly [name: string]: CborInput };

/** Bounds of one item; the defaults are 1 MiB and 32 levels. */
export interface CborLimits {
  readonly maxBytes?: number;
  readonly maxDepth?: number;
}

const OPTIONS = {
  strict: true,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
} as const;

/** Deterministic CBOR (RFC 8949 §4.2: shortest forms, definite lengths, sorted keys in length-first order). */
export function encodeCbor(value: CborInput): Uint8Array {
  return new Uint8Array(encode(value));
}

/**
 * The value of exactly one deterministically encoded CBOR item, without tags; refuses REQUEST_MALFORMED on anything
 * that has a second spelling, so that equal values have equal bytes.
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits = {}): Outcome<CborValue> {
  if (bytes.byteLength > (limits.maxBytes ?? 1_048_576)) return refuse('REQUEST_MALFORMED', 'codec', 'the CBOR item is too large');
  const shape = checkCborShape(bytes, limits.maxDepth ?? 32);
  if (!shape.ok) return shape;
  const value = readItem(bytes);
  if (!value.ok) return value;
  // Key order and float widths are not checked by the decoder: what encodes to other bytes was not deterministic.
  if (!sameBytes(encodeCbor(value.value), bytes)) return refuse('REQUEST_MALFORMED', 'codec', 'the CBOR item is not deterministic');
  return value;
}

function readItem(bytes: Uint8Array): Outcome<CborValue> {
  try {
    // INVARIANT: with these options and no tag decoders it yields the kinds of CborValue and nothing else.
    return ok(decode(bytes, OPTIONS) as CborValue);
  } catch (error) {
    // The decoder marks its own findings by this prefix only; anything else is a defect and goes up.
    if (isError(error) && error.message.startsWith('CBOR decode error:'))
      return refuse('REQUEST_MALFORMED', 'codec', 'the bytes are not one CBOR item');
    throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
