import { createHmac, randomBytes } from 'node:crypto';
import { constantTimeEqual } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { Digest, Instant, NonceSecret, NonceSecrets, Outcome } from '@gridpass/core';

/**
 * Server nonces of DPoP proofs (RFC 9449 8) and the memory of used proofs. A nonce names the start that its secret was made at, and is the HMAC of
 * its time slot under that secret: every replica that shares the secrets knows it. Nonces of starts before this process's own count for nothing
 * here, so that the memory, which a restart empties, is complete: whatever was used at the process that was here before had such a nonce.
 * Each replica remembers for itself.
 */
export interface ProofMemory {
  /** The nonce to hand out now: of the latest start that is known. */
  currentNonce(at: Instant): string;
  /** DPOP_NONCE_REQUIRED for a nonce that is missing, no longer current or of an earlier start; DPOP_INVALID for a proof seen before. */
  useOnce(proof: { readonly nonce: string | undefined; readonly replayDigest: Digest }, at: Instant): Promise<Outcome<true>>;
}

const NONCE = /^([0-9a-z]{1,11})\.([\w-]{43})$/;
/** Secrets of starts that are remembered beside the own: of others the nonces are asked for anew. */
const MAX_SECRETS = 64;

/** Secrets for a process that shares them with no other. */
export function ownNonceSecrets(): NonceSecrets {
  return { own: { epoch: 1, secret: new Uint8Array(randomBytes(32)) }, readLater: () => Promise.resolve([]) };
}

/**
 * Makes a memory whose nonces live between one and two slots. When `capacity` proofs of a slot are remembered, further ones are refused. A
 * replica whose clock is ahead hands out nonces of the next slot; they count.
 */
export function createProofMemory(slotSeconds: number, capacity: number, { own, readLater }: NonceSecrets): ProofMemory {
  const secrets = new Map<number, Uint8Array>([[own.epoch, own.secret]]);
  let latest: NonceSecret = own;
  let reading: { readonly at: Instant; readonly done: Promise<void> } | undefined;
  const macOf = (secret: Uint8Array, slot: number): string => createHmac('sha256', secret).update(String(slot)).digest('base64url');
  const slotOf = (at: Instant): number => Math.floor(at / slotSeconds);
  // One set per slot of the nonce used: a proof can come back only as long as its nonce is current.
  const seen = new Map<number, Set<string>>();

  async function learn(): Promise<void> {
    for (const one of await readLater(latest.epoch)) {
      secrets.set(one.epoch, one.secret);
      if (one.epoch > latest.epoch) latest = one;
    }
    for (const epoch of [...secrets.keys()].slice(1, 1 + Math.max(0, secrets.size - MAX_SECRETS))) secrets.delete(epoch);
  }

  /** Anyone can name a start that never was, so the store is asked once in a second. */
  async function look(at: Instant): Promise<void> {
    if (reading?.at !== at) reading = { at, done: learn() };
    await reading.done;
  }

  async function slotOfNonce(nonce: string | undefined, at: Instant): Promise<number | undefined> {
    const [, epoch, mac] = NONCE.exec(nonce ?? '') ?? [];
    if (epoch === undefined || mac === undefined) return undefined;
    const start = Number.parseInt(epoch, 36);
    if (start > latest.epoch) await look(at);
    const secret = secrets.get(start);
    const now = slotOf(at);
    return secret === undefined ? undefined : [now, now - 1, now + 1].find((slot) => constantTimeEqual(mac, macOf(secret, slot)));
  }

  return {
    currentNonce: (at) => `${latest.epoch.toString(36)}.${macOf(latest.secret, slotOf(at))}`,
    async useOnce({ nonce, replayDigest }, at) {
      const slot = await slotOfNonce(nonce, at);
      // Who needs a nonce gets one that the replica knows which started last: most clients try again once.
      if (slot === undefined) await look(at);
      // INVARIANT: nothing waits from here on, so that of two uses at once one is the second.
      for (const old of seen.keys()) if (old < slotOf(at) - 1) seen.delete(old);
      if (slot === undefined) return refuse('DPOP_NONCE_REQUIRED', 'session', 'nonce');
      const used = seen.get(slot) ?? new Set<string>();
      seen.set(slot, used);
      if (used.has(replayDigest)) return refuse('DPOP_INVALID', 'session', 'jti: used before');
      // Forgetting would let an old proof in again, so a full memory turns proofs away until the slot is over.
      if (used.size >= capacity) return refuse('RATE_LIMITED', 'session', 'too many proofs in one slot');
      used.add(replayDigest);
      return ok(true);
    },
  };
}
