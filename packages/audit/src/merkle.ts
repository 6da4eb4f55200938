import { createHash } from 'node:crypto';
import { sha256, utf8 } from '@gridpass/codec';
import type { AuditHead, AuditNode, AuditNodePosition } from '@gridpass/core';

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

const toBytes = (buffer: { readonly buffer: ArrayBufferLike; readonly byteOffset: number; readonly byteLength: number }): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

/** Leaf hash of an entry: SHA-256(0x00 || entry) (RFC 9162 2.1.1). */
export const leafHashOf = (entry: string): Uint8Array => toBytes(createHash('sha256').update(LEAF).update(entry, 'utf8').digest());

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 9162 2.1.1). */
export const nodeHashOf = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  toBytes(createHash('sha256').update(NODE).update(left).update(right).digest());

/** Root of the tree without entries. */
export const EMPTY_ROOT: Uint8Array = sha256(utf8(''));

export const EMPTY_HEAD: AuditHead = { size: 0, root: EMPTY_ROOT, range: [] };

/** Root over perfect subtrees, largest first. */
export function rootOf(range: readonly Uint8Array[]): Uint8Array {
  return range.length === 0 ? EMPTY_ROOT : range.reduceRight((right, left) => nodeHashOf(left, right));
}

/** A growing tree of which only the perfect subtrees are kept: appending costs one hash on average, memory is O(log n). */
export class CompactRange {
  #size: number;
  readonly #range: Uint8Array[];
  constructor(head: Pick<AuditHead, 'size' | 'range'> = EMPTY_HEAD) {
    this.#size = head.size;
    this.#range = [...head.range];
  }

  /** Adds a leaf; `onNode` gets every inner node that is complete with it. */
  append(leaf: Uint8Array, onNode?: (node: AuditNode) => void): void {
    let hash = leaf;
    let level = 0;
    let index = this.#size;
    // Sizes may pass 2^31, so arithmetic and no bit operators.
    for (; index % 2 === 1; index = (index - 1) / 2) {
      const left = this.#range.pop();
      if (left === undefined) throw new RangeError('the compact range does not fit its size');
      hash = nodeHashOf(left, hash);
      level += 1;
      onNode?.({ level, index: (index - 1) / 2, hash });
    }
    this.#range.push(hash);
    this.#size += 1;
  }

  get size(): number {
    return this.#size;
  }

  head(): AuditHead {
    return { size: this.#size, root: rootOf(this.#range), range: [...this.#range] };
  }
}

/** Entries `from` up to but without `to`. */
type Span = readonly [from: number, to: number];

/** The largest power of two below `n`, for n ≥ 2. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Subtrees on the inclusion path of entry `m`, nearest first (RFC 9162 2.1.3.1). */
export function inclusionSpans(m: number, from: number, to: number): readonly Span[] {
  if (to - from <= 1) return [];
  const middle = from + splitOf(to - from);
  return m < middle ? [...inclusionSpans(m, from, middle), [middle, to]] : [...inclusionSpans(m, middle, to), [from, middle]];
}

/** Subtrees of a consistency proof from size `m` (RFC 9162 2.1.4.1); `whole` says that the old root is known to the reader. */
export function consistencySpans(m: number, from: number, to: number, whole: boolean): readonly Span[] {
  if (m === to) return whole ? [] : [[from, to]];
  const middle = from + splitOf(to - from);
  return m <= middle
    ? [...consistencySpans(m, from, middle, whole), [middle, to]]
    : [...consistencySpans(m, middle, to, false), [from, middle]];
}

/** The perfect subtrees a span is made of, largest first. */
export function nodesOf([from, to]: Span): readonly AuditNodePosition[] {
  const nodes: AuditNodePosition[] = [];
  for (let at = from; at < to;) {
    let level = 0;
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= to) {
      width *= 2;
      level += 1;
    }
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}
