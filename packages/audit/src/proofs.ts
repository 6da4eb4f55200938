import { nodeHashOf } from './merkle.js';

/** Whether two hashes are equal; they are public. */
export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const half = (n: number): number => Math.floor(n / 2);

/** Whether `proof` shows that the leaf at `index` is part of the tree of `size` with `root` (RFC 9162 2.1.3.2). */
export function verifyInclusion(claim: {
  readonly index: number; readonly size: number; readonly leafHash: Uint8Array; readonly proof: readonly Uint8Array[]; readonly root: Uint8Array;
}): boolean {
  const { index, size, proof, root } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let hash = claim.leafHash;
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHashOf(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      hash = nodeHashOf(hash, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && sameHash(hash, root);
}

/** Whether `proof` shows that the tree of `toSize` is the tree of `fromSize` with entries added at its end (RFC 9162 2.1.4.2). */
export function verifyConsistency(claim: {
  readonly fromSize: number; readonly toSize: number; readonly fromRoot: Uint8Array; readonly toRoot: Uint8Array; readonly proof: readonly Uint8Array[];
}): boolean {
  const { fromSize, toSize, fromRoot, toRoot } = claim;
  if (!isCount(fromSize) || !isCount(toSize) || fromSize === 0 || fromSize > toSize) return false;
  if (fromSize === toSize) return claim.proof.length === 0 && sameHash(fromRoot, toRoot);
  const isPowerOfTwo = Number.isInteger(Math.log2(fromSize));
  const [first, ...rest] = isPowerOfTwo ? [fromRoot, ...claim.proof] : claim.proof;
  if (first === undefined) return false;
  let fn = fromSize - 1;
  let sn = toSize - 1;
  while (fn % 2 === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  let fr = first;
  let sr = first;
  for (const hash of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHashOf(hash, fr);
      sr = nodeHashOf(hash, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      sr = nodeHashOf(sr, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && sameHash(fr, fromRoot) && sameHash(sr, toRoot);
}
