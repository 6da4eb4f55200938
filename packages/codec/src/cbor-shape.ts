import { ok, refuse, type Outcome } from '@gridpass/core';

/**
 * Walks the headers of one CBOR item without building values, so that nesting bombs and lengths beyond the input are
 * refused before a recursive decoder sees them (RFC 8949 §3). Refuses tags, indefinite lengths, and map keys that are
 * neither integers nor text (RFC 9052 §1.4): for them the order of a deterministic encoding is not the decoder's to keep.
 */
export function checkCborShape(bytes: Uint8Array, maxDepth: number): Outcome<true> {
  const open: { left: number; readonly isMap: boolean }[] = [{ left: 1, isMap: false }];
  let at = 0;
  while (open.length > 0) {
    const inside = open[open.length - 1];
    if (inside === undefined || inside.left === 0) {
      open.pop();
      continue;
    }
    const isKey = inside.isMap && inside.left % 2 === 0;
    inside.left -= 1;
    const header = readHeader(bytes, at);
    if (header === undefined) return refuse('REQUEST_MALFORMED', 'codec', `CBOR: no readable header at ${String(at)}`);
    if (isKey && !header.isLabel) return refuse('REQUEST_MALFORMED', 'codec', 'CBOR: a map key that is neither integer nor text');
    at += header.length + header.skip;
    if (at > bytes.byteLength) return refuse('REQUEST_MALFORMED', 'codec', 'CBOR: a length beyond the input');
    if (header.children === undefined) continue;
    // INVARIANT: every child takes a byte at least, so that a count beyond the input is a lie.
    if (header.children > bytes.byteLength - at) return refuse('REQUEST_MALFORMED', 'codec', 'CBOR: a count beyond the input');
    if (open.length > maxDepth) return refuse('REQUEST_MALFORMED', 'codec', 'CBOR: nesting too deep');
    open.push({ left: header.children, isMap: header.isMap });
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
  readonly isMap: boolean;
  /** An integer or a text: what may be the key of a map. */
  readonly isLabel: boolean;
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
  const kind = { isMap: major === 5, isLabel: major === 0 || major === 1 || major === 3 };
  switch (major) {
    case 2:
    case 3:
      return { length, skip: argument, ...kind };
    case 4:
    case 5:
      return { length, skip: 0, children: major === 5 ? argument * 2 : argument, ...kind };
    case 6:
      return undefined;
    default:
      return { length, skip: 0, ...kind };
  }
}
