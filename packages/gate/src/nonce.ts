import { createHmac, randomBytes } from 'node:crypto';
import { constantTimeEqual } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { Digest, Instant, Outcome } from '@gridpass/core';

/**
 * Server nonces of DPoP proofs (RFC 9449 8) and the memory of used proofs. A nonce is the HMAC of its time slot under a
 * secret of this process, so it needs no store, and a proof made for one process or before a restart is worth nothing
 * at another: that is what makes an in-memory replay memory complete.
 */
export interface ProofMemory {
  /** The nonce to hand out now. */
  currentNonce(at: Instant): string;
  /** DPOP_NONCE_REQUIRED for a nonce that is missing or no longer current; DPOP_INVALID for a proof seen before. */
  useOnce(proof: { readonly nonce: string | undefined; readonly replayDigest: Digest }, at: Instant): Outcome<true>;
}

/** Makes a memory whose nonces live between one and two slots. When `capacity` proofs of a slot are remembered, further ones are refused. */
export function createProofMemory(slotSeconds: number, capacity: number): ProofMemory {
  const secret = new Uint8Array(randomBytes(32));
  const nonceOf = (slot: number): string => createHmac('sha256', secret).update(String(slot)).digest('base64url');
  const slotOf = (at: Instant): number => Math.floor(at / slotSeconds);
  // One set per slot of the nonce used: a proof can come back only as long as its nonce is current.
  const seen = new Map<number, Set<string>>();

  return {
    currentNonce: (at) => nonceOf(slotOf(at)),
    useOnce(proof, at) {
      const now = slotOf(at);
      for (const slot of seen.keys()) if (slot < now - 1) seen.delete(slot);
      const slot = [now, now - 1].find((candidate) => proof.nonce !== undefined && constantTimeEqual(proof.nonce, nonceOf(candidate)));
      if (slot === undefined) return refuse('DPOP_NONCE_REQUIRED', 'session', 'nonce');
      const used = seen.get(slot) ?? new Set<string>();
      seen.set(slot, used);
      if (used.has(proof.replayDigest)) return refuse('DPOP_INVALID', 'session', 'jti: used before');
      // Forgetting would let an old proof in again, so a full memory turns proofs away until the slot is over.
      if (used.size >= capacity) return refuse('RATE_LIMITED', 'session', 'too many proofs in one slot');
      used.add(proof.replayDigest);
      return ok(true);
    },
  };
}
