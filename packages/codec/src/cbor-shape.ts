import { ok, refuse, type Outcome } from '@gridpass/core';

/**
 * Walks the headers of one CBOR item without building values, so that nesting bombs and lengths beyond the input are
 * refused before a recursive decoder sees them (RFC 8949 §3). Refuses tags and indefinite lengths.
 */
export function checkCborShape(bytes: Uint8Array, maxDepth: number): Outcome<true> {
  const open: number[] = [1];
  let at = 0;
  while (open.length > 0) {
    const left = open[open.length - 1];
    if (left === undefined || left === 0) {
      open.pop();
      continue;
    }
    open[open.length - 1] = left - 1;
    const header = readHeader(bytes, at);
    if (header === undefined) return refuse('REQUEST_MALFORMED', 'codec', `CBOR: no readable header at ${String(at)}`);
    at += header.length + header.skip;
    if (at > bytes.byteLength) return refuse('REQUEST_MALFORMED', 'codec', 'CBOR: a length beyond the input');
    if (header.children === undefined) continue;
    // INVARIANT: every child takes a byte at least, so that a count beyond the input is a lie.
    if (header.children > bytes.byteLength - at) return refuse('REQUEST_MALFORMED', 'codec', 'CBOR: a count beyond the input');
    if (open.length > maxDepth) return refuse('REQUEST_MALFORMED', 'codec', 'CBOR: nesting too deep');
    open.push(header.children);
  }
  return at === bytes.byteLength ? ok(true) : refuse('REQUEST_MALFORMED', 'codec', 'CBOR: bytes after the item');
}

interface Header {
  /** Bytes of the header itself. */
  readonly length: number;
  /** Bytes of content that follow it. */
  readonly skip: number;
  /** Items it contains, for lists and maps. */
  readonly children?: number;
}

function readHeader(bytes: Uint8Array, at: number): Header | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const major = first >> 5;
  const info = first & 0x1f;
  const extra = info < 24 ? 0 : 2 ** (info - 24);
  if (info > 27 || at + extra >= bytes.byteLength) return undefined;
  let argument = extra === 0 ? info : 0;
  for (const byte of bytes.subarray(at + 1, at + 1 + extra)) argument = argument * 256 + byte;
  const length = 1 + extra;
  switch (major) {
    case 2:
    case 3:
      return { length, skip: argument };
    case 4:
      return { length, skip: 0, children: argument };
    case 5:
      return { length, skip: 0, children: argument * 2 };
    case 6:
      return undefined;
    default:
      return { length, skip: 0 };
  }
}
