import { nodeHashOf } from './merkle.js';

/** Whether two hashes are equal; they are public. */
export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const half = (n: number): number => Math.floor(n / 2);

/**
 * Goes up the tree along a proof (RFC 9162 2.1.3.2 step 4, 2.1.4.2 step 6): `join` gets each hash and the side it stands on.
 * False when the proof is too long or too short for the place.
 */
function climb(
  place: { readonly fn: number; readonly sn: number },
  proof: readonly Uint8Array[],
  join: (hash: Uint8Array, side: 'left' | 'right') => void,
): boolean {
  let { fn, sn } = place;
  for (const hash of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      join(hash, 'left');
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      join(hash, 'right');
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0;
}

/** Whether `proof` shows that the leaf at `index` is part of the tree of `size` with `root` (RFC 9162 2.1.3.2). */
export function verifyInclusion(claim: {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}): boolean {
  const { index, size, proof, root } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let hash = claim.leafHash;
  const arrived = climb({ fn: index, sn: size - 1 }, proof, (sibling, side) => {
    hash = side === 'left' ? nodeHashOf(sibling, hash) : nodeHashOf(hash, sibling);
  });
  return arrived && sameHash(hash, root);
}

/** Whether `proof` shows that the tree of `toSize` is the tree of `fromSize` with entries added at its end (RFC 9162 2.1.4.2). */
export function verifyConsistency(claim: {
  readonly fromSize: number;
  readonly toSize: number;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}): boolean {
  const { fromSize, toSize, fromRoot, toRoot } = claim;
  if (!isCount(fromSize) || !isCount(toSize) || fromSize === 0 || fromSize > toSize) return false;
  if (fromSize === toSize) return claim.proof.length === 0 && sameHash(fromRoot, toRoot);
  let fn = fromSize - 1;
  let sn = toSize - 1;
  for (; fn % 2 === 1; fn = half(fn)) sn = half(sn);
  // A power of two is one perfect subtree, whose root is the old root itself.
  const [first, ...rest] = fn === 0 ? [fromRoot, ...claim.proof] : claim.proof;
  if (first === undefined) return false;
  let from = first;
  let to = first;
  const arrived = climb({ fn, sn }, rest, (hash, side) => {
    if (side === 'left') from = nodeHashOf(hash, from);
    to = side === 'left' ? nodeHashOf(hash, to) : nodeHashOf(to, hash);
  });
  return arrived && sameHash(from, fromRoot) && sameHash(to, toRoot);
}
