import { decodeBase64url, encodeBase64url } from '@gridpass/codec';
import { refuse } from '@gridpass/core';
import type { AuditReceipt, Outcome, PublicJwk } from '@gridpass/core';
import { checkCheckpoint } from './checkpoint.js';
import type { Checkpoint } from './checkpoint.js';
import { leafHashOf } from './merkle.js';
import { verifyInclusion } from './proofs.js';

/** One entry with its way up to a signed checkpoint; plain JSON, to be handed to a third party. */
export interface AuditEvidence {
  readonly index: number;
  readonly entry: string;
  /** Sibling hashes, base64url. */
  readonly proof: readonly string[];
  readonly checkpoint: string;
}

/**
 * Checks offline that an entry stands in the log of this key, and that it is the one a receipt was given for; refuses
 * LOG_INCONSISTENT. The caller has the log's public key from elsewhere.
 */
export function checkEvidence(
  evidence: AuditEvidence,
  expected: { readonly publicJwk: PublicJwk; readonly receipt?: AuditReceipt },
): Outcome<Checkpoint> {
  const checkpoint = checkCheckpoint(evidence.checkpoint, expected.publicJwk);
  if (!checkpoint.ok) return checkpoint;
  const { origin, size, root } = checkpoint.value;
  const proof = evidence.proof.map(decodeBase64url).flatMap((hash) => (hash.ok ? [hash.value] : []));
  const leafHash = leafHashOf(evidence.entry);
  if (proof.length !== evidence.proof.length || !verifyInclusion({ index: evidence.index, size, leafHash, proof, root })) {
    return refuse('LOG_INCONSISTENT', 'audit', 'the proof does not lead to the checkpoint');
  }
  const { receipt } = expected;
  if (
    receipt !== undefined &&
    (receipt.origin !== origin ||
      receipt.index !== evidence.index ||
      receipt.leafHash !== encodeBase64url(leafHash) ||
      receipt.treeSize > size)
  ) {
    return refuse('LOG_INCONSISTENT', 'audit', 'the receipt is for another entry');
  }
  return checkpoint;
}
