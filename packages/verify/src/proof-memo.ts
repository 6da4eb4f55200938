/**
 * Remembers which exact tokens verified under which exact keys. A signature over the same bytes by the same key stays
 * what it is, so only that is kept: never times, status, trust or a failure. Bounded; the oldest entry goes first.
 */
export interface ProofMemo {
  has(proof: string): boolean;
  add(proof: string): void;
}

/** Creates an empty memo for at most `maxEntries` proofs. */
export function createProofMemo(maxEntries = 16_384): ProofMemo {
  const seen = new Set<string>();
  return {
    has: (proof) => seen.has(proof),
    add: (proof) => {
      if (seen.size >= maxEntries) {
        const [oldest] = seen;
        if (oldest !== undefined) seen.delete(oldest);
      }
      seen.add(proof);
    },
  };
}
